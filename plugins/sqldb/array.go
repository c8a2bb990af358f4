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

// arrayLiteral writes a JavaScript array, given as JSON, as PostgreSQL's text of an array. Objects in it stay JSON.
func arrayLiteral(l string) ([]byte, error) {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(l), &items); err != nil {
		return nil, err
	}
	out := []byte{'{'}
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = appendItem(out, item); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func appendItem(out []byte, item json.RawMessage) ([]byte, error) {
	switch item[0] {
	case 'n':
		return append(out, "NULL"...), nil
	case '[':
		inner, err := arrayLiteral(string(item))
		return append(out, inner...), err
	}
	text := string(item)
	if item[0] == '"' {
		if err := json.Unmarshal(item, &text); err != nil {
			return nil, err
		}
	}
	out = append(out, '"')
	out = append(out, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)...)
	return append(out, '"'), nil
}
