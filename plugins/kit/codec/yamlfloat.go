package codec

import (
	"encoding/base64"
	"math"
	"regexp"
	"strconv"

	"github.com/dop251/goja"
	"go.yaml.in/yaml/v4"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// inexact finds what putExact may have to mend: what JSON makes of NaN and of bytes, and long numbers.
var inexact = regexp.MustCompile(`null|\{\}|\{"0":|\{"type":"Buffer"|\d{16}`)

// putExact writes what JSON lacks into the nodes made of a value's JSON: NaN, the infinities, bytes, and whole numbers beyond 2^53
// as numbers with a fraction, because parse reads others as text.
func putExact(r *hostfn.Run, n *yaml.Node, v goja.Value) {
	r.Spend(5, 0)
	o, isObject := v.(*goja.Object)
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null" && v != nil && !isObject:
		if f, ok := v.Export().(float64); ok {
			n.Tag, n.Value = "!!float", map[bool]string{true: ".inf", false: "-.inf"}[f > 0]
			if math.IsNaN(f) {
				n.Value = ".nan"
			}
		}
	case n.Kind == yaml.ScalarNode && n.Tag == "!!int" && len(n.Value) > 15:
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil && math.Abs(f) > 1<<53-1 {
			n.Tag, n.Value = "!!float", n.Value+".0"
		}
	case n.Kind == yaml.MappingNode && isObject:
		if b, ok := r.Bytes(v); ok {
			*n = yaml.Node{Kind: yaml.ScalarNode, Style: yaml.TaggedStyle, Tag: "!!binary", Value: base64.StdEncoding.EncodeToString(b)}
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			putExact(r, n.Content[i+1], hostfn.Property(o, n.Content[i].Value))
		}
	case n.Kind == yaml.SequenceNode && isObject:
		for i, item := range n.Content {
			putExact(r, item, hostfn.Property(o, strconv.Itoa(i)))
		}
	}
}
