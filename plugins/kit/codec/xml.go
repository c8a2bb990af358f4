package codec

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

const (
	xmlText      = "#text" // key of the text of an element that has attributes or children too
	xmlAttribute = "@"     // before the name of an attribute
)

func xmlRow() hostfn.Row {
	return hostfn.Row{
		Name: "xml", Sig: "xml",
		Calls: []string{
			`xml.parse(xml)`,
			`xml.format(elements, {indent, declaration})`,
		},
		Doc: `XML as objects: parse(text) returns {root: …}, format(object, {indent, declaration}) makes text of that. An element with nothing but text is that text; else it is an object with "@name" for attributes, ` +
			`"#text" for its text and its children by name, an array where a name repeats. Blanks stay in an element without children. Prefixes stay part of names; a document type may name a file, which is not read; one with [ ] and entities of one's own are refused, and so is a text that XML cannot hold.`,
		Example: `const order = xml.parse('<order id="7"><item>pen</item><item>ink</item></order>').order
payload.items = order.item
payload.text = xml.format({ order: { "@id": 7, item: order.item } })`,
		Bind: arg.Object(arg.Method("parse", xmlParse), arg.Method("format", xmlFormat)),
	}
}

func xmlParse(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "xml.parse"
	source := strings.TrimPrefix(arg.Text(r, fn, call, 0), "\uFEFF")
	r.Spend(0, 2*int64(len(source))+200*int64(strings.Count(source, "="))) // the library returns an element with all of its attributes
	source, marker := carryNames(source)
	r.Spend(len(source)>>6, int64(len(source)))
	p := xmlParser{source: source, marker: marker, vm: r.VM, in: xml.NewDecoder(r.Reader(source, 120)), count: arg.Counter{R: r}}
	p.in.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is text already
	o, err := p.document()
	if err != nil {
		line, column := p.in.InputPos()
		arg.Fail(r, fn, "line %d, column %d: %s", line, column, strings.TrimPrefix(arg.Reason(syntaxOf(err)), "XML syntax error "))
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
	source string
	marker rune // see carryNames
	vm     *goja.Runtime
	in     *xml.Decoder
	count  arg.Counter
}

// element is one that is not closed yet.
type element struct {
	name  string
	text  strings.Builder
	keys  []string
	kids  map[string][]any // values of attributes and children by key
	mixed bool             // it has children
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
	typed := false // there was a document type
	for {
		at := p.in.InputOffset()
		token, err := p.in.RawToken() // names as they are written
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if halfCharacter.MatchString(p.source[at:p.in.InputOffset()]) && !strings.HasPrefix(p.source[at:], "<!") {
			return nil, fault.New(fault.Script, "XML cannot hold half a surrogate pair, not even escaped")
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == 1 && len(top.keys) > 0 {
				return nil, fault.New(fault.Script, "there is a second root element")
			}
			e := &element{name: p.written(t.Name)}
			if err := p.start(e, t.Attr, len(open)); err != nil {
				return nil, err
			}
			open = append(open, e)
		case xml.EndElement:
			if len(open) == 1 || top.name != p.written(t.Name) {
				return nil, fault.New(fault.Script, "</%.80s> closes no open element", p.written(t.Name))
			}
			open = open[:len(open)-1]
			open[len(open)-1].put(top.name, p.value(top))
			open[len(open)-1].mixed = true
		case xml.CharData:
			if err := p.text(top, t, len(open) == 1, at); err != nil {
				return nil, err
			}
		case xml.ProcInst, xml.Comment:
			if err := aside(t, at); err != nil {
				return nil, err
			}
		case xml.Directive:
			words := documentType.FindSubmatch(t)
			if len(words) < 2 || !hostfn.XMLName(uncarryName(string(words[1]), p.marker)) || len(open) > 1 || len(top.keys) > 0 || typed {
				return nil, fault.New(fault.Script, "document types are refused, but one without [ ] before the root element")
			}
			typed = true
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

func (p *xmlParser) written(n xml.Name) string {
	if n.Space == "" {
		return uncarryName(n.Local, p.marker)
	}
	return uncarryName(n.Space+":"+n.Local, p.marker)
}

func (p *xmlParser) start(e *element, attributes []xml.Attr, depth int) error {
	if err := p.count.Add(depth, arg.HeavyObject+len(e.name)); err != nil {
		return err
	}
	for _, a := range attributes {
		key := xmlAttribute + p.written(a.Name)
		if err := p.count.Add(depth, 2*arg.HeavyEntry+len(a.Value)); err != nil {
			return err
		}
		if e.kids[key] != nil {
			return fault.New(fault.Script, "attribute %.80q is there twice", p.written(a.Name))
		}
		e.put(key, uncarryName(a.Value, p.marker))
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
	if e.mixed {
		content = strings.TrimSpace(content) // blanks between elements, most of all
	}
	if content != "" {
		hostfn.SetOwn(o, xmlText, p.vm.ToValue(content))
	}
	return o
}

func xmlFormat(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "xml.format"
	root, ok := call.Argument(0).(*goja.Object)
	if !ok || len(r.WideKeys(root)) != 1 {
		arg.Fail(r, fn, "argument 1 must be an object with one key, the name of the root element")
	}
	o := arg.Options(r, fn, call, 1, "indent", "declaration")
	full := fault.New(fault.Script, "the text gets longer than %d MiB", arg.MaxText>>20)
	w := xmlWriter{r: r, out: r.NewWritten(arg.MaxText, full), count: arg.Counter{R: r}, indent: o.Text("indent", "")}
	if len(w.indent) > 8 || strings.Trim(w.indent, " \t") != "" {
		arg.Fail(r, fn, "option indent must be a few blanks")
	}
	if o.Flag("declaration", true) {
		w.write(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	}
	name := r.WideKeys(root)[0]
	if v, ok := root.Get(name).(*goja.Object); ok && v.ClassName() == "Array" {
		arg.Fail(r, fn, "the root element cannot be an array")
	}
	w.element(name, hostfn.Property(root, name), 0, 0)
	return r.VM.ToValue(w.out.String())
}

type xmlWriter struct {
	r      *hostfn.Run
	out    *hostfn.Written
	indent string
	count  arg.Counter
}

func (w *xmlWriter) check(name string, depth int) {
	if !hostfn.XMLName(name) {
		arg.Fail(w.r, "xml.format", "%.80q is not the name of an element or attribute", name)
	}
	w.counted(depth)
}

func (w *xmlWriter) counted(depth int) {
	if err := w.count.Add(depth, 0); err != nil {
		arg.Fail(w.r, "xml.format", "%s", arg.Reason(err))
	}
}

func (w *xmlWriter) write(s string) {
	if _, err := w.out.WriteString(s); err != nil {
		arg.Fail(w.r, "xml.format", "%s", arg.Reason(err))
	}
}

func (w *xmlWriter) line(depth int) {
	if w.indent != "" && depth > 0 {
		w.write("\n" + strings.Repeat(w.indent, depth))
	}
}

func (w *xmlWriter) escape(s string) {
	w.r.Spend(len(s)>>6, int64(len(s)))
	if ordered.Units(s) != nil {
		panic(w.r.VM.NewTypeError("xml.format: XML cannot hold half a surrogate pair"))
	}
	if c, found := hostfn.NotXML(s); found {
		panic(w.r.VM.NewTypeError("xml.format: XML cannot hold the character U+%04X", c))
	}
	if err := xml.EscapeText(w.out, []byte(s)); err != nil {
		arg.Fail(w.r, "xml.format", "%s", arg.Reason(err))
	}
}

// element writes an element; nested counts the arrays that the value is in, one directly in the other.
func (w *xmlWriter) element(name string, v goja.Value, depth, nested int) {
	o, ok := v.(*goja.Object)
	if ok && o.ClassName() == "Array" {
		if nested++; nested > arg.MaxDepth {
			arg.Fail(w.r, "xml.format", "an array is nested more than %d deep", arg.MaxDepth)
		}
		for _, item := range list(w.r, "xml.format", o) {
			w.counted(depth)
			w.element(name, item, depth, nested)
		}
		return
	}
	w.check(name, depth)
	w.line(depth)
	w.write("<" + name)
	if !ok || o.ClassName() != "Object" {
		w.content(name, cell(w.r, v))
		return
	}
	var content string
	var children []string
	for _, key := range w.r.WideKeys(o) {
		if attribute, isAttribute := strings.CutPrefix(key, xmlAttribute); isAttribute {
			w.check(attribute, depth)
			w.write(" " + attribute + `="`)
			w.escape(cell(w.r, hostfn.Property(o, key)))
			w.write(`"`)
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
	w.write(">")
	w.escape(content)
	for _, key := range children {
		w.element(key, hostfn.Property(o, key), depth+1, 0)
	}
	w.line(depth)
	if depth == 0 && w.indent != "" {
		w.write("\n")
	}
	w.write("</" + name + ">")
}

// content ends an element that has only text.
func (w *xmlWriter) content(name, s string) {
	if s == "" {
		w.write("/>")
		return
	}
	w.write(">")
	w.escape(s)
	w.write("</" + name + ">")
}
