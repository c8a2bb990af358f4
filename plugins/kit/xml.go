package kit

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	xmlText      = "#text" // key of the text of an element that has attributes or children too
	xmlAttribute = "@"     // before the name of an attribute
)

// xmlName is what an element or attribute may be called; a prefix is part of the name.
var xmlName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_.\-]*(:[\p{L}_][\p{L}\p{N}_.\-]*)?$`)

func xmlRow() hostfn.Row {
	return hostfn.Row{
		Name: "xml", Sig: "xml",
		Doc: `XML as objects: parse(text) gives {root: …}, format(object, {indent, declaration}) makes text of that. An element with nothing but text is that text; else it is an object with "@name" for attributes, ` +
			`"#text" for its text and its children by name, an array where a name repeats. Prefixes stay part of names; document types and entities of one's own are refused.`,
		Example: `const order = xml.parse('<order id="7"><item>pen</item><item>ink</item></order>').order
payload.items = order.item
payload.text = xml.format({ order: { "@id": 7, item: order.item } })`,
		Bind: object(method{"parse", xmlParse}, method{"format", xmlFormat}),
	}
}

func xmlParse(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "xml.parse"
	p := xmlParser{vm: r.VM, in: xml.NewDecoder(strings.NewReader(text(r, fn, call, 0)))}
	p.in.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is text already
	o, err := p.document()
	if err != nil {
		line, column := p.in.InputPos()
		fail(r, fn, "line %d, column %d: %s", line, column, strings.TrimPrefix(parseText(syntaxOf(err)), "XML syntax error "))
	}
	return o
}

// syntaxOf takes the line away that encoding/xml puts before its messages.
func syntaxOf(err error) error {
	if s, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return errors.New(s.Msg)
	}
	return err
}

type xmlParser struct {
	vm    *goja.Runtime
	in    *xml.Decoder
	count counter
}

// element is one that is not closed yet.
type element struct {
	name string
	text strings.Builder
	keys []string
	kids map[string][]any // values of attributes and children by key
}

func (e *element) put(key string, v any) {
	if e.kids == nil {
		e.kids = map[string][]any{}
	}
	if _, known := e.kids[key]; !known {
		e.keys = append(e.keys, key)
	}
	e.kids[key] = append(e.kids[key], v)
}

func (p *xmlParser) document() (goja.Value, error) {
	open := []*element{{}}
	for {
		token, err := p.in.RawToken() // names as they are written
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == 1 && len(top.keys) > 0 {
				return nil, fault.New(fault.Script, "there is a second root element")
			}
			e := &element{name: written(t.Name)}
			if err := p.start(e, t.Attr, len(open)); err != nil {
				return nil, err
			}
			open = append(open, e)
		case xml.EndElement:
			if len(open) == 1 || top.name != written(t.Name) {
				return nil, fault.New(fault.Script, "</%.80s> closes no open element", written(t.Name))
			}
			open = open[:len(open)-1]
			open[len(open)-1].put(top.name, p.value(top))
		case xml.CharData:
			if len(open) == 1 && strings.TrimSpace(string(t)) != "" {
				return nil, fault.New(fault.Script, "there is text outside of the root element")
			}
			top.text.Write(t)
		case xml.Directive:
			return nil, fault.New(fault.Script, "document types are refused")
		}
	}
	if len(open) > 1 {
		return nil, fault.New(fault.Script, "<%.80s> is not closed", open[len(open)-1].name)
	}
	if len(open[0].keys) == 0 {
		return nil, fault.New(fault.Script, "there is no root element")
	}
	open[0].text.Reset()
	return p.value(open[0]), nil
}

