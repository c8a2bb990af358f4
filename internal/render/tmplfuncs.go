package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"
	"unicode/utf16"
)

// Values in templates are int64 and float64. What prints them makes a number of them first, which has JavaScript's text.

// number is a float64 that prints as in JavaScript, in HTML and in scripts.
type number float64

// String implements fmt.Stringer.
func (n number) String() string {
	f := float64(n)
	switch {
	case f != f:
		return "NaN"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+") + "inity"
	case f == 0:
		return "0" // -0, too
	}
	b, _ := json.Marshal(f) // ECMAScript's form
	return string(b)
}

// MarshalJSON makes html/template write it into scripts as a number.
func (n number) MarshalJSON() ([]byte, error) {
	if f := float64(n); f != f || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return []byte(n.String()), nil
}

// show readies a value to be printed; what holds no fractions comes back as it is.
func show(v any) any {
	switch v := v.(type) {
	case float64:
		return number(v)
	case []any:
		if !hasFloat(v) {
			return v
		}
		list := make([]any, len(v))
		for i := range v {
			list[i] = show(v[i])
		}
		return list
	case map[string]any:
		if !hasFloat(v) {
			return v
		}
		m := make(map[string]any, len(v))
		for key, item := range v {
			m[key] = show(item)
		}
		return m
	}
	return v
}

func hasFloat(v any) bool {
	switch v := v.(type) {
	case float64:
		return true
	case []any:
		for _, item := range v {
			if hasFloat(item) {
				return true
			}
		}
	case map[string]any:
		for _, item := range v {
			if hasFloat(item) {
				return true
			}
		}
	}
	return false
}

func shown(args []any) []any {
	out := make([]any, len(args))
	for i := range args {
		out[i] = show(args[i])
	}
	return out
}

const showName = "nflowShow"

// printNumbers puts show at the end of a pipeline that is printed. The escapers that html/template knows by name must stay last,
// and it evaluates their arguments itself: these are shown before.
func printNumbers(pipe *parse.PipeNode) {
	if len(pipe.Cmds) == 0 {
		return
	}
	call := func(args ...parse.Node) *parse.CommandNode {
		name := parse.NewIdentifier(showName).SetPos(pipe.Pos)
		return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pipe.Pos, Args: append([]parse.Node{name}, args...)}
	}
	last := pipe.Cmds[len(pipe.Cmds)-1]
	name, ok := last.Args[0].(*parse.IdentifierNode)
	if !ok || name.Ident != "html" && name.Ident != "urlquery" {
		pipe.Cmds = append(pipe.Cmds, call())
		return
	}
	for i, arg := range last.Args[1:] {
		last.Args[i+1] = &parse.PipeNode{NodeType: parse.NodePipe, Pos: pipe.Pos, Line: pipe.Line, Cmds: []*parse.CommandNode{call(arg)}}
	}
	if n := len(pipe.Cmds) - 1; n > 0 {
		pipe.Cmds = append(pipe.Cmds[:n:n], call(), last)
	}
}

// functions are those of the contract, those of the template language that could make text without end, and those that must
// take each number of JavaScript.
func (p *page) functions() template.FuncMap {
	bounded := func(times int, f func(...any) string) func(...any) (string, error) {
		return func(args ...any) (string, error) {
			if err := p.meter.charge(times * (sizes(args) + 1)); err != nil {
				return "", err
			}
			return f(shown(args)...), nil
		}
	}
	return template.FuncMap{
		"unescapeHTML": unescapeHTML,
		"index":        index,
		"len":          length,
		"print":        bounded(1, fmt.Sprint),
		"println":      bounded(1, fmt.Sprintln),
		"html":         bounded(6, template.HTMLEscaper),
		"js":           bounded(6, template.JSEscaper),
		"urlquery":     bounded(3, template.URLQueryEscaper),
		"printf":       p.printf,

		"eq": equal,
		"ne": func(a, b any) (bool, error) { is, err := equal(a, b); return err == nil && !is, err },
		"lt": func(a, b any) (bool, error) { return compared(a, b, func(c int) bool { return c < 0 }) },
		"le": func(a, b any) (bool, error) { return compared(a, b, func(c int) bool { return c <= 0 }) },
		"gt": func(a, b any) (bool, error) { return compared(a, b, func(c int) bool { return c > 0 }) },
		"ge": func(a, b any) (bool, error) { return compared(a, b, func(c int) bool { return c >= 0 }) },
	}
}

