package hostfn

import (
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
)

const (
	maxShown = 8 << 10 // bytes of one log line
	maxDepth = 4       // objects in objects that a log line shows
	maxItems = 100     // of one array or object
)

// printer writes values as Node's console does, on one line. Nothing in a value can make it fail or run long: what a
// getter throws ends the text.
type printer struct {
	vm   *goja.Runtime
	run  *Run
	text strings.Builder
	seen []*goja.Object
}

// String returns the text, cut to its limit.
func (p *printer) String() string { return clip.Text(p.text.String(), maxShown) }

func (p *printer) full() bool { return p.text.Len() > maxShown }

// write takes no more of a text than can be shown.
func (p *printer) write(s string) { p.text.WriteString(s[:min(len(s), maxShown+1)]) }

// safely runs a part that may call the script's getters and traps.
func (p *printer) safely(f func()) {
	if ex := p.vm.Try(f); ex != nil {
		p.write("[thrown]")
	}
}

// Format writes the arguments of a log call as one text of at most 8 KiB; the first may be a format.
func Format(r *Run, args []goja.Value) string {
	p := &printer{vm: r.VM, run: r}
	p.safely(func() {
		if len(args) > 1 {
			if format, ok := p.run.TextOf(args[0]); ok && strings.Contains(format, "%") {
				args = p.format(format, args[1:])
				if len(args) > 0 {
					p.write(" ")
				}
			}
		}
		for i, v := range args {
			if p.full() {
				return
			}
			if i > 0 {
				p.write(" ")
			}
			p.value(v, 0, true)
		}
	})
	return p.String()
}

// format writes a format and returns the arguments that it did not use.
func (p *printer) format(format string, args []goja.Value) []goja.Value {
	for !p.full() {
		before, after, found := strings.Cut(format, "%")
		p.write(before)
		if !found || after == "" {
			p.write(strings.Repeat("%", len(format)-len(before)))
			return args
		}
		verb := after[0]
		format = after[1:]
		switch {
		case verb == '%':
			p.write("%")
		case len(args) == 0 || !strings.ContainsRune("sdifjoOc", rune(verb)):
			p.write("%" + string(verb))
		default:
			p.verb(verb, args[0])
			args = args[1:]
		}
	}
	return args
}

func (p *printer) verb(verb byte, v goja.Value) {
	switch verb {
	case 'd', 'f':
		if _, ok := v.(*goja.Object); ok {
			p.write("NaN")
			return
		}
		p.write(v.ToNumber().String())
	case 'i':
		if f := v.ToFloat(); f == f {
			p.write(strconv.FormatInt(v.ToInteger(), 10))
			return
		}
		p.write("NaN")
	case 'j':
		text, err := p.run.Stringify(v)
		if err != nil {
			text = []byte("[Circular]")
		}
		p.write(string(text))
	case 'c': // a style for a browser
	default:
		p.value(v, 0, verb == 's')
	}
}

// Inspect writes one value as [Format] does.
func Inspect(r *Run, v goja.Value) string {
	p := &printer{vm: r.VM, run: r}
	p.safely(func() { p.value(v, 0, true) })
	return p.String()
}

// Quoted is Inspect with quotes around a text, as a value in an object has them.
func Quoted(r *Run, v goja.Value) string {
	p := &printer{vm: r.VM, run: r}
	p.safely(func() { p.value(v, 0, false) })
	return p.String()
}

