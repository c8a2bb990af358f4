package sandbox

import (
	"encoding/json"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// plainMost is how much plain data PlainJSON writes: values, with each 64 characters of text counting as one more.
const plainMost = 2000

// PlainJSON writes an object as JSON for somebody who only looks on: no code of the script runs and nothing is counted
// as its work. Keys whose values are too large, or more than plain data, get a text that says so. ok is false when the
// object itself is one of those.
func (vm *VM) PlainJSON(o *goja.Object) (text []byte, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = nil, false
		}
	}()
	g := &vm.meter.guards
	if nodes := plainMost; g.small(o, &nodes, 0) {
		text, err := o.MarshalJSON()
		return text, err == nil
	}
	properties, ok := g.known.propertiesOf(o)
	if !ok || !g.plainPrototype(o, false) || len(properties) > plainMost {
		return nil, false
	}
	text, nodes := []byte{'{'}, plainMost
	for i, key := range o.Keys() {
		if i > 0 {
			text = append(text, ',')
		}
		name, _ := json.Marshal(key)
		text = append(append(text, name...), ':')
		text = append(text, g.plainValue(properties[unistring.NewFromString(key)], &nodes)...)
	}
	return append(text, '}'), true
}

// plainValue writes one value of an object that is not plain as a whole.
func (g *guards) plainValue(v goja.Value, nodes *int) []byte {
	left := *nodes
	if v == nil || g.known.isProperty(v) || !g.small(v, &left, 0) {
		return []byte(`"… is left out: it is large, or more than plain data"`)
	}
	*nodes = left
	if o, ok := v.(*goja.Object); ok {
		if text, err := o.MarshalJSON(); err == nil {
			return text
		}
	} else if text, err := json.Marshal(v.Export()); err == nil {
		return text
	}
	return []byte("null")
}
