package jsapi

import (
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// scope is what the members of a view see.
type scope struct {
	*hostfn.Run
	api *api
	ex  Exchange // nil in console
}

func (a *api) scope(r *hostfn.Run) *scope { return &scope{Run: r, api: a, ex: a.Exchange(r)} }

// member makes one property of a view, a function by its signature.
type member func(*scope, *hostfn.Signature) goja.Value

// method makes a member of a function.
func method(f func(s *scope, call goja.FunctionCall) goja.Value) member {
	return func(s *scope, d *hostfn.Signature) goja.Value {
		return s.VM.ToValue(func(call goja.FunctionCall) goja.Value { // one closure for both, where s.Function needs another
			outer := s.Enter(call.Arguments)
			defer s.Leave(outer)
			d.Check(s.Run, call)
			return f(s, call)
		})
	}
}

// getter makes a member of plain data. An object is made once; text and numbers are read anew each time.
func getter(f func(s *scope) any) member {
	return func(s *scope, _ *hostfn.Signature) goja.Value { return s.ToJS(f(s)) }
}

// members is the list of properties that a kind of view has. It is filled before the first run and read-only after.
type members struct {
	names []string
	by    map[string]namedMember
}

// namedMember knows its name as a value, too, which VMs may share.
type namedMember struct {
	make member
	name goja.Value
	sig  *hostfn.Signature
}

// newMembers collects families of members. calls are the signatures of its functions, of the expression that leads to the view.
func newMembers(calls map[string]*hostfn.Signature, of string, families ...map[string]member) *members {
	layout.Learned() // a run names functions
	m := &members{by: map[string]namedMember{}}
	for _, family := range families {
		for name, make := range family {
			if _, twice := m.by[name]; twice {
				panic("jsapi: member " + name + " is declared twice")
			}
			m.by[name] = namedMember{make, hostfn.Prepare(name)(nil), calls[of+"."+name]}
			m.names = append(m.names, name)
		}
	}
	slices.Sort(m.names)
	return m
}

// view is an object whose members are made when a script first reads them: an unread one costs nothing. It takes no
// writes: what a script assigns is dropped, as on the read-only object that it stands for.
type view struct {
	scope *scope
	*members
	made []madeMember // few: a script reads some of them
}

type madeMember struct {
	name  string
	value goja.Value
}

var _ goja.DynamicObject = (*view)(nil)

func (s *scope) view(m *members) goja.Value {
	return s.VM.NewDynamicObject(&view{scope: s, members: m})
}

// Get makes the member.
func (v *view) Get(key string) goja.Value {
	for _, m := range v.made {
		if m.name == key {
			return m.value
		}
	}
	member, ok := v.by[key]
	if !ok {
		return nil
	}
	made := member.make(v.scope, member.sig)
	if o, ok := made.(*goja.Object); ok {
		if o.ClassName() == "Function" {
			layout.NameFunction(o, member.name)
		}
		v.made = append(v.made, madeMember{key, made})
	}
	return made
}

// function makes a function of Go's with the name that scripts know it by.
func function(r *hostfn.Run, name string, f func(goja.FunctionCall) goja.Value) *goja.Object {
	o := r.Declared(name, f).(*goja.Object)
	layout.NameFunction(o, r.VM.ToValue(name))
	return o
}

// define puts a function on an object.
func define(r *hostfn.Run, o *goja.Object, name string, f func(goja.FunctionCall) goja.Value) {
	hostfn.SetOwn(o, name, function(r, name, f))
}

// Set drops the value.
func (v *view) Set(string, goja.Value) bool { return true }

// Has reports whether the view has the member.
func (v *view) Has(key string) bool {
	_, has := v.by[key]
	return has
}

// Delete does nothing.
func (v *view) Delete(string) bool { return true }

// Keys lists the members, sorted.
func (v *view) Keys() []string { return v.names }

// lists makes an object of name → array of strings, in the order of names, with the functions Get, Values and Has over it. They cannot be listed,
// and a key of the same name hides them. canonical says how a name asked for is spelled as a key.
func lists(r *hostfn.Run, m map[string][]string, names []string, canonical func(string) string) *goja.Object {
	vm := r.VM
	o := vm.NewObject()
	hidden := func(name string, f func(key string) goja.Value) {
		fn := function(r, name, func(call goja.FunctionCall) goja.Value { return f(canonical(hostfn.String(call, 0))) })
		_ = o.DefineDataProperty(name, fn, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	hidden("Get", func(key string) goja.Value {
		if list := m[key]; len(list) > 0 {
			return vm.ToValue(list[0])
		}
		return vm.ToValue("")
	})
	hidden("Values", func(key string) goja.Value { return r.ToJS(append([]string{}, m[key]...)) })
	hidden("Has", func(key string) goja.Value { return vm.ToValue(len(m[key]) > 0) })
	for _, key := range names {
		r.Spend(2, 100)
		hostfn.SetOwn(o, key, r.ToJS(m[key]))
	}
	return o
}
