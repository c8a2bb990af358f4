package kit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dop251/goja"
	"go.yaml.in/yaml/v3"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// maxYAML is how long a text may be, in bytes: the library makes a tree of all of it that is fifty times larger.
const maxYAML = 1 << 20

func yamlRow() hostfn.Row {
	return hostfn.Row{
		Name: "yaml", Sig: "yaml",
		Doc: `YAML as values: parse(text, {all}) gives the document, or an array of all documents; format(value, {indent}) makes text. ` +
			`Dates stay text; aliases are followed and count as what they stand for.`,
		Example: `const config = yaml.parse("shop:\n  name: Pens\n  open: true\n  tags: [a, b]")
payload.shop = config.shop.name
payload.text = yaml.format({ name: "Pens", tags: ["a", "b"] })`,
		Bind: object(method{"parse", yamlParse}, method{"format", yamlFormat}),
	}
}

func yamlParse(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "yaml.parse"
	source := text(r, fn, call, 0)
	if len(source) > maxYAML {
		fail(r, fn, "the text is longer than %d MiB", maxYAML>>20)
	}
	all := options(r, fn, call, 1).flag("all", false)
	p := yamlParser{vm: r.VM}
	docs, err := p.documents(source, all)
	if err != nil {
		fail(r, fn, "%s", strings.TrimPrefix(parseText(err), "yaml: "))
	}
	if all {
		return r.VM.NewArray(docs...)
	}
	if len(docs) == 0 {
		return goja.Null()
	}
	return docs[0].(goja.Value)
}

type yamlParser struct {
	vm    *goja.Runtime
	count counter
	open  map[*yaml.Node]bool // aliases being followed
}

func (p *yamlParser) documents(source string, all bool) (docs []any, err error) {
	defer func() {
		if x := recover(); x != nil { // the library's parser has panicked on odd texts before
			err = errors.Join(err, fault.New(fault.Script, "the text cannot be read"))
		}
	}()
	in := yaml.NewDecoder(strings.NewReader(source))
	for {
		var n yaml.Node
		err := in.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		if len(docs) == 1 && !all {
			return nil, fault.New(fault.Script, "the text has more than one document; use yaml.parse(text, { all: true })")
		}
		v, err := p.value(&n, 0)
		if err != nil {
			return nil, err
		}
		docs = append(docs, v)
	}
}

func (p *yamlParser) value(n *yaml.Node, depth int) (goja.Value, error) {
	if err := p.count.add(depth); err != nil {
		return nil, fmt.Errorf("line %d: %s", n.Line, parseText(err))
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return p.value(n.Content[0], depth)
	case yaml.AliasNode:
		if p.open[n.Alias] {
			return nil, fmt.Errorf("line %d: *%.80s stands inside of what it names", n.Line, n.Value)
		}
		if p.open == nil {
			p.open = map[*yaml.Node]bool{}
		}
		p.open[n.Alias] = true
		defer delete(p.open, n.Alias)
		return p.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		items := make([]any, len(n.Content))
		for i, item := range n.Content {
			v, err := p.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			items[i] = v
		}
		return p.vm.NewArray(items...), nil
	case yaml.MappingNode:
		o := p.vm.NewObject()
		return o, p.mapping(o, n, depth)
	case yaml.ScalarNode:
		return p.scalar(n)
	}
	return goja.Null(), nil
}

// mapping fills an object. What it merges (<<) comes first, so that its own keys win.
func (p *yamlParser) mapping(o *goja.Object, n *yaml.Node, depth int) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() == "!!merge" {
			if err := p.merge(o, n.Content[i+1], depth+1); err != nil {
				return err
			}
		}
	}
	known := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.ShortTag() == "!!merge" {
			continue
		}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a key must be a plain value", key.Line)
		}
		if known[key.Value] {
			return fmt.Errorf("line %d: key %.80q is there twice", key.Line, key.Value)
		}
		known[key.Value] = true
		v, err := p.value(n.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		hostfn.SetOwn(o, key.Value, v)
	}
	return nil
}

func (p *yamlParser) merge(o *goja.Object, n *yaml.Node, depth int) error {
	if err := p.count.add(depth); err != nil {
		return err
	}
	switch {
	case n.Kind == yaml.AliasNode && n.Alias.Kind == yaml.MappingNode:
		v, err := p.value(n, depth) // counts it, and notices a circle
		if err != nil {
			return err
		}
		from := v.(*goja.Object)
		for _, key := range from.GetOwnPropertyNames() {
			hostfn.SetOwn(o, key, hostfn.Property(from, key))
		}
		return nil
	case n.Kind == yaml.MappingNode:
		return p.mapping(o, n, depth)
	case n.Kind == yaml.SequenceNode:
		for i := len(n.Content) - 1; i >= 0; i-- { // the first wins
			if n.Content[i].Kind == yaml.SequenceNode {
				break
			}
			if err := p.merge(o, n.Content[i], depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("line %d: << takes a mapping", n.Line)
}

func (p *yamlParser) scalar(n *yaml.Node) (goja.Value, error) {
	switch n.ShortTag() {
	case "!!null":
		return goja.Null(), nil
	case "!!bool", "!!int", "!!float":
		var v any
		if err := n.Decode(&v); err != nil {
			return nil, err
		}
		if u, ok := v.(uint64); ok {
			v = float64(u)
		}
		return p.vm.ToValue(v), nil
	case "!!binary":
		var b string
		if err := n.Decode(&b); err != nil {
			return nil, err
		}
		return p.vm.New(p.vm.GlobalObject().Get("Uint8Array"), p.vm.ToValue(p.vm.NewArrayBuffer([]byte(b))))
	}
	return p.vm.ToValue(n.Value), nil
}

func yamlFormat(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "yaml.format"
	o := options(r, fn, call, 1)
	indent := 2
	if n, set := o.values["indent"].(int64); set && n >= 1 && n <= 8 {
		indent = int(n)
	}
	source, err := r.Stringify(call.Argument(0))
	if err != nil {
		r.Rethrow(err)
	}
	if len(source) > maxText {
		fail(r, fn, "the value is larger than %d MiB", maxText>>20)
	}
	in := json.NewDecoder(bytes.NewReader(source))
	in.UseNumber()
	var count counter
	n, err := nodeOf(in, &count, 0)
	var b bytes.Buffer
	if err == nil {
		out := yaml.NewEncoder(&b)
		out.SetIndent(indent)
		err = errors.Join(out.Encode(n), out.Close())
	}
	if err != nil {
		fail(r, fn, "%s", parseText(err))
	}
	return r.VM.ToValue(b.String())
}

// nodeOf reads one value of JSON text; keys keep their order.
func nodeOf(in *json.Decoder, count *counter, depth int) (*yaml.Node, error) {
	if err := count.add(depth); err != nil {
		return nil, err
	}
	token, err := in.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if t == '{' {
			n.Kind = yaml.MappingNode
		}
		for in.More() {
			item, err := nodeOf(in, count, depth+1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		_, err := in.Token()
		return n, err
	case string:
		n := &yaml.Node{}
		n.SetString(t)
		return n, nil
	case json.Number:
		tag := "!!int"
		if strings.ContainsAny(t.String(), ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: t.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(t)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}
