package codec

import (
	"errors"
	"fmt"
	"io"

	"github.com/dop251/goja"
	"go.yaml.in/yaml/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// maxYAML is how long a text may be, in bytes: the library makes a tree of all of it that is fifty times larger.
const maxYAML = 1 << 20

func yamlRow() hostfn.Row {
	return hostfn.Row{
		Name: "yaml", Sig: "yaml",
		Calls: []string{
			`yaml.parse(yaml, {all})`,
			`yaml.format(value, {indent})`,
		},
		Doc: `YAML as values: parse(text, {all}) returns the document, or an array of all documents; format(value, {indent}) makes text. ` +
			`It is YAML 1.2: yes, no, on and off are texts, 0o17 is octal, and what begins with a needless 0, as 01234, stays text. So do dates, and whole numbers too large for a number of JavaScript. ` +
			`Aliases are followed and count as what they stand for. format quotes texts that older readers take for something else, such as yes, 12:30 and 1_000; indent is 2 to 9 (2).`,
		Example: `const config = yaml.parse("shop:\n  name: Pens\n  open: true\n  tags: [a, b]")
payload.shop = config.shop.name
payload.text = yaml.format({ name: "Pens", tags: ["a", "b"] })`,
		Bind: arg.Object(arg.Method("parse", yamlParse), arg.Method("format", yamlFormat)),
	}
}

func yamlParse(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "yaml.parse"
	source := arg.Text(r, fn, call, 0)
	if len(source) > maxYAML {
		arg.Fail(r, fn, "the text is longer than %d MiB", maxYAML>>20)
	}
	all := arg.Options(r, fn, call, 1, "all").Flag("all", false)
	r.Spend(0, yamlWeight(source))
	p := yamlParser{vm: r.VM, count: arg.Counter{R: r}}
	docs, err := p.documents(source, all)
	if err != nil {
		arg.Fail(r, fn, "%s", yamlText(err))
	}
	if all {
		return r.VM.NewArray(docs...)
	}
	if len(docs) == 0 {
		return goja.Null()
	}
	return docs[0].(goja.Value)
}

// yamlWeight estimates what the library's tree of a text takes: of each part of it a node, and a multiple of its bytes.
func yamlWeight(source string) int64 {
	parts := 0
	for i := range len(source) {
		switch source[i] {
		case '[', ']', '{', '}', ',', ':', '-', '?', '&', '*', '!', '\n':
			parts++
		}
	}
	return int64(8*len(source) + 250*parts)
}

type yamlParser struct {
	vm      *goja.Runtime
	count   arg.Counter
	open    map[*yaml.Node]bool // aliases being followed
	carried bool                // see carry
}

// text returns a scalar as it was meant.
func (p *yamlParser) text(n *yaml.Node) string {
	if !p.carried {
		return n.Value
	}
	return uncarry(n.Value, n.Style&yaml.DoubleQuotedStyle != 0)
}

func (p *yamlParser) documents(source string, all bool) (docs []any, err error) {
	defer func() {
		if x := recover(); x != nil { // the library's parser has panicked on odd texts before
			err = errors.Join(err, fault.New(fault.Script, "the text cannot be read"))
		}
	}()
	source, p.carried = carry(source)
	source = indented(withoutDirectives(source))
	lines := yamlLines{text: source}
	in, err := yaml.NewLoader(p.count.R.Reader(source, 700))
	if err != nil {
		return nil, err
	}
	for {
		var n yaml.Node
		err := in.Load(&n)
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
		if err == nil {
			err = lines.checkIndents(&n, -1)
		}
		if err != nil {
			return nil, err
		}
		docs = append(docs, v)
	}
}

func (p *yamlParser) value(n *yaml.Node, depth int) (goja.Value, error) {
	if err := p.count.Add(depth, arg.HeavyEntry); err != nil {
		return nil, fmt.Errorf("line %d: %s", n.Line, arg.Reason(err))
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
		if err := p.count.R.Charge(1, arg.HeavyObject/2); err != nil {
			return nil, err
		}
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
		if err := p.count.R.Charge(1, arg.HeavyObject); err != nil {
			return nil, err
		}
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
		name := p.text(key)
		if known[name] {
			return fmt.Errorf("line %d: key %.80q is there twice", key.Line, name)
		}
		known[name] = true
		v, err := p.value(n.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		p.count.R.SetWide(o, name, v)
	}
	return nil
}

func (p *yamlParser) merge(o *goja.Object, n *yaml.Node, depth int) error {
	if err := p.count.Add(depth, arg.HeavyEntry); err != nil {
		return err
	}
	switch {
	case n.Kind == yaml.AliasNode && n.Alias.Kind == yaml.MappingNode:
		v, err := p.value(n, depth) // counts it, and notices a circle
		if err != nil {
			return err
		}
		from := v.(*goja.Object)
		for _, key := range p.count.R.WideKeys(from) {
			if err := p.count.Add(depth, arg.HeavyEntry); err != nil {
				return err
			}
			p.count.R.SetWide(o, key, p.count.R.WideProperty(from, key))
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
