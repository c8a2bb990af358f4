package web

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// readQuery adds the options query and params to the URL.
func (c *call) readQuery(r *hostfn.Run, o *goja.Object) error {
	for _, name := range []string{"query", "params"} {
		more, err := pairs(r, hostfn.Property(o, name))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if len(more)+len(c.url.RawQuery) > maxURL {
			return fmt.Errorf("the URL is longer than %d KiB: send what is long as form", maxURL>>10)
		}
		if more != "" {
			c.url.RawQuery = strings.TrimPrefix(c.url.RawQuery+"&"+more, "&")
		}
	}
	return nil
}

// readBody reads the one option that is the body.
func (c *call) readBody(r *hostfn.Run, o *goja.Object) error {
	name, value := "", goja.Undefined()
	for _, option := range strings.Fields(bodyOptions) {
		v := hostfn.Property(o, option)
		if goja.IsUndefined(v) {
			continue
		}
		if name != "" {
			return fmt.Errorf("give one of %s", strings.ReplaceAll(bodyOptions, " ", ", "))
		}
		name, value = option, v
	}
	switch name {
	case "json":
		return c.jsonBody(r, value)
	case "form":
		return c.formBody(r, value)
	case "multipart":
		return c.multipartBody(r, value)
	case "data": // as axios has it: an object is JSON, unless it knows better
		if o, ok := value.(*goja.Object); ok && kindOf(r, o) == "" {
			if _, isBytes := r.Bytes(o); !isBytes && o.ClassName() != "String" {
				return c.dataBody(r, value)
			}
		}
	}
	return c.plainBody(r, value)
}

// dataBody takes an object as what the header Content-Type says: a form, the parts of one, or JSON.
func (c *call) dataBody(r *hostfn.Run, v goja.Value) error {
	switch media := body.ParseMediaType(c.header.Get("Content-Type")); {
	case media.IsForm():
		return c.formBody(r, v)
	case media.IsMultipart():
		c.header.Del("Content-Type") // it lacks the boundary
		return c.multipartBody(r, v)
	}
	return c.jsonBody(r, v)
}

// kindOf reports whether an object is a URLSearchParams, a FormData or a Blob, as they name themselves.
func kindOf(r *hostfn.Run, o *goja.Object) string {
	tag, ok := r.TextOf(symbol(o, goja.SymToStringTag))
	switch {
	case ok && tag == "File": // a Blob with a name
		return "Blob"
	case ok && (tag == "URLSearchParams" || tag == "FormData" || tag == "Blob"):
		return tag
	}
	return ""
}

// blob returns the bytes of a Blob and its type; false for another object.
func blob(r *hostfn.Run, o *goja.Object) (content []byte, kind string, ok bool) {
	read, isFunction := goja.AssertFunction(hostfn.Property(o, "buffer"))
	if !isFunction || kindOf(r, o) != "Blob" {
		return nil, "", false
	}
	v, err := read(o)
	if err != nil {
		r.Rethrow(err)
	}
	content, ok = r.Bytes(v)
	return content, r.Text(hostfn.Property(o, "type")), ok
}

// plainBody takes text, bytes, and what browsers take for forms.
func (c *call) plainBody(r *hostfn.Run, v goja.Value) error {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	if bytes, ok := r.Bytes(v); ok {
		c.body = bytes
		return nil
	}
	if o, ok := v.(*goja.Object); ok && o.ClassName() != "String" {
		switch kindOf(r, o) {
		case "URLSearchParams":
			return c.formBody(r, v)
		case "FormData":
			return c.multipartBody(r, v)
		case "Blob":
			content, kind, isBlob := blob(r, o)
			if c.body = content; kind != "" {
				c.defaultHeader("Content-Type", kind)
			}
			if isBlob {
				return nil
			}
		}
		return fmt.Errorf("body must be text, an ArrayBuffer or a Uint8Array: give objects as json, form or multipart")
	}
	text := r.Text(v)
	r.Spend(len(text)>>10, int64(len(text)))
	c.body = []byte(text)
	c.defaultHeader("Content-Type", "text/plain;charset=UTF-8")
	return nil
}

func (c *call) jsonBody(r *hostfn.Run, v goja.Value) error {
	text, err := r.Stringify(v)
	if err != nil {
		r.Rethrow(err)
	}
	c.body = text
	c.defaultHeader("Content-Type", "application/json")
	return nil
}

func (c *call) formBody(r *hostfn.Run, v goja.Value) error {
	text, err := pairs(r, v)
	if err != nil {
		return fmt.Errorf("form: %w", err)
	}
	c.body = []byte(text)
	c.defaultHeader("Content-Type", "application/x-www-form-urlencoded")
	return nil
}

