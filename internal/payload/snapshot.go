package payload

import (
	"bytes"
	"encoding/json"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// Snapshot is a payload while code runs that must not change it. That code gets a copy; the payload itself is out of its
// sight, but a variable in which a node kept it may lead there.
type Snapshot struct {
	real  Payload
	keys  []snapshotKey
	outer int64 // see hostfn.Run.Enter
}

// snapshotKey is one key of the payload as it was.
type snapshotKey struct {
	name  string
	value goja.Value      // nil where a getter throws
	text  json.RawMessage // an object as JSON; nil where there is none, and then the copy lacks the key
}

// Lend puts a copy in place of the payload, which show makes visible before anything of the payload is read: its getters
// may be the script's. What the texts of its keys take is held until Forget, which must follow.
func (p *Payload) Lend(in *sandbox.VM, host *hostfn.Run, show func(lent *goja.Object)) (l Snapshot, err error) {
	l.real, l.outer = *p, host.Enter(nil)
	err = in.Guard(func() error {
		lent := host.VM.NewObject()
		*p = Payload{js: lent}
		show(lent)
		object := l.real.Object(host)
		for _, name := range host.Keys(object) {
			k, err := readKey(host, object, name)
			l.keys = append(l.keys, k)
			if err != nil { // a getter that throws
				continue
			}
			switch {
			case !isObject(k.value):
				hostfn.SetOwn(lent, name, k.value)
			case k.text != nil:
				hostfn.SetOwn(lent, name, copyOf(host, k.text))
			}
		}
		return nil
	})
	return l, err
}

// copyOf makes a value of its text; then it is in the VM.
func copyOf(host *hostfn.Run, text json.RawMessage) goja.Value {
	defer host.Leave(host.Enter(nil))
	return host.ToJS(text)
}

// readKey reads a key of the payload; its getter may be the script's.
func readKey(host *hostfn.Run, object *goja.Object, name string) (k snapshotKey, err error) {
	k.name = name
	host.Spend(10, heavyKey)
	if ex := host.VM.Try(func() { k.value = object.Get(name) }); ex != nil {
		return k, ex
	}
	if isObject(k.value) {
		if text, err := host.Stringify(k.value); err == nil && string(text) != "null" { // null: a function
			k.text = text
			host.Spend(len(text)>>6, int64(len(text)))
		}
	}
	return k, nil
}

// Restore puts the payload in place again, with each key as it was.
func (p *Payload) Restore(in *sandbox.VM, host *hostfn.Run, l Snapshot) error {
	*p = l.real
	return in.Guard(func() error {
		object, own := p.Object(host), map[string]bool{}
		for _, name := range host.Keys(object) {
			host.Spend(1, heavyKey)
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
			was.put(host, object)
			delete(own, was.name)
		}
		for name := range own {
			_ = object.Delete(name)
		}
		return nil
	})
}

// put sets a key of an object back to what it was.
func (k *snapshotKey) put(host *hostfn.Run, object *goja.Object) {
	defer host.Leave(host.Enter(nil))
	if is, err := readKey(host, object, k.name); err != nil || !is.value.SameAs(k.value) {
		_ = object.Set(k.name, k.value) // a getter of the node's stays one
	} else if k.text != nil && !bytes.Equal(is.text, k.text) {
		_ = object.Set(k.name, copyOf(host, k.text))
	}
}

// Forget puts the payload in place again as it is.
func (p *Payload) Forget(host *hostfn.Run, l Snapshot) {
	*p = l.real
	host.Leave(l.outer)
}
