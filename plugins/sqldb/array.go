package sqldb

import (
	"encoding/json"
	"strings"
)

// parseArray reads PostgreSQL's text of an array, of any number of dimensions, as in {1,2,NULL} or [0:1]={"a b","c\"d"}.
func parseArray(text string, element func(string) any) ([]any, bool) {
	if strings.HasPrefix(text, "[") {
		_, rest, ok := strings.Cut(text, "]=")
		if !ok {
			return nil, false
		}
		text = rest
	}
	p := arrayParser{in: text, element: element}
	array, ok := p.array(0)
	return array, ok && p.at == len(p.in)
}

const maxDimensions = 8 // PostgreSQL's own limit is 6

type arrayParser struct {
	in      string
	at      int
	element func(string) any
}

func (p *arrayParser) peek() byte {
	if p.at < len(p.in) {
		return p.in[p.at]
	}
	return 0
}

func (p *arrayParser) array(depth int) ([]any, bool) {
	if p.peek() != '{' || depth > maxDimensions {
		return nil, false
	}
	p.at++
	list := []any{}
	if p.peek() == '}' {
		p.at++
		return list, true
	}
	for {
		v, ok := p.value(depth)
		if !ok {
			return nil, false
		}
		list = append(list, v)
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return list, true
		default:
			return nil, false
		}
	}
}

func (p *arrayParser) value(depth int) (any, bool) {
	switch p.peek() {
	case '{':
		return p.array(depth + 1)
	case '"':
		text, ok := p.quoted()
		return p.element(text), ok
	}
	n := strings.IndexAny(p.in[p.at:], ",{}\"")
	if n <= 0 {
		return nil, false
	}
	text := p.in[p.at : p.at+n]
	p.at += n
	if strings.EqualFold(text, "NULL") {
		return nil, true
	}
	return p.element(text), true
}

func (p *arrayParser) quoted() (string, bool) {
	var b strings.Builder
	for p.at++; p.at < len(p.in); p.at++ {
		switch c := p.in[p.at]; c {
		case '"':
			p.at++
			return b.String(), true
		case '\\':
			p.at++
			b.WriteByte(p.peek())
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// arrayLiteral appends parameters as PostgreSQL's text of an array. Objects in it are JSON.
func arrayLiteral(out []byte, items []any) []byte {
	out = append(out, '{')
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendItem(out, item)
	}
	return append(out, '}')
}

func appendItem(out []byte, item any) []byte {
	var text string
	switch v := item.(type) {
	case nil:
		return append(out, "NULL"...)
	case list:
		return arrayLiteral(out, v.items)
	case document: // what has a toJSON may be a text in JSON
		if json.Unmarshal([]byte(v), &text) != nil {
			text = string(v)
		}
	default:
		text = string(postgresParam(v))
	}
	out = append(out, '"')
	out = append(out, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)...)
	return append(out, '"')
}
