package plugins_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/arturoeanton/nflow-runtime/plugins"
)

// discount are the parameters of a node of type discount.
type discount struct {
	Field   string
	Percent float64
}

// A type of node reads its parameters into a struct and works on the payload as plain data. A plugin with a method Steps brings
// it; here it runs without an engine.
func ExampleNewStep() {
	step := plugins.NewStep("discount", "Lowers an amount of the payload.", func(_ context.Context, d discount, payload map[string]any) (string, map[string]any, error) {
		amount, ok := payload[d.Field].(float64)
		if !ok {
			return "output_2", payload, nil // no amount there: the node has an output for it
		}
		payload[d.Field] = amount * (100 - d.Percent) / 100
		return "", payload, nil
	})
	data := json.RawMessage(`{"type": "discount", "field": "total", "percent": 10}`)
	output, payload, err := step.Run(context.Background(), data, map[string]any{"total": 50.0})
	fmt.Printf("%q %v %v\n", output, payload, err)
	output, payload, err = step.Run(context.Background(), data, map[string]any{})
	fmt.Printf("%q %v %v\n", output, payload, err)
	// Output:
	// "" map[total:45] <nil>
	// "output_2" map[] <nil>
}