var errHalf = errors.New("half a surrogate pair cannot be sent: it is no UTF-8")

// maxNested is how deep the values of a query or a form may be nested.
const maxNested = 20

// formWriter writes names and values as a query or a form, in their order.
type formWriter struct {
	r     *hostfn.Run
	parts int
	text  strings.Builder
}

// pairs writes a query or a form: of text as it is, of pairs as they come, and of an object each value under its name. A list
// repeats the name; objects go as name[key], a list that holds objects as name[0][key].
func pairs(r *hostfn.Run, v goja.Value) (string, error) {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return "", nil
	}
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() == "String" {
		if _, isText := v.(goja.String); !isText && !ok {
			return "", fmt.Errorf("it must be an object of names and values, or text")
		}
		if r.HasHalf(v) {
			return "", errHalf
		}
		text := r.Text(v)
		if len(text) > maxForm {
			return "", fmt.Errorf("it has more than %d MiB", maxForm>>20)
		}
		return escaped(r, strings.TrimPrefix(text, "?")), nil
	}
	w := formWriter{r: r}
	err := w.object(o)
	return w.text.String(), err
}

func (w *formWriter) object(o *goja.Object) (err error) {
	r := w.r
	if _, iterable := goja.AssertFunction(symbol(o, goja.SymIterator)); iterable { // URLSearchParams, a Map, a list of pairs
		hostfn.ForOf(r.VM, o, func(item goja.Value) bool {
			pair, ok := item.(*goja.Object)
			if !ok || hostfn.Property(pair, "length").ToInteger() != 2 {
				err = fmt.Errorf("a list must be one of pairs of name and value")
				return false
			}
			err = w.value(r.Wide(hostfn.Property(pair, "0")), hostfn.Property(pair, "1"), 0)
			return err == nil
		})
		return err
	}
	if o.ClassName() != "Object" {
		return fmt.Errorf("it must be an object of names and values, or text")
	}
	for _, name := range r.WideKeys(o) {
		if err := w.value(name, r.WideProperty(o, name), 0); err != nil {
			return err
		}
	}
	return nil
}

// value writes what stands under a name; null and undefined are left out.
func (w *formWriter) value(name string, v goja.Value, depth int) error {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	o, ok := v.(*goja.Object)
	if !ok {
		return w.write(name, w.r.Wide(v))
	}
	if depth > maxNested {
		return fmt.Errorf("%.40q is nested more than %d deep, or holds itself", name, maxNested)
	}
	switch o.ClassName() {
	case "String", "Number", "Boolean":
		return w.write(name, w.r.Text(v))
	case "Date":
		text, err := w.r.Stringify(v)
		if err != nil {
			w.r.Rethrow(err)
		}
		if string(text) == "null" {
			return fmt.Errorf("%.40q holds an invalid Date", name)
		}
		return w.write(name, strings.Trim(string(text), `"`))
	case "Array":
		return w.list(name, o, depth)
	}
	_, iterable := goja.AssertFunction(symbol(o, goja.SymIterator))
	if _, isBytes := w.r.Bytes(o); isBytes || iterable || o.ClassName() != "Object" {
		return fmt.Errorf("%.40q holds what has no text: send bytes as body or multipart", name)
	}
	for _, key := range w.r.WideKeys(o) {
		if err := w.value(name+"["+key+"]", w.r.WideProperty(o, key), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// list repeats the name for plain items, and counts them where one is an object.
func (w *formWriter) list(name string, list *goja.Object, depth int) error {
	keys := w.r.Keys(list)
	nested := false
	for _, key := range keys {
		if o, ok := list.Get(key).(*goja.Object); ok {
			nested = nested || o.ClassName() == "Object" || o.ClassName() == "Array"
		}
	}
	for _, key := range keys {
		at := name
		if nested {
			at = name + "[" + key + "]"
		}
		if err := w.value(at, list.Get(key), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *formWriter) write(name, value string) error {
	if ordered.Units(name) != nil || ordered.Units(value) != nil {
		return errHalf
	}
	w.parts++
	size := len(name) + len(value) + 2
	w.r.Spend(10+size>>3, 150+6*int64(size)) // escaped, what is not ASCII takes three times as much
	if w.parts > maxParts || w.text.Len()+size > maxForm {
		return fmt.Errorf("it has more than %d parts, or more than %d MiB", maxParts, maxForm>>20)
	}
	if w.text.Len() > 0 {
		w.text.WriteByte('&')
	}
	w.text.WriteString(url.QueryEscape(name))
	w.text.WriteByte('=')
	w.text.WriteString(url.QueryEscape(value))
	return nil
}
