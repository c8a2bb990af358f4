package mustache

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Object is a value with names.
type Object interface {
	// Get returns the value under a name; false when there is none.
	Get(name string) (v any, ok bool)
}

// List is a value with items. A []any is one, too.
type List interface {
	Len() int
	At(i int) any
}

// Func is a function of the data. Call gets the innermost value as this, and for a section its source and what renders such a
// source.
type Func interface {
	Call(this any, source string, render func(source string) (string, error)) (any, error)
}

// Values are nil, bool, string, int64, float64, []any, map[string]any, List, Object, Func; anything else prints as Go does.

// Options of a rendering.
type Options struct {
	Raw bool // {{name}} is written without HTML's escapes
	// Partial returns the source of a template, false when there is none.
	Partial func(name string) (source string, ok bool)
	// Parse returns a parsed source. Defaults to Parse.
	Parse func(source string) (*Template, error)
	// Step counts n steps, and may end the rendering.
	Step func(n int) error

	MaxDepth int // partials in partials. Defaults to 100
}

// Render writes a template over data.
func (t *Template) Render(w io.Writer, data any, o Options) error {
	if o.Parse == nil {
		o.Parse = Parse
	}
	if o.Step == nil {
		o.Step = func(int) error { return nil }
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = 100
	}
	r := renderer{Options: o, out: w}
	return r.nodes(t.nodes, []any{data})
}

type renderer struct {
	Options
	out   io.Writer
	depth int // of partials
}

// nodes renders in a context, the innermost value last.
func (r *renderer) nodes(list []node, context []any) error {
	for i := range list {
		n := &list[i]
		if err := r.Step(1 + len(context)/4 + len(n.path)); err != nil {
			return err
		}
		if err := r.node(n, context); err != nil {
			return err
		}
	}
	return nil
}

func (r *renderer) node(n *node, context []any) error {
	switch n.kind {
	case plain:
		return r.write(n.text)
	case partial:
		return r.partial(n, context)
	}
	v, err := r.find(n, context)
	if err != nil {
		return err
	}
	switch n.kind {
	case section:
		return r.section(n, v, context)
	case inverted:
		if truth(v) {
			return nil
		}
		return r.nodes(n.inner, context)
	}
	s, err := r.text(v, 0)
	if err != nil {
		return err
	}
	if n.kind == value && !r.Raw {
		s = escape(s)
	}
	return r.write(s)
}

func (r *renderer) write(s string) error {
	_, err := io.WriteString(r.out, s)
	return err
}

// find looks a name up, in the innermost value that has its first part. A function that it names is called.
func (r *renderer) find(n *node, context []any) (any, error) {
	innermost := context[len(context)-1]
	v := innermost
	if n.path != nil {
		var ok bool
		for i := len(context) - 1; i >= 0 && !ok; i-- {
			v, ok = get(context[i], n.path[0])
		}
		for _, name := range n.path[1:] {
			f, isFunc := v.(Func)
			if isFunc {
				var err error
				if v, err = f.Call(innermost, "", r.nested(context, [2]string{"{{", "}}"})); err != nil {
					return nil, err
				}
			}
			v, _ = get(v, name)
		}
	}
	if f, ok := v.(Func); ok {
		return f.Call(innermost, "", r.nested(context, [2]string{"{{", "}}"}))
	}
	return v, nil
}

// get returns a part of a value.
func get(v any, name string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		part, ok := v[name]
		return part, ok
	case Object:
		return v.Get(name)
	case string:
		if name == "length" {
			return int64(units(v)), true
		}
		return nil, false
	}
	n, isList := length(v)
	if !isList {
		return nil, false
	}
	if name == "length" {
		return int64(n), true
	}
	if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < n && strconv.Itoa(i) == name {
		return item(v, i), true
	}
	return nil, false
}

// units returns how long a text is in JavaScript.
func units(s string) (n int) {
	for _, c := range s {
		if n++; c > 0xFFFF {
			n++
		}
	}
	return n
}

func length(v any) (int, bool) {
	switch v := v.(type) {
	case []any:
		return len(v), true
	case List:
		return v.Len(), true
	}
	return 0, false
}