// value writes a value; text at the top is written bare.
func (p *printer) value(v goja.Value, depth int, top bool) {
	switch o := v.(type) {
	case nil:
		p.write("undefined")
		return
	case *goja.Object:
		p.object(o, depth)
		return
	case *goja.Symbol:
		p.write("Symbol(" + o.String() + ")")
		return
	}
	if s, ok := v.(goja.String); ok && s.Length() > maxShown {
		v = s.Substring(0, maxShown+1)
	}
	switch x := v.Export().(type) {
	case string:
		if top {
			p.write(x)
		} else {
			p.write("'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`).Replace(x[:min(len(x), maxShown)]) + "'")
		}
	case *big.Int:
		p.write(v.String() + "n")
	default:
		p.write(v.String())
	}
}

func (p *printer) object(o *goja.Object, depth int) {
	for _, outer := range p.seen {
		if outer.SameAs(o) {
			p.write("[Circular]")
			return
		}
	}
	class := o.ClassName()
	switch class {
	case "Function":
		p.function(o)
		return
	case "Error":
		p.failure(o, depth)
		return
	case "Date":
		if at, ok := o.Export().(time.Time); ok && !at.IsZero() {
			p.write(at.UTC().Format("2006-01-02T15:04:05.000Z"))
			return
		}
		p.write("Invalid Date")
		return
	case "RegExp", "Number", "String", "Boolean":
		p.write(o.String())
		return
	}
	if depth >= maxDepth {
		p.write("[" + class + "]")
		return
	}
	p.seen = append(p.seen, o)
	defer func() { p.seen = p.seen[:len(p.seen)-1] }()
	t := o.ExportType()
	switch {
	case t == reflect.TypeFor[goja.ArrayBuffer]():
		p.write(fmt.Sprintf("ArrayBuffer(%d)", len(o.Export().(goja.ArrayBuffer).Bytes())))
	case class == "Array", typedArray(t):
		p.array(o, depth)
	case t == reflect.TypeFor[[][2]any]():
		p.collection(o, "Map", depth)
	case t == reflect.TypeFor[[]any]():
		p.collection(o, "Set", depth)
	default:
		p.properties(o, depth)
	}
}

func (p *printer) function(o *goja.Object) {
	name := ""
	if v := o.Get("name"); v != nil {
		name = v.String()
	}
	if name == "" || strings.Contains(name, "/") { // a path is the name of a Go function
		p.write("[Function]")
		return
	}
	p.write("[Function: " + name + "]")
}

func (p *printer) failure(o *goja.Object, depth int) {
	if stack := o.Get("stack"); stack != nil && depth == 0 {
		if s, ok := p.run.TextOf(stack); ok && s != "" {
			p.write(strings.TrimSpace(s))
			return
		}
	}
	p.write("[" + o.String() + "]")
}

func (p *printer) array(o *goja.Object, depth int) {
	n := Property(o, "length").ToInteger()
	if n == 0 {
		p.write("[]")
		return
	}
	p.write("[ ")
	for i := int64(0); i < n && !p.full(); i++ {
		if i > 0 {
			p.write(", ")
		}
		if i == maxItems {
			p.write(fmt.Sprintf("… %d more", n-i))
			break
		}
		p.value(o.Get(strconv.FormatInt(i, 10)), depth+1, false)
	}
	p.write(" ]")
}

func (p *printer) collection(o *goja.Object, class string, depth int) {
	p.write(class + "(" + Property(o, "size").String() + ") {")
	n := 0
	ForOf(p.vm, o, func(item goja.Value) bool {
		if n++; n > maxItems || p.full() {
			p.write(" …")
			return false
		}
		if n > 1 {
			p.write(",")
		}
		p.write(" ")
		if pair, ok := item.(*goja.Object); ok && class == "Map" {
			p.value(Property(pair, "0"), depth+1, false)
			p.write(" => ")
			item = Property(pair, "1")
		}
		p.value(item, depth+1, false)
		return true
	})
	p.write(" }")
}

func (p *printer) properties(o *goja.Object, depth int) {
	keys := p.run.Keys(o)
	if len(keys) == 0 {
		p.write("{}")
		return
	}
	p.write("{ ")
	for i, key := range keys {
		if p.full() {
			return
		}
		if i > 0 {
			p.write(", ")
		}
		if i == maxItems {
			p.write(fmt.Sprintf("… %d more", len(keys)-i))
			break
		}
		p.write(key + ": ")
		p.value(o.Get(key), depth+1, false)
	}
	p.write(" }")
}
