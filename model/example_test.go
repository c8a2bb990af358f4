package model_test

import (
	"encoding/json"
	"fmt"

	"github.com/arturoeanton/nflow-runtime/model"
)

// A step finds the node that follows by the output.
func ExampleNode() {
	var node model.Node
	text := `{"data": {"type": "discount", "percent": 5}, "outputs": {"output_1": {"connections": [{"node": "7", "output": "input_1"}]}}}`
	if err := json.Unmarshal([]byte(text), &node); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(node.Data["percent"], "then node", node.Outputs["output_1"].Connections[0].Node)
	// Output: 5 then node 7
}

// A problem says where it is.
func ExampleProblem_Sentence() {
	p := model.Problem{Level: model.LevelError, Rule: "code", Flow: "Orders", Node: "7", Name: "total", Key: "code", Line: 3, Column: 9, Text: "unexpected token"}
	fmt.Println(p.Sentence())
	// Output: flow "Orders", node "total" (7), code at line 3, column 9: unexpected token
}