func written(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func (p *xmlParser) start(e *element, attributes []xml.Attr, depth int) error {
	if err := p.count.add(depth); err != nil {
		return err
	}
	for _, a := range attributes {
		key := xmlAttribute + written(a.Name)
		if err := p.count.add(depth); err != nil {
			return err
		}
		if e.kids[key] != nil {
			return fault.New(fault.Script, "attribute %.80q is there twice", written(a.Name))
		}
		e.put(key, a.Value)
	}
	return nil
}

// value makes the JavaScript value of a closed element.
func (p *xmlParser) value(e *element) goja.Value {
	content := e.text.String()
	if len(e.keys) == 0 {
		return p.vm.ToValue(content)
	}
	o := p.vm.NewObject()
	for _, key := range e.keys {
		if values := e.kids[key]; len(values) == 1 {
			hostfn.SetOwn(o, key, p.vm.ToValue(values[0]))
		} else {
			hostfn.SetOwn(o, key, p.vm.NewArray(values...))
		}
	}
	if content = strings.TrimSpace(content); content != "" {
		hostfn.SetOwn(o, xmlText, p.vm.ToValue(content))
	}
	return o
}

func xmlFormat(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "xml.format"
	root, ok := call.Argument(0).(*goja.Object)
	if !ok || len(root.Keys()) != 1 {
		fail(r, fn, "argument 1 must be an object with one key, the name of the root element")
	}
	o := options(r, fn, call, 1)
	w := xmlWriter{r: r, indent: o.text("indent", "")}
	if len(w.indent) > 8 || strings.Trim(w.indent, " \t") != "" {
		fail(r, fn, "option indent must be a few blanks")
	}
	if o.flag("declaration", true) {
		w.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	}
	name := root.Keys()[0]
	if v, ok := root.Get(name).(*goja.Object); ok && v.ClassName() == "Array" {
		fail(r, fn, "the root element cannot be an array")
	}
	w.element(name, hostfn.Property(root, name), 0)
	return r.VM.ToValue(w.out.String())
}

type xmlWriter struct {
	r      *hostfn.Run
	out    strings.Builder
	indent string
	count  counter
}

func (w *xmlWriter) check(name string, depth int) {
	if !xmlName.MatchString(name) {
		fail(w.r, "xml.format", "%.80q is no name of an element or attribute", name)
	}
	if err := w.count.add(depth); err != nil {
		fail(w.r, "xml.format", "%s", parseText(err))
	}
	if w.out.Len() > maxText {
		fail(w.r, "xml.format", "the text gets longer than %d MiB", maxText>>20)
	}
}

func (w *xmlWriter) line(depth int) {
	if w.indent != "" && depth > 0 {
		w.out.WriteString("\n" + strings.Repeat(w.indent, depth))
	}
}

func (w *xmlWriter) escape(s string) {
	_ = xml.EscapeText(&w.out, []byte(s)) // a Builder takes all
}

func (w *xmlWriter) element(name string, v goja.Value, depth int) {
	o, ok := v.(*goja.Object)
	if ok && o.ClassName() == "Array" {
		for _, item := range list(w.r, "xml.format", o) {
			w.element(name, item, depth)
		}
		return
	}
	w.check(name, depth)
	w.line(depth)
	w.out.WriteString("<" + name)
	if !ok || o.ClassName() != "Object" {
		w.content(name, cell(w.r, v))
		return
	}
	var content string
	var children []string
	for _, key := range o.Keys() {
		if attribute, isAttribute := strings.CutPrefix(key, xmlAttribute); isAttribute {
			w.check(attribute, depth)
			w.out.WriteString(" " + attribute + `="`)
			w.escape(cell(w.r, hostfn.Property(o, key)))
			w.out.WriteString(`"`)
		} else if key == xmlText {
			content = cell(w.r, hostfn.Property(o, key))
		} else {
			children = append(children, key)
		}
	}
	if len(children) == 0 {
		w.content(name, content)
		return
	}
	w.out.WriteString(">")
	w.escape(content)
	for _, key := range children {
		w.element(key, hostfn.Property(o, key), depth+1)
	}
	w.line(depth)
	if depth == 0 && w.indent != "" {
		w.out.WriteString("\n")
	}
	w.out.WriteString("</" + name + ">")
}

// content ends an element that has only text.
func (w *xmlWriter) content(name, s string) {
	if s == "" {
		w.out.WriteString("/>")
		return
	}
	w.out.WriteString(">")
	w.escape(s)
	w.out.WriteString("</" + name + ">")
}
