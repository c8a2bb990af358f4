// Package payload is the value that the nodes of a run pass on: Go data until a node needs it in the run's VM, a JavaScript
// object from then on, and Go data again where it leaves the run.
//
// The run loop has one for each run, and copies it where a run forks, waits or calls a plugin. It knows no runs.
package payload

import (
	"encoding/json"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// Payload is the payload of a run. Its zero value is empty. It belongs to the run's goroutine.
type Payload struct {
	data *ordered.Object
	js   *goja.Object // nil before the run has a VM
}

// Of returns the payload of Go data, which it takes over.
func Of(data *ordered.Object) Payload { return Payload{data: data} }

// Data returns the Go data that the payload still is, nil where it is an object.
func (p *Payload) Data() *ordered.Object { return p.data }

// Value returns the object that the payload has become, nil where it is Go data.
func (p *Payload) Value() *goja.Object { return p.js }

// light is what a payload weighs that is made an object without charging anybody, in bytes.
const light = 4096

// Object returns the payload as the script's object. Where that is more than the run may have, the run is over, and the
// object is empty.
func (p *Payload) Object(host *hostfn.Run) *goja.Object {
	if p.js != nil {
		return p.js
	}
	if Weigh(p.data) <= light {
		p.js = hostfn.ToJS(host.VM, p.data).(*goja.Object)
	} else if made, err := host.Make(p.data); err == nil {
		p.js = made.(*goja.Object)
	} else {
		p.js = host.VM.NewObject()
	}
	p.data = nil
	return p.js
}

// Replace takes what a node left as payload. null and what is no object count as {}. Keys that the run had and the new
// object lacks come along; a key that the node deleted from the old object is gone. It charges the run, and unwinds where
// that is too much.
func (p *Payload) Replace(host *hostfn.Run, v goja.Value) {
	next, ok := v.(*goja.Object)
	if ok && next == p.js {
		return
	}
	if !ok {
		next = host.VM.NewObject()
	}
	p.js = merge(host, next, p.Object(host))
}

// Put takes a payload that a step in Go returned for the one that it was given: keys that the run had and it lacks come
// along, as with Replace, and what was there keeps its order.
func (p *Payload) Put(host *hostfn.Run, given *ordered.Object, data map[string]any) error {
	result := ordered.Like(data, given).(*ordered.Object)
	if p.js == nil && p.data == nil {
		p.data = ordered.New(result.Len())
	}
	for k, v := range result.All() {
		if p.js == nil {
			p.data.Set(k, v)
			continue
		}
		made, err := host.Make(v)
		if err != nil {
			return err
		}
		hostfn.SetOwn(p.js, k, made)
	}
	return nil
}

// merge adds to to the own enumerable properties of from that it lacks; to a copy where to takes none.
func merge(host *hostfn.Run, to, from *goja.Object) *goja.Object {
	defer host.Leave(host.Enter(nil))
	have := map[string]bool{}
	names := host.Names(to)
	host.Spend(2*len(names), heavyKey*int64(len(names)))
	for _, k := range names {
		have[k] = true
	}
	for _, k := range host.Keys(from) {
		if have[k] {
			continue
		}
		host.Spend(2, heavyKey)
		if to.DefineDataProperty(k, from.Get(k), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE) != nil {
			to = thaw(host, to)
			hostfn.SetOwn(to, k, from.Get(k))
		}
	}
	return to
}

// heavyKey is what a key takes in a map of Go or an object of the VM, in bytes.
const heavyKey = 80

// thaw makes a plain object of one that a script froze.
func thaw(host *hostfn.Run, frozen *goja.Object) *goja.Object {
	o := host.VM.NewObject()
	for _, k := range host.Keys(frozen) {
		host.Spend(2, heavyKey)
		hostfn.SetOwn(o, k, frozen.Get(k))
	}
	return o
}

// TakeBreak removes the payload's key break and reports whether it asked the run to wait.
func (p *Payload) TakeBreak(vm *sandbox.VM, host *hostfn.Run) (waits bool, err error) {
	if p.js == nil {
		waits = p.data.Get("break") == true || p.data.Get("break") == "true"
		p.data.Delete("break")
		return waits, nil
	}
	err = vm.Guard(func() error {
		v := p.js.Get("break")
		if v == nil || isObject(v) {
			return nil
		}
		if waits = v.StrictEquals(trueValue) || v.String() == "true"; waits && p.js.Delete("break") != nil {
			defer host.Leave(host.Enter(nil))
			p.js = thaw(host, p.js)
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

// Export returns the payload as Go data: a copy that may leave the run. It shares immutable values. vm and host may be
// nil where it is Go data.
func (p *Payload) Export(vm *sandbox.VM, host *hostfn.Run) (*ordered.Object, error) {
	if p.js == nil {
		if p.data == nil {
			return ordered.New(0), nil
		}
		return p.data.Clone(), nil
	}
	var data *ordered.Object
	err := vm.Guard(func() error {
		defer host.Leave(host.Enter(nil))
		text, err := host.Stringify(p.js)
		if err == nil {
			err = host.Charge(len(text)>>6, 3*int64(len(text)))
		}
		if err != nil {
			return err
		}
		switch text[0] {
		case '{':
			data, err = ordered.Parse(text)
		case '[':
			err = fault.New(fault.Script, "the payload is a list: a form can only be kept with an object as payload")
		default:
			data = ordered.New(0)
		}
		return err
	})
	return data, err
}

// Weigh estimates the memory of Go data, in bytes.
func Weigh(v any) int64 {
	const value = 16 // of an interface
	switch v := v.(type) {
	case string:
		return value + int64(len(v))
	case []byte:
		return value + int64(len(v))
	case []any:
		n := int64(value)
		for _, e := range v {
			n += Weigh(e)
		}
		return n
	case json.RawMessage:
		return value + int64(len(v))
	case *ordered.Object:
		n := int64(3 * value)
		for k, e := range v.All() {
			n += 2*value + int64(len(k)) + Weigh(e)
		}
		return n
	}
	return value
}
