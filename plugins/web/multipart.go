package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// part is one field or file of a multipart form.
type part struct {
	name, filename, kind string
	file                 bool
	content              []byte
}

// multipartBody reads {field: value | {filename, type, bytes} | list of them}, or a FormData.
func (c *call) multipartBody(r *hostfn.Run, v goja.Value) (err error) {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Object" {
		return fmt.Errorf("multipart must be an object of names and values, or of names and {filename, type, bytes}")
	}
	var parts []part
	size := 0
	add := func(name string, v goja.Value) error {
		p, err := partOf(r, name, v)
		if err != nil {
			return err
		}
		r.Spend(10, 300)
		if size += len(name) + len(p.content); size > maxForm || len(parts) >= maxParts {
			return fmt.Errorf("multipart has more than %d parts, or more than %d MiB", maxParts, maxForm>>20)
		}
		parts = append(parts, p)
		return nil
	}
	if kindOf(r, o) == "FormData" {
		hostfn.ForOf(r.VM, o, func(item goja.Value) bool {
			pair, ok := item.(*goja.Object)
			if !ok {
				err = fmt.Errorf("a FormData holds pairs of name and value")
				return false
			}
			err = add(r.Text(hostfn.Property(pair, "0")), hostfn.Property(pair, "1"))
			return err == nil
		})
	} else {
		err = eachValue(r, o, add)
	}
	if err != nil {
		return err
	}
	return c.writeParts(r, parts, size)
}

// eachValue calls add for each value of an object, and for each item of its lists.
func eachValue(r *hostfn.Run, o *goja.Object, add func(name string, v goja.Value) error) error {
	for _, name := range r.WideKeys(o) {
		values := []goja.Value{r.WideProperty(o, name)}
		if list, ok := values[0].(*goja.Object); ok && list.ClassName() == "Array" {
			values = nil
			for _, i := range r.Keys(list) {
				values = append(values, list.Get(i))
			}
		}
		for _, v := range values {
			if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
				continue
			}
			if err := add(name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// partOf reads a value: text, bytes, a file, or a file that came with a form.
func partOf(r *hostfn.Run, name string, v goja.Value) (part, error) {
	p := part{name: name}
	if ordered.Units(name) != nil || r.HasHalf(v) {
		return p, errHalf
	}
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() == "String" || o.ClassName() == "Number" || o.ClassName() == "Boolean" {
		text := r.Text(v)
		r.Spend(len(text)>>10, int64(len(text)))
		p.content = []byte(text)
		return p, nil
	}
	if content, isBytes := r.Bytes(o); isBytes {
		p.file, p.filename, p.kind, p.content = true, "blob", "application/octet-stream", content
		return p, nil
	}
	if content, kind, isBlob := blob(r, o); isBlob && (kind == "" || mediaType.MatchString(kind)) {
		p.file, p.filename, p.kind, p.content = true, "blob", cmp.Or(kind, "application/octet-stream"), content
		if name, isText := r.TextOf(hostfn.Property(o, "name")); isText { // a File
			p.filename = name
		}
		return p, nil
	}
	if o.ClassName() != "Object" {
		return p, fmt.Errorf("multipart: %.40q must be text, bytes or {filename, type, bytes}", name)
	}
	content := hostfn.Property(o, "bytes")
	if read, isFunction := goja.AssertFunction(content); isFunction { // a file of c.FormFile
		var err error
		if content, err = read(o); err != nil {
			r.Rethrow(err)
		}
	} else {
		r.Only("multipart", o, "filename", "type", "bytes")
	}
	var err error
	_, isObject := content.(*goja.Object)
	_, isText := content.(goja.String)
	if p.content, err = r.BytesOf(content); err != nil || !isObject && !isText {
		return p, fmt.Errorf("multipart: %.40q needs bytes: text, an ArrayBuffer or a Uint8Array", name)
	}
	text := func(key, otherwise string) string {
		if v := hostfn.Property(o, key); !goja.IsUndefined(v) && !goja.IsNull(v) && r.Text(v) != "" {
			return r.Text(v)
		}
		return otherwise
	}
	p.file, p.filename, p.kind = true, text("filename", "blob"), text("type", "application/octet-stream")
	if !mediaType.MatchString(p.kind) || len(p.filename) > maxURL {
		return p, fmt.Errorf(`multipart: the type of %.40q must be a media type, as in "text/csv"`, name)
	}
	return p, nil
}

// writeParts writes a form as browsers do. Its boundary is made of its content, so that a run that is replayed sends the same.
func (c *call) writeParts(r *hostfn.Run, parts []part, size int) error {
	r.Spend(size>>8, 2*int64(size)+int64(300*len(parts)))
	hash := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(hash, "%q %q %q %d ", p.name, p.filename, p.kind, len(p.content))
		hash.Write(p.content)
	}
	boundary := "nflow-" + hex.EncodeToString(hash.Sum(nil))[:40]
	quote := strings.NewReplacer("\r\n", "%0D%0A", "\r", "%0D", "\n", "%0A", `"`, "%22").Replace
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, quote(p.name))
		if p.file {
			fmt.Fprintf(&b, "; filename=\"%s\"\r\nContent-Type: %s", quote(p.filename), p.kind)
		}
		b.WriteString("\r\n\r\n")
		b.Write(p.content)
		b.WriteString("\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	c.body = []byte(b.String())
	c.header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	return nil
}
