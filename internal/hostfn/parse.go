package hostfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// Parse makes a JavaScript value of JSON text as JSON.parse does: keys keep their order, of two with one name the last
// value counts, half a surrogate pair survives, and a number is the nearest one that JavaScript has. A key called __proto__
// is data. Nothing but white space may follow the value. It charges what it makes, and ends when the run is stopped.
func (r *Run) Parse(text []byte) (goja.Value, error) {
	if err := r.checkJSON(text); err != nil {
		return nil, err
	}
	b := builder{vm: r.VM, run: r}
	return b.text(text), nil
}

// Object makes an object of Go of one of JavaScript by way of JSON; nil for what is none. It belongs to the run's
// goroutine, and returns what toJSON and getters throw.
func (r *Run) Object(v goja.Value) (*ordered.Object, error) {
	text, err := r.Stringify(v)
	if err != nil || len(text) == 0 || text[0] != '{' {
		return nil, err
	}
	if err := r.Charge(len(text)>>6, 2*int64(len(text))); err != nil {
		return nil, err
	}
	return ordered.Parse(text)
}

// checkJSON reports what is wrong with a JSON text.
func (r *Run) checkJSON(text []byte) error {
	if len(text) < largeJSON {
		if json.Valid(text) {
			return nil
		}
		return json.Unmarshal(text, new(json.RawMessage))
	}
	d := json.NewDecoder(&reader{r, bytes.NewReader(text), 20})
	if err := d.Decode(new(json.RawMessage)); err != nil {
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	return atEnd(d)
}

// atEnd returns an error where something follows the value.
func atEnd(d *json.Decoder) error {
	_, err := d.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errors.New("text follows the JSON value")
	}
	return err
}

// text makes the value of valid JSON.
func (b *builder) text(text []byte) goja.Value {
	return b.read(&ordered.Reader{Text: text})
}

func (b *builder) read(in *ordered.Reader) goja.Value {
	switch in.Kind() {
	case '{':
		b.charge(heavyObject, 0, 0)
		o := b.open()
		for in.Enter(); in.More(); {
			b.charge(heavyProperty, 0, 0)
			key := in.Key()
			b.set(o, key, b.read(in))
		}
		return b.close(o)
	case '[':
		list := []any{}
		b.charge(heavyArray, 0, 0)
		for in.Enter(); in.More(); {
			b.charge(heavyElement, 0, 0)
			list = append(list, b.read(in))
		}
		return b.vm.NewArray(list...)
	case '"':
		s, units := in.String()
		if units != nil {
			return goja.StringFromUTF16(units)
		}
		return b.vm.ToValue(s)
	case 't', 'f':
		return b.vm.ToValue(in.Skip()[0] == 't')
	case 'n':
		in.Skip()
		return goja.Null()
	case 0:
		return goja.Undefined()
	}
	return b.vm.ToValue(ordered.Number(in.Skip()))
}
