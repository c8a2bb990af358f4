package engine

import (
	"context"
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// scope serves the global names of a run's VM: what changes from node to node comes from the run itself, the host
// functions are bound when a script first reads them. Nothing is written into the VM for names that are not used.
type scope struct {
	run   *run
	vm    *sandbox.VM
	host  hostfn.Run
	next  goja.Value
	data  goja.Value            // of the node being visited, made when read
	extra map[string]goja.Value // of auth() and log()
	bound []boundName           // few: a script reads some of them
	owned map[string]bool       // names that a script turned into properties of the global object

	scripted bool // code of the flow may have run: see native.go
	reading  bool // the run asks, and not a script: see result
}

// untouched stands for a payload that no script has seen: it stays Go data.
var untouched goja.Value = goja.NewSymbol("untouched")

var _ sandbox.Host = (*scope)(nil)

// boundName is a host function, or an object of them, that was made for this run.
type boundName struct {
	name  string
	value goja.Value
}

// vm gives the run's VM to what may run code of the flow in it.
func (r *run) vm() (*sandbox.VM, error) {
	r.scope.scripted = true
	if err := r.takeSlot(); err != nil {
		return nil, err
	}
	return r.machineForData()
}

// machineForData gives the run's VM, making it at the first need, to what only handles its values.
func (r *run) machineForData() (*sandbox.VM, error) {
	if vm := r.machine.Load(); vm != nil {
		return vm, nil
	}
	s := &r.scope
	l := &r.rt.limits
	vm := sandbox.New(sandbox.Options{Host: s, Error: hostfn.NewError, Limits: sandbox.Limits{
		Operations: l.operations, Memory: l.memory, BigInt: l.bigInt, Budget: l.budget,
	}})
	s.vm = vm
	s.host = hostfn.Run{
		VM: vm.Runtime(), Loop: hostfn.Observe(vm.Runtime(), vm.Loop(), r.rt.clock, r.effects), Caps: r, Effects: r.effects, Time: r.rt.clock,
		Wid: r.wid, App: r.version.graph.AppName, Flow: r.flow.Name,
		Host: (*hostRun)(r), Called: r.rt.count,
	}
	r.setTrace()
	if r.history != nil {
		s.host.Lines = r.history
	}
	r.machine.Store(vm)
	if err := r.stopped(); err != nil { // a stop that came before there was a VM to interrupt
		return nil, err
	}
	if p, ok := r.version.graph.Default.(*sandbox.Program); ok {
		s.scripted = s.scripted || !harmless(p)
		if _, err := vm.Run(p); err != nil {
			return nil, err
		}
	}
	if r.version.graph.HasLog && s.owned["log"] { // else it is the plugins' log, whose making costs
		r.logFunc, _ = function(vm, "log") // before a node can define its own
	}
	return vm, nil
}

// Context gives the context that ends with the run.
func (s *scope) Context() context.Context { return s.run.context() }

// Idle runs what needs no processor: a wait for promises of the host.
func (s *scope) Idle(wait func() error) error { return s.run.idle(wait) }

// HostMemory gives the bytes that the run holds outside its VM.
func (s *scope) HostMemory() int64 {
	r := s.run
	n := int64(len(r.web.body) + len(r.web.held.body))
	for k, values := range r.web.form {
		n += int64(len(k))
		for _, v := range values {
			n += int64(len(v))
		}
	}
	return n
}

// Roots gives the values of the VM that only the run holds.
func (s *scope) Roots() []goja.Value {
	values := []goja.Value{s.next, s.data}
	if s.run.payload.js != nil {
		values = append(values, s.run.payload.js)
	}
	for _, b := range s.bound {
		values = append(values, b.value)
	}
	return slices.DeleteFunc(values, func(v goja.Value) bool { return v == nil })
}

// guarded runs Go code that touches the VM's values, whose getters and toJSON may run the flow's code.
func (r *run) guarded(f func(*goja.Runtime) error) error {
	vm, err := r.machineForData()
	if err != nil {
		return err
	}
	return vm.Guard(func() error { return f(vm.Runtime()) })
}

// prepare sets the names that a node finds: payload, next and its own data.
func (s *scope) prepare() {
	s.data = nil
	s.next = outputOne
	if s.owned["payload"] {
		s.vm.Define("payload", s.run.payload.object(s.vm.Runtime()))
	}
	s.set("next", s.next)
	for name := range s.owned {
		if name != "payload" && name != "next" {
			if v := s.perNode(name); v != nil {
				s.vm.Define(name, v)
			}
		}
	}
}

// set gives a name its value where the script finds it: served, or as the property that a script made of it.
func (s *scope) set(name string, v goja.Value) {
	if s.owned[name] {
		s.vm.Define(name, v)
	}
}

// result reads payload and next back. payload is untouched where no script has asked for it.
func (s *scope) result() (payload, next goja.Value) {
	s.reading = true
	payload, next = s.vm.Global("payload"), s.vm.Global("next")
	s.reading = false
	if payload != untouched && payload != s.run.payload.js {
		s.own("payload") // also where the script made it a property without an assignment
	}
	if next != s.next {
		s.own("next")
	}
	return payload, next
}

// Get serves a name.
func (s *scope) Get(name string) goja.Value {
	if v := s.perNode(name); v != nil {
		return v
	}
	if v, ok := s.extra[name]; ok {
		return v
	}
	for i := range s.bound {
		if s.bound[i].name == name {
			return s.bound[i].value
		}
	}
	row := s.run.rt.globals.Find(name)
	if row == nil {
		return nil
	}
	v := row.Bind(&s.host)
	s.bound = append(s.bound, boundName{name, v})
	return v
}

// perNode serves the names whose value is another at each node.
func (s *scope) perNode(name string) goja.Value {
	r := s.run
	switch name {
	case "payload":
		if s.reading && r.payload.js == nil {
			return untouched
		}
		return r.payload.object(s.vm.Runtime())
	case "next":
		if s.next == nil {
			return goja.Undefined()
		}
		return s.next
	case "nflow_data", "dromedary_data":
		return s.nodeData()
	case "__outputs":
		return s.outputs()
	case "current_box":
		return s.idOf(r.node)
	case "prev_box":
		return s.idOf(r.before)
	}
	return nil
}

func (s *scope) nodeData() goja.Value {
	if s.data == nil {
		if s.run.node == nil {
			s.data = s.vm.Runtime().NewObject()
		} else {
			s.data = s.run.version.dataOf(s.run.node)(s.vm.Runtime())
		}
	}
	return s.data
}

func (s *scope) outputs() goja.Value {
	o := s.vm.Runtime().NewObject()
	if s.run.node != nil {
		for _, out := range s.run.node.Outs {
			hostfn.SetOwn(o, out.Name, s.vm.Runtime().ToValue(out.To.ID))
		}
	}
	return o
}

func (s *scope) idOf(n *graph.Node) goja.Value {
	if n == nil {
		return s.vm.Runtime().ToValue("")
	}
	return s.vm.Runtime().ToValue(n.ID)
}

// Has tells whether a name is served. goja asks before a script's first assignment to a name, which makes it a
// property of the global object.
func (s *scope) Has(name string) bool {
	if !s.serves(name) {
		return false
	}
	s.own(name)
	return true
}

// Own gives the value of a name that a program declares.
func (s *scope) Own(name string) (goja.Value, bool) {
	if !s.serves(name) || s.owned[name] {
		return nil, false
	}
	v := s.Get(name)
	s.own(name)
	return v, true
}

func (s *scope) own(name string) {
	if s.owned == nil {
		s.owned = map[string]bool{}
	}
	s.owned[name] = true
}

func (s *scope) serves(name string) bool {
	switch name {
	case "payload", "next", "nflow_data", "dromedary_data", "__outputs", "current_box", "prev_box":
		return true
	}
	if _, ok := s.extra[name]; ok {
		return true
	}
	return s.run.rt.globals.Find(name) != nil
}