var errIncomparable = errors.New("these values cannot be compared: one is a number and the other is not, or one is a list")

// compare orders two numbers or two texts; nothing, as a missing key, is ordered with nothing.
func compare(a, b any) (order int, comparable bool, err error) {
	if absent(a) || absent(b) {
		return 0, false, nil
	}
	if x, ok := numeric(a); ok {
		y, ok := numeric(b)
		if !ok {
			return 0, false, errIncomparable
		}
		switch {
		case x.less(y):
			return -1, true, nil
		case y.less(x):
			return 1, true, nil
		}
		return 0, !x.nan() && !y.nan(), nil
	}
	x, ok := textual(a)
	y, also := textual(b)
	if !ok || !also {
		return 0, false, errIncomparable
	}
	return strings.Compare(x, y), true, nil
}

// exact is a number of either type, compared without rounding the whole ones.
type exact struct {
	whole bool
	i     int64
	f     float64
}

func numeric(v any) (exact, bool) {
	switch v := v.(type) {
	case int64:
		return exact{whole: true, i: v, f: float64(v)}, true
	case int:
		return exact{whole: true, i: int64(v), f: float64(v)}, true
	case float64:
		return exact{f: v}, true
	case number:
		return exact{f: float64(v)}, true
	case nan:
		return exact{f: math.NaN()}, true
	}
	return exact{}, false
}

func (x exact) nan() bool { return x.f != x.f }

func (x exact) less(y exact) bool {
	if x.whole && y.whole {
		return x.i < y.i
	}
	return x.f < y.f
}

func textual(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case template.HTML:
		return string(v), true
	}
	return "", false
}

func compared(a, b any, holds func(int) bool) (bool, error) {
	c, comparable, err := compare(a, b)
	return comparable && holds(c), err
}

// equal reports whether a value equals one of the others. Nothing equals only nothing.
func equal(a any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, errors.New("eq takes two values or more")
	}
	for _, b := range others {
		x, isBool := a.(bool)
		y, also := b.(bool)
		switch {
		case absent(a) || absent(b):
			if absent(a) && absent(b) {
				return true, nil
			}
			continue
		case isBool && also:
			if x == y {
				return true, nil
			}
			continue
		}
		c, comparable, err := compare(a, b)
		if err != nil {
			return false, err
		}
		if comparable && c == 0 {
			return true, nil
		}
	}
	return false, nil
}

// length is what length counts in JavaScript; nothing has 0.
func length(v any) (int, error) {
	switch v := v.(type) {
	case nil, nothing:
		return 0, nil
	case string:
		return len(utf16.Encode([]rune(v))), nil
	case template.HTML:
		return len(utf16.Encode([]rune(v))), nil
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	}
	return 0, errors.New("len takes a text, a list or an object")
}

// unescapeHTML marks text as HTML that needs no escaping.
func unescapeHTML(v any) template.HTML {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return template.HTML(v) //nolint:gosec // what the function is for
	case template.HTML:
		return v
	}
	return template.HTML(fmt.Sprint(show(v))) //nolint:gosec // what the function is for
}

// index follows keys into maps and lists, and returns nothing where there is nothing.
func index(v any, keys ...any) any {
	for _, key := range keys {
		switch at := v.(type) {
		case map[string]any:
			v = at[fmt.Sprint(show(key))]
		case []any:
			i, ok := whole(key)
			if !ok || i < 0 || i >= int64(len(at)) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), true
		}
	}
	return 0, false
}

var (
	verb     = regexp.MustCompile(`%(?:%|[^a-zA-Z%]*[a-zA-Z])`)
	wideVerb = regexp.MustCompile(`%[^a-zA-Z%]*(\d{4}|\*)`)
	badVerb  = regexp.MustCompile(`%!(?:\(EXTRA |\(NOVERB\)|.\(BADINDEX\)|.\(MISSING\))`)
)

// sizes estimates how long the text of values is.
func sizes(args []any) (n int) {
	for _, v := range args {
		n += sizeOf(v)
	}
	return n
}

func sizeOf(v any) (n int) {
	switch v := v.(type) {
	case string:
		return len(v)
	case template.HTML:
		return len(v)
	case []any:
		return sizes(v) + len(v)
	case map[string]any:
		for key, item := range v {
			n += len(key) + sizeOf(item) + 2
		}
		return n
	}
	return 32
}
