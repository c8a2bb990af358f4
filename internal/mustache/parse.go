// Package mustache renders Mustache templates (the specification of 2021, version 1.4, without inheritance) over values of
// JavaScript: numbers, lists and objects print as there, functions are called as mustache.js calls them.
//
// internal/jsapi calls it. It knows neither goja nor a run: values that it cannot look into are an Object, and each step and
// each text that it makes is counted by Options, which may end the rendering.
package mustache

import (
	"fmt"
	"strings"
)

const (
	maxName    = 1000 // bytes of a tag's name
	maxNesting = 200  // sections in sections
)

// Template is a parsed source. It does not change, and may be used by many goroutines concurrently.
type Template struct{ nodes []node }

type kind byte

const (
	plain    kind = iota // text as it is
	value                // {{name}}
	raw                  // {{{name}}} and {{&name}}
	section              // {{#name}}
	inverted             // {{^name}}
	partial              // {{>name}}
)

type node struct {
	kind   kind
	text   string   // of plain; the indentation of a partial; the source inside of a section
	name   string   // of the others
	path   []string // name by its dots; nil for "."
	inner  []node
	delims [2]string // that count inside of a section
}

// Error is a source that is no template. Its text is for the author.
type Error struct {
	Line int
	What string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// Parse reads a source.
func Parse(source string) (*Template, error) { return parseWith(source, [2]string{"{{", "}}"}) }

func parseWith(source string, delims [2]string) (*Template, error) {
	p := parser{source: source, delims: delims}
	nodes, err := p.nodes("", 0)
	if err != nil {
		return nil, err
	}
	return &Template{nodes}, nil
}

type parser struct {
	source string
	at     int
	delims [2]string
	closed int // where the tag begins that closed the last section
}

func (p *parser) fail(at int, format string, args ...any) error {
	return &Error{1 + strings.Count(p.source[:at], "\n"), fmt.Sprintf(format, args...)}
}

// nodes reads up to the end of a section, or of the source when open is "".
func (p *parser) nodes(open string, depth int) ([]node, error) {
	begun := p.at
	if depth > maxNesting {
		return nil, p.fail(p.at, "sections are nested more than %d deep", maxNesting)
	}
	var list []node
	for {
		i := strings.Index(p.source[p.at:], p.delims[0])
		if i < 0 {
			if open != "" {
				return nil, p.fail(begun, "the section %q is not closed", open)
			}
			return text(list, p.source[p.at:]), nil
		}
		start := p.at + i
		t, err := p.tag(start)
		if err != nil {
			return nil, err
		}
		before, after, indent := p.alone(start, t)
		list = text(list, p.source[p.at:before])
		p.at = after
		switch t.sigil {
		case '#', '^':
			n := node{kind: section, name: t.name, path: pathOf(t.name), delims: p.delims}
			if t.sigil == '^' {
				n.kind = inverted
			}
			from := p.at
			if n.inner, err = p.nodes(t.name, depth+1); err != nil {
				return nil, err
			}
			n.text = p.source[from:max(from, p.closed)]
			list = append(list, n)
		case '/':
			if t.name != open {
				return nil, p.fail(start, "{{/%.80s}} closes no open section", t.name)
			}
			p.closed = before
			return list, nil
		case '>':
			list = append(list, node{kind: partial, name: t.name, text: indent})
		case '!', '=':
		case '&':
			list = append(list, node{kind: raw, name: t.name, path: pathOf(t.name)})
		default:
			list = append(list, node{kind: value, name: t.name, path: pathOf(t.name)})
		}
	}
}

func text(list []node, s string) []node {
	if s == "" {
		return list
	}
	return append(list, node{kind: plain, text: s})
}

func pathOf(name string) []string {
	if name == "." {
		return nil
	}
	return strings.Split(name, ".")
}

// tag is what stands between delimiters.
type tag struct {
	sigil byte // 0 for a plain name
	name  string
	end   int // after it
}

// tag reads the tag at a place, and takes new delimiters over.
func (p *parser) tag(start int) (t tag, err error) {
	from := start + len(p.delims[0])
	shut := p.delims[1]
	if from < len(p.source) {
		switch t.sigil = p.source[from]; t.sigil {
		case '{':
			t.sigil = '&'
			shut = "}" + shut
			from++
		case '=':
			shut = "=" + shut
			from++
		case '#', '^', '/', '>', '&', '!':
			from++
		default:
			t.sigil = 0
		}
	}
	n := strings.Index(p.source[from:], shut)
	if n < 0 {
		return t, p.fail(start, "a tag is not closed")
	}
	t.name, t.end = strings.TrimSpace(p.source[from:from+n]), from+n+len(shut)
	switch {
	case t.sigil == '!':
		return t, nil
	case t.sigil == '=':
		words := strings.Fields(t.name)
		if len(words) != 2 || strings.Contains(t.name, "=") || len(t.name) > maxName {
			return t, p.fail(start, "delimiters are two words without =, as in {{=<%% %%>=}}")
		}
		p.delims = [2]string{words[0], words[1]}
		return t, nil
	case t.name == "":
		return t, p.fail(start, "a tag has no name")
	case len(t.name) > maxName:
		return t, p.fail(start, "the name of a tag is longer than %d bytes", maxName)
	}
	return t, nil
}

// alone returns where the text before a tag ends and that after it begins, and the blanks before it: a tag that prints nothing
// and stands alone on its line takes the line with it.
func (p *parser) alone(start int, t tag) (before, after int, indent string) {
	if t.sigil == 0 || t.sigil == '&' {
		return start, t.end, ""
	}
	line := strings.LastIndexByte(p.source[:start], '\n') + 1
	indent = p.source[line:start]
	rest := strings.TrimLeft(p.source[t.end:], " \t")
	if line < p.at || strings.Trim(indent, " \t") != "" || rest != "" && rest[0] != '\n' && !strings.HasPrefix(rest, "\r\n") {
		return start, t.end, ""
	}
	after = len(p.source) - len(rest)
	switch {
	case strings.HasPrefix(rest, "\r\n"):
		after += 2
	case rest != "":
		after++
	}
	return line, after, indent
}