func item(v any, i int) any {
	if list, ok := v.([]any); ok {
		return list[i]
	}
	return v.(List).At(i)
}

// truth reports whether a section is rendered: as in mustache.js, an empty list, 0 and "" are nothing.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case int64:
		return v != 0
	case float64:
		return v != 0 && v == v
	}
	if n, ok := length(v); ok {
		return n > 0
	}
	return true
}

func (r *renderer) section(n *node, v any, context []any) error {
	if f, ok := v.(Func); ok { // a function that a function returned: mustache.js passes it the source
		text, err := f.Call(context[len(context)-1], n.text, r.nested(context, n.delims))
		if err != nil || text == nil {
			return err
		}
		s, err := r.text(text, 0)
		if err != nil {
			return err
		}
		return r.write(s)
	}
	if !truth(v) {
		return nil
	}
	size, isList := length(v)
	if !isList {
		if _, isBool := v.(bool); isBool {
			return r.nodes(n.inner, context)
		}
		return r.nodes(n.inner, append(context, v))
	}
	for i := range size {
		if err := r.Step(1); err != nil {
			return err
		}
		if err := r.nodes(n.inner, append(context, item(v, i))); err != nil {
			return err
		}
	}
	return nil
}

// nested renders a source that a function returned.
func (r *renderer) nested(context []any, delims [2]string) func(string) (string, error) {
	return func(source string) (string, error) {
		if err := r.enter("functions"); err != nil {
			return "", err
		}
		defer func() { r.depth-- }()
		if err := r.Step(1 + len(source)/16); err != nil {
			return "", err
		}
		t, err := parseWith(source, delims)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		inner := renderer{Options: r.Options, out: &limited{&b, r.Step}, depth: r.depth}
		err = inner.nodes(t.nodes, context)
		return b.String(), err
	}
}

// limited counts what is written to it.
type limited struct {
	to   *strings.Builder
	step func(int) error
}

func (l *limited) Write(p []byte) (int, error) {
	if err := l.step(1 + len(p)/16); err != nil {
		return 0, err
	}
	return l.to.Write(p)
}

func (r *renderer) enter(what string) error {
	if r.depth++; r.depth > r.MaxDepth {
		return fmt.Errorf("%s include one another more than %d deep", what, r.MaxDepth)
	}
	return nil
}

// partial renders another template; a missing one is empty. One that stands alone on its line is indented as its tag.
func (r *renderer) partial(n *node, context []any) error {
	if r.Partial == nil {
		return nil
	}
	source, ok := r.Partial(n.name)
	if !ok || source == "" {
		return nil
	}
	if err := r.enter("partials"); err != nil {
		return err
	}
	defer func() { r.depth-- }()
	if n.text != "" {
		end := ""
		if body, ok := strings.CutSuffix(source, "\n"); ok {
			source, end = body, "\n"
		}
		if err := r.Step(len(source) / 16); err != nil {
			return err
		}
		source = n.text + strings.ReplaceAll(source, "\n", "\n"+n.text) + end
	}
	t, err := r.Parse(source)
	if err != nil {
		return fmt.Errorf("partial %q: %w", n.name, err)
	}
	return r.nodes(t.nodes, context)
}

// text returns a value as JavaScript's String does; null is nothing.
func (r *renderer) text(v any, depth int) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return number(v), nil
	case map[string]any, Object:
		return "[object Object]", nil
	case fmt.Stringer:
		return v.String(), nil
	}
	n, ok := length(v)
	if !ok {
		return fmt.Sprint(v), nil
	}
	if depth > maxNesting {
		return "", fmt.Errorf("a list is nested more than %d deep", maxNesting)
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		s, err := r.text(item(v, i), depth+1)
		if err == nil {
			err = r.Step(1 + len(s)/16)
		}
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// number writes a number as JavaScript does.
func number(f float64) string {
	switch {
	case f != f:
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0" // -0, too
	}
	b, _ := json.Marshal(f) // ECMAScript's form
	return string(b)
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(s)
}
