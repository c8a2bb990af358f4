package engine

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// payload is the running payload of a run. It is Go data until a node needs it in the run's VM, and from then on a
// JavaScript object that stays one until it leaves the run.
type payload struct {
	data map[string]any
	js   *goja.Object  // nil before the run has a VM
	vm   *goja.Runtime // of js
}

// object gives the payload as the script's object.
func (p *payload) object(vm *goja.Runtime) *goja.Object {
	if p.js == nil {
		p.js = hostfn.ToJS(vm, p.data).(*goja.Object)
		p.vm, p.data = vm, nil
	}
	return p.js
}

// replace takes what a node left as payload. null and what is no object count as {}. Keys that the run had and the new
// object lacks come along; a key that the node deleted from the old object is gone.
func (p *payload) replace(vm *goja.Runtime, v goja.Value) {
	next, ok := v.(*goja.Object)
	if ok && next == p.js {
		return
	}
	if !ok {
		next = vm.NewObject()
	}
	p.js = merge(vm, next, p.object(vm))
}

// put takes a payload that a step in Go answered: keys that the run had and it lacks come along, as with replace.
func (p *payload) put(data map[string]any) {
	if p.js == nil {
		for k, v := range p.data {
			if _, ok := data[k]; !ok {
				data[k] = v
			}
		}
		p.data = data
		return
	}
	for k, v := range data {
		hostfn.SetOwn(p.js, k, hostfn.ToJS(p.vm, v))
	}
}

// merge adds to to the own enumerable properties of from that it lacks; to a copy where to takes none.
func merge(vm *goja.Runtime, to, from *goja.Object) *goja.Object {
	have := map[string]bool{}
	for _, k := range to.GetOwnPropertyNames() {
		have[k] = true
	}
	for _, k := range from.Keys() {
		if have[k] {
			continue
		}
		if to.DefineDataProperty(k, from.Get(k), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE) != nil {
			to = thaw(vm, to)
			hostfn.SetOwn(to, k, from.Get(k))
		}
	}
	return to
}

// thaw makes a plain object of one that a script froze.
func thaw(vm *goja.Runtime, frozen *goja.Object) *goja.Object {
	o := vm.NewObject()
	for _, k := range frozen.Keys() {
		hostfn.SetOwn(o, k, frozen.Get(k))
	}
	return o
}

// takeBreak removes the payload's key break and tells whether it asked the run to wait.
func (r *run) takeBreak() (waits bool, err error) {
	p := &r.payload
	if p.js == nil {
		waits = p.data["break"] == true || p.data["break"] == "true"
		delete(p.data, "break")
		return waits, nil
	}
	err = r.guarded(func(vm *goja.Runtime) error {
		v := p.js.Get("break")
		if v == nil || isObject(v) {
			return nil
		}
		if waits = v.StrictEquals(trueValue) || v.String() == "true"; waits && p.js.Delete("break") != nil {
			p.js = thaw(vm, p.js)
			return p.js.Delete("break")
		}
		return nil
	})
	return waits, err
}

var trueValue = goja.New().ToValue(true)

func isObject(v goja.Value) bool {
	_, ok := v.(*goja.Object)
	return ok
}

// export gives the payload as Go data: a copy that may leave the run.
func (p *payload) export(r *run) (map[string]any, error) {
	if p.js == nil {
		if p.data == nil {
			return map[string]any{}, nil
		}
		v, err := copyData(p.data)
		return v, err
	}
	var v any
	err := r.guarded(func(vm *goja.Runtime) (err error) {
		v, err = r.scope.host.FromJS(p.js)
		return err
	})
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case map[string]any:
		return v, nil
	case []any:
		return nil, fault.New(fault.Script, "the payload is a list: a form can only be kept with an object as payload")
	}
	return map[string]any{}, nil
}
