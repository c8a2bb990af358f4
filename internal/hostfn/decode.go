package hostfn

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	largeJSON = 32 << 10 // bytes of a text from which on reading it takes long enough to be stopped
	deepJSON  = 10000    // how deep such a text may be nested; the library's own bound

	// What the parts of a text become in Go, in bytes.
	jsonMap   = 400
	jsonEntry = 80
	jsonList  = 48
	jsonItem  = 40
	jsonByte  = 10 // of a text that is not large: few have parts as small as they can be
)

// Decode reads JSON text into plain Go data, as FromJS does. It charges what it makes, and ends when the run is stopped. A run
// without a VM is not bounded, nor is a zero Run.
func (r *Run) Decode(text []byte) (any, error) {
	if len(text) < largeJSON {
		if err := r.Charge(len(text)>>3, jsonByte*int64(len(text))); err != nil {
			return nil, err
		}
		return decodeSmall(text)
	}
	d := decoder{run: r, in: json.NewDecoder(&reader{r, bytes.NewReader(text), 20})}
	d.in.UseNumber()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	return v, atEnd(d.in)
}

// Weigh estimates what Go data that Decode made takes, in bytes.
func Weigh(v any) int64 {
	switch v := v.(type) {
	case string:
		return jsonItem + int64(len(v))
	case []any:
		n := int64(jsonList + jsonItem*len(v))
		for _, item := range v {
			n += Weigh(item)
		}
		return n
	case map[string]any:
		n := int64(jsonMap)
		for name, item := range v {
			n += jsonEntry + int64(len(name)) + Weigh(item)
		}
		return n
	}
	return 0
}

type decoder struct {
	run *Run
	in  *json.Decoder
}

func (d *decoder) value(depth int) (any, error) {
	if depth > deepJSON {
		return nil, errors.New("the text is nested too deep")
	}
	token, err := d.in.Token()
	if errors.Is(err, io.EOF) && depth > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return d.list(depth)
		}
		return d.object(depth)
	case string:
		return t, d.run.Charge(1+len(t)>>8, int64(len(t)))
	case json.Number:
		if i, err := strconv.ParseInt(t.String(), 10, 64); err == nil {
			return i, nil
		}
		f, _ := t.Float64()
		return f, nil
	}
	return token, nil
}

func (d *decoder) list(depth int) (any, error) {
	list := []any{}
	if err := d.run.Charge(2, jsonList); err != nil {
		return nil, err
	}
	for d.in.More() {
		if err := d.run.Charge(2, jsonItem); err != nil {
			return nil, err
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.in.Token()
	return list, err
}

func (d *decoder) object(depth int) (any, error) {
	m := map[string]any{}
	if err := d.run.Charge(3, jsonMap); err != nil {
		return nil, err
	}
	for d.in.More() {
		key, err := d.in.Token()
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, fault.New(fault.Script, "a key is not text")
		}
		if err := d.run.Charge(4, jsonEntry+int64(len(name))); err != nil {
			return nil, err
		}
		if m[name], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	_, err := d.in.Token()
	return m, err
}
