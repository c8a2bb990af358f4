package engine

import (
	"bytes"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// loan is the payload while code runs that must not change it. That code gets a copy; the payload itself is out of its
// sight, but a variable in which a node kept it may lead there.
type loan struct {
	real payload
	keys []lentKey
}

// lentKey is one key of the payload as it was.
type lentKey struct {
	name  string
	value goja.Value // nil where a getter throws
	text  []byte     // an object as JSON; nil where there is none, and then the copy lacks the key
}

// lendPayload puts a copy in place of the payload.
func (r *run) lendPayload() (l loan, err error) {
	l.real = r.payload
	err = r.guarded(func(vm *goja.Runtime) error {
		lent := vm.NewObject()
		r.payload = payload{js: lent, vm: vm}
		r.scope.set("payload", lent)
		object := l.real.object(vm)
		for _, name := range object.Keys() {
			k, err := r.keyOf(object, name)
			l.keys = append(l.keys, k)
			if err != nil { // a getter that throws
				continue
			}
			switch {
			case !isObject(k.value):
				hostfn.SetOwn(lent, name, k.value)
			case k.text != nil:
				hostfn.SetOwn(lent, name, k.copy(vm))
			}
		}
		return nil
	})
	return l, err
}

// keyOf reads a key of the payload; its getter may be the script's.
func (r *run) keyOf(object *goja.Object, name string) (k lentKey, err error) {
	k.name = name
	if ex := r.scope.host.VM.Try(func() { k.value = object.Get(name) }); ex != nil {
		return k, ex
	}
	if isObject(k.value) {
		if text, err := r.scope.host.Stringify(k.value); err == nil && string(text) != "null" { // null: a function
			k.text = text
		}
	}
	return k, nil
}

func (k *lentKey) copy(vm *goja.Runtime) goja.Value {
	v, _ := hostfn.Decode(k.text) // our own JSON
	return hostfn.ToJS(vm, v)
}

// takeBack puts the payload in place again, with each key as it was.
func (r *run) takeBack(l loan) error {
	r.payload = l.real
	return r.guarded(func(vm *goja.Runtime) error {
		object, own := l.real.object(vm), map[string]bool{}
		for _, name := range object.Keys() {
			own[name] = true
		}
		for i := range l.keys {
			was := &l.keys[i]
			if was.value == nil {
				delete(own, was.name)
				continue
			}
			if !own[was.name] {
				hostfn.SetOwn(object, was.name, was.value)
			}
			if is, err := r.keyOf(object, was.name); err != nil || !is.value.SameAs(was.value) {
				_ = object.Set(was.name, was.value) // a getter of the node's stays one
			} else if was.text != nil && !bytes.Equal(is.text, was.text) {
				_ = object.Set(was.name, was.copy(vm))
			}
			delete(own, was.name)
		}
		for name := range own {
			_ = object.Delete(name)
		}
		return nil
	})
}
