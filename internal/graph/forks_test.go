package graph

import (
	"slices"
	"testing"
)

// TestForkLoops finds the forks that lead back to themselves.
func TestForkLoops(t *testing.T) {
	t.Parallel()
	const start = `"s": {"data": {"type": "starter", "urlpattern": "/a"}, "outputs": {"output_1": {"connections": [{"node": "f"}]}}},`
	fork := func(id, first, second string) string {
		return `"` + id + `": {"data": {"type": "gorutine"}, "outputs": {"output_1": {"connections": [{"node": "` + first + `"}]}, "output_2": {"connections": [{"node": "` + second + `"}]}}},`
	}
	code := func(id, text, to string) string {
		return `"` + id + `": {"data": {"type": "js", "code": "` + text + `"}, "outputs": {"output_1": {"connections": [` + to + `]}}},`
	}
	const back, on = `{"node": "f"}`, `{"node": "end"}`
	callback := `"f": {"data": {"type": "dromedary_callback"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},`
	tests := map[string]struct {
		nodes string
		loops []string
	}{
		"itself":                      {start + fork("f", "end", "f"), []string{"f"}},
		"by a node":                   {start + fork("f", "end", "a") + code("a", "x", back), []string{"f"}},
		"by another fork's fork":      {start + fork("f", "end", "g") + fork("g", "end", "f"), []string{"f", "g"}},
		"by another fork's way on":    {start + fork("f", "end", "g") + fork("g", "f", "end"), []string{"f"}},
		"by a call of a path":         {start + fork("f", "end", "a") + code("a", "CALL /a", on), []string{"f"}},
		"by a call of a flow":         {start + fork("f", "end", "a") + code("a", "CALL other", on), []string{"f"}},
		"by a message":                {start + callback + code("a", "x", back), []string{"f"}},
		"a loop beside the fork":      {start + fork("f", "a", "end") + code("a", "x", back), nil},
		"a call of what is not there": {start + fork("f", "end", "a") + code("a", "CALL /nothing", on), nil},
		"a call that forks nothing":   {start + fork("f", "end", "a") + code("a", "CALL /c", on), nil},
		"nobody gets there":           {fork("f", "end", "f"), nil},
		"both outputs to one node":    {start + fork("f", "end", "end"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := `{"drawflow": {"home": {"data": {` + tt.nodes + `"end": {"data": {"type": "js", "code": "x"}}}},
				"other": {"data": {"o": {"data": {"type": "starter", "urlpattern": "/b"}, "outputs": {"output_1": {"connections": [{"node": "p"}]}}},
				"p": {"data": {"type": "js", "code": "CALL /a"}}}},
				"third": {"data": {"o": {"data": {"type": "starter", "urlpattern": "/c"}, "outputs": {"output_1": {"connections": [{"node": "p"}]}}},
				"p": {"data": {"type": "js", "code": "x"}}}}}}`
			o := options()
			o.StepType = func(string) bool { return true }
			g, err := Compile(App{JSON: []byte(text)}, o)
			if err != nil {
				t.Fatal(err)
			}
			var loops []string
			for _, p := range g.Problems {
				if p.Rule == ruleForkLoop && p.Level == LevelError {
					loops = append(loops, p.Node)
				}
			}
			if slices.Sort(loops); !slices.Equal(loops, tt.loops) {
				t.Errorf("loops at %q, want %q; problems: %+v", loops, tt.loops, g.Problems)
			}
			if b := g.Flow("home").Broken; b != nil {
				t.Errorf("the flow does not serve: %+v", b)
			}
		})
	}
}
