package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
)

// TestExamplesOfTheNodesNames runs the examples of the names that each node has of its own, and looks at what they did.
func TestExamplesOfTheNodesNames(t *testing.T) {
	t.Parallel()
	want := map[string]struct{ look, answer string }{ // what to look at afterwards, and the output taken with what is seen there
		"payload":        {"payload.total", `[1,3]`},
		"next":           {"next", `[2,"output_2"]`},
		"nflow_data":     {"field", `[1,"email"]`},
		"dromedary_data": {"field", `[1,"email"]`},
		"__outputs":      {"id", `[1,"one"]`},
		"current_box":    {"id", `[1,"x"]`},
		"prev_box":       {"id", `[1,"before"]`},
	}
	rows := jsapi.PerNode()
	if len(rows) != len(want) {
		t.Errorf("%d names, %d are looked at", len(rows), len(want))
	}
	for _, row := range rows {
		expected, known := want[row.Name]
		if !known || !strings.Contains(row.Example, row.Name) {
			t.Errorf("%s: its example %q is not run", row.Name, row.Example)
			continue
		}
		code, _ := json.Marshal(fmt.Sprintf("function main(){\n%s\npayload.seen = %s }", row.Example, expected.look))
		w := newWorld(t, setup{app: app(
			starter("s", "/x", "before"), js("before", `function main(){}`, "output_1=x"),
			node("x", fmt.Sprintf(`{"type":"js","field":"email","code":%s}`, code), "output_1=one", "output_2=two"),
			js("one", `function main(){ c.JSON(200, [1, payload.seen]) }`), js("two", `function main(){ c.JSON(200, [2, payload.seen]) }`),
		)})
		if got := w.get("/x"); got.status != 200 || strings.TrimSpace(got.body) != expected.answer {
			t.Errorf("%s: %d %s, want %s", row.Example, got.status, got.body, expected.answer)
		}
	}
}
