package codec

import (
	"math"
	"strconv"

	"github.com/dop251/goja"
	"go.yaml.in/yaml/v4"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// putInfinities writes NaN and the infinities of a value into the nodes made of its JSON, which has null in their place.
func putInfinities(r *hostfn.Run, n *yaml.Node, v goja.Value) {
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
	case n.Kind == yaml.MappingNode && isObject:
		for i := 0; i+1 < len(n.Content); i += 2 {
			putInfinities(r, n.Content[i+1], hostfn.Property(o, n.Content[i].Value))
		}
	case n.Kind == yaml.SequenceNode && isObject:
		for i, item := range n.Content {
			putInfinities(r, item, hostfn.Property(o, strconv.Itoa(i)))
		}
	}
}
