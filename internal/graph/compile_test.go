package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

var problemTests = []struct {
	name, nodes string
	level       Level
	rule        string
	node, key   string
	line, col   int
}{
	{"broken code", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},
"a": {"data": {"type": "js", "code": "x BROKEN"}}`, LevelError, "code", "a", "code", 1, 3},
	{"no data", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},
 "a": {"name": "x"}`, LevelError, "no-data", "a", "data", 3, 2},
	{"data is a list", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},
"a": {"data": []}`, LevelError, "no-data", "a", "data", 3, 1},
	{"no type", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},
"a": {"data": {"name_box": "x"}}`, LevelError, "no-type", "a", "type", 3, 1},
	{"unknown type", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},
"a": {"data": {"type": "mystery"}}`, LevelError, "unknown-type", "a", "type", 3, 1},
	{"unknown module", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},
"a": {"data": {"type": "js", "script": "nowhere"}}`, LevelError, "unknown-module", "a", "script", 3, 1},
	{"module without code", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},
"a": {"data": {"type": "js", "script": "empty"}}`, LevelError, "empty-module", "a", "script", 3, 1},
	{"edge to nowhere", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},
"a": {"data": {"type": "js", "code": "x"}, "outputs": {"output_2": {"connections": [{"node": "gone"}]}}}`, LevelWarning, "missing-node", "a", "output_2", 3, 1},
	{"a starter's edge to nowhere", `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "gone"}]}}}`, LevelWarning, "missing-node", "s", "output_1", 2, 1},
	{"unreachable is softer", `"a": {"data": {"type": "mystery"}}`, LevelWarning, "unknown-type", "a", "type", 2, 1},
	{"open is reachable", `"a": {"data": {"type": "mystery", "open_continuation": "true"}}`, LevelError, "unknown-type", "a", "type", 2, 1},
	{
		"several connections", `"a": {"data": {"type": "js", "code": "x"}, "outputs": {"output_1": {"connections": [{"node": "a"}, {"node": "b"}]}}}`,
		LevelWarning, "several-connections", "a", "output_1", 2, 1,
	},
	{"no pattern", `"s": {"data": {"type": "starter"}, "outputs": {"output_1": {"connections": [{"node": "s"}]}}}`, LevelWarning, "no-pattern", "s", "urlpattern", 2, 1},
	{"unconnected starter", `"s": {"data": {"type": "starter", "urlpattern": "/"}}`, LevelWarning, "starter-unconnected", "s", "output_1", 2, 1},
	{"unknown method", `"s": {"data": {"type": "starter", "urlpattern": "/", "method": "FETCH"}, "outputs": {"output_1": {"connections": [{"node": "s"}]}}}`, LevelWarning, "unknown-method", "s", "method", 2, 1},
	{"two starters on one route", `"s": {"data": {"type": "starter", "urlpattern": "/:a"}, "outputs": {"output_1": {"connections": [{"node": "s"}]}}},
"t": {"data": {"type": "starter", "urlpattern": "/:b"}, "outputs": {"output_1": {"connections": [{"node": "s"}]}}}`, LevelWarning, "route-twice", "t", "urlpattern", 3, 1},
	{"a name twice", `"s": {"data": {"type": "starter", "urlpattern": "/:a/:a"}, "outputs": {"output_1": {"connections": [{"node": "s"}]}}}`, LevelWarning, "name-twice", "s", "urlpattern", 2, 1},
	{"a node twice", `"a": {"data": {"type": "js", "code": "x"}},
"a": {"data": {"type": "js", "code": "y"}}`, LevelWarning, "node-twice", "a", "", 2, 1},
	{"no code", `"a": {"data": {"type": "js"}}`, LevelWarning, "no-code", "a", "code", 2, 1},
	{"needs a setting", `"a": {"data": {"type": "js", "code": "http_get('x')"}}`, LevelInfo, "needs", "a", "code", 2, 1},
	{"names what is not there", `"a": {"data": {"type": "js", "code": "f(ABSENT)"}}`, LevelWarning, "absent", "a", "code", 1, 3},
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range problemTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := `{"drawflow": {"f": {"data": {` + "\n" + tt.nodes + `}}, "good": {"data": {}}}}`
			g, err := Compile(App{JSON: []byte(text), Modules: map[string]string{"empty": " "}}, options())
			if err != nil {
				t.Fatal(err)
			}
			var found *Problem
			for i := range g.Problems {
				if g.Problems[i].Rule == tt.rule {
					found = &g.Problems[i]
				}
			}
			if found == nil {
				t.Fatalf("no %q in %+v", tt.rule, g.Problems)
			}
			want := Problem{Level: tt.level, Rule: tt.rule, Flow: "f", Node: tt.node, Key: tt.key, Line: tt.line, Column: tt.col, Name: found.Name, Text: found.Text}
			if *found != want {
				t.Errorf("got  %+v\nwant %+v", *found, want)
			}
			if broken := g.Flow("f").Broken != nil; broken != (tt.level == LevelError) {
				t.Errorf("flow broken: %v", broken)
			}
			if g.Flow("good").Broken != nil {
				t.Error("the other flow is broken too")
			}
		})
	}
}

func TestDefaultScripts(t *testing.T) {
	t.Parallel()
	app := `{"drawflow": {"f": {"data": {}}}}`
	tests := []struct {
		name, def, auth  string
		hasAuth, hasLog  bool
		broken, fromFile bool
	}{
		{"none", "", "", false, false, false, false},
		{"both in default", "function auth(){} function log(){}", "function auth(){}", true, true, false, true},
		{"auth from the file", "function log(){}", "function auth(){}", true, true, false, true},
		{"no auth in the file", "", "function other(){}", true, false, false, true},
		{"broken default", "BROKEN", "", false, false, true, false},
		{"broken auth", "", "BROKEN", false, false, true, false},
	}
	for _, tt := range tests {
		g, err := Compile(App{JSON: []byte(app), DefaultJS: tt.def, AuthJS: tt.auth}, options())
		if err != nil {
			t.Fatal(err)
		}
		if g.HasAuth != tt.hasAuth || g.HasLog != tt.hasLog || (g.Auth != nil) != tt.fromFile || (g.Flow("f").Broken != nil) != tt.broken {
			t.Errorf("%s: auth %v, log %v, %v, broken %v", tt.name, g.HasAuth, g.HasLog, g.Auth, g.Flow("f").Broken)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text   string
		line, column int
	}{
		{"empty", "", 1, 1},
		{"cut", "{\"drawflow\": {\n  \"f\": {", 2, 8},
		{"a comma too many", "{\"drawflow\": {\n\"é\": {},}}", 2, 9},
		{"text after the end", "{\"drawflow\": {}}\n x", 2, 2},
		{"not an object", "[]", 1, 1},
		{"no drawflow", "{}", 1, 1},
		{"drawflow is a list", `{"drawflow": [{}]}`, 1, 1},
		{"not UTF-8", "{\"drawflow\": {\"\xff\": {}}}", 1, 1},
		{"deep", strings.Repeat("[", 20000), 1, 10001},
	}
	for _, tt := range tests {
		_, err := Compile(App{JSON: []byte(tt.text)}, options())
		at, ok := errors.AsType[*SyntaxError](err)
		if !ok {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if at.Line != tt.line || at.Column < tt.column-1 || at.Column > tt.column+1 {
			t.Errorf("%s: %v, want line %d, column %d", tt.name, err, tt.line, tt.column)
		}
	}
}

func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	text := []byte(`{"drawflow": {"": {"data": {}}, "f g": {"unknown": 1e2, "data": {"7": {"id": 7, "class": "x", "pos_x": 1.50,
		"data": {"type": "js", "code": "x", "big": 12345678901234567890, "one": 1.0, "int": 9007199254740993, "nested": {"z": 1, "a": [null, true]}},
		"inputs": {}, "outputs": {"output_10": {"connections": [{"node": 7, "output": "input_1", "points": [1]}]}, "output_2": {"connections": [{"node": "7"}]}}}}}}}`)
	before := bytes.Clone(text)
	g, err := Compile(App{JSON: text}, options())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, before) {
		t.Error("the app's text was changed")
	}
	n := g.Flow("f g").Nodes["7"]
	if n == nil || g.Flow("") == nil {
		t.Fatalf("flows %v", g.Flows)
	}
	if !bytes.Contains(before, n.RawData) || !bytes.Contains(n.RawData, []byte("12345678901234567890")) {
		t.Errorf("the node's own text is %s", n.RawData)
	}
	want := map[string]any{
		"type": "js", "code": "x", "big": 12345678901234567890.0, "one": 1.0, "int": int64(9007199254740993),
		"nested": map[string]any{"z": int64(1), "a": []any{nil, true}},
	}
	if !reflect.DeepEqual(n.Data, want) {
		t.Errorf("data is %#v", n.Data)
	}
	if len(n.Outs) != 2 || n.Outs[0].Name != "output_2" || n.Outs[1].To != n {
		t.Errorf("outputs are %+v", n.Outs)
	}
}

func TestUnchangedProgramsAreKept(t *testing.T) {
	t.Parallel()
	compiled := 0
	o := options()
	o.Compiler = counting{plain{}, &compiled}
	app := App{JSON: []byte(`{"drawflow": {"f": {"data": {"a": {"data": {"type": "js", "code": "one"}}, "b": {"data": {"type": "js", "code": "two"}}}}}}`)}
	first, err := Compile(app, o)
	if err != nil {
		t.Fatal(err)
	}
	app.JSON = bytes.ReplaceAll(app.JSON, []byte("two"), []byte("three"))
	o.Previous = first
	if _, err := Compile(app, o); err != nil {
		t.Fatal(err)
	}
	if compiled != 3 {
		t.Errorf("%d programs were compiled, want 3", compiled)
	}
}

type counting struct {
	plain
	n *int
}

func (c counting) Compile(src Source) (any, *CodeProblem) { *c.n++; return c.plain.Compile(src) }

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		`{"drawflow": {"f": {"data": {"s": {"data": {"type": "starter", "urlpattern": "/:a", "method": "GET"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}}, "a": {"data": {"type": "js", "code": "x"}}}}}}`,
		`{"drawflow": {"f": {"data": {"1": {"data": {"type": 7, "nflow_auth": [], "timeout_ms": "1e99"}, "outputs": {"output_1": {"connections": [{"node": 1}, null]}}}}}}}`,
		`{"drawflow": {"f": null, "g": [], "h": {"data": []}, "i": {"data": {"x": null, "y": 1, "z": "a"}}}}`,
		`{"drawflow": {"f": {"data": {"a": {"data": {}}, "a": {"data": {}}}}, "f": {}}, "drawflow": 1}`,
		`{"drawflow": {"\u0000": {"data": {"\ud800": {"data": {"type": "js", "code": "BROKEN"}, "outputs": 1}}}}}`,
		`{"drawflow": {"f": {"data": {"s": {"data": {"type": "starter", "urlpattern": "::/%zz//:", "method": "get "}, "outputs": {"output_1": {"connections": [{"node": "s"}]}}}}}}}`,
		"", "{", "null", "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		g, err := Compile(App{JSON: text, Modules: map[string]string{"m": "x", "e": ""}}, options())
		if !bytes.Equal(text, before) {
			t.Fatal("the app's text was changed")
		}
		if err != nil {
			if at, ok := errors.AsType[*SyntaxError](err); !ok || at.Line < 1 || at.Column < 1 || at.Text == "" {
				t.Fatalf("the error has no place: %v", err)
			}
			return
		}
		if !json.Valid(text) {
			t.Fatal("invalid JSON was compiled")
		}
		again, err := Compile(App{JSON: text, Modules: map[string]string{"m": "x", "e": ""}}, options())
		if err != nil || again.Version != g.Version || !reflect.DeepEqual(again.Problems, g.Problems) {
			t.Fatalf("compiled twice it differs: %v %v %v", err, g.Problems, again.Problems)
		}
		checkGraph(t, g)
		for _, method := range []string{"GET", "POST", ""} {
			g.Match(method, "/"+string(text))
		}
	})
}

// checkGraph wants a graph that can be walked without looking twice.
func checkGraph(t *testing.T, g *Graph) {
	for _, f := range g.Flows {
		if g.Flow(f.Name) != f {
			t.Fatalf("flow %q is not found by its name", f.Name)
		}
		for id, n := range f.Nodes {
			if n.ID != id || n.Flow != f || n.Model == nil || n.Label == "" && id != "" {
				t.Fatalf("node %q is not whole: %+v", id, n)
			}
			for _, o := range n.Outs {
				if o.To == nil || o.To.Flow != f || n.Out(o.Name) == nil {
					t.Fatalf("output %q of node %q leads nowhere", o.Name, id)
				}
			}
		}
		for _, s := range f.Starters {
			if s.First == nil || s.Pattern == "" {
				t.Fatalf("starter %+v cannot be routed", s)
			}
		}
	}
	for _, p := range g.Problems {
		if p.Text == "" || p.Rule == "" || p.Level == "" {
			t.Fatalf("a problem says nothing: %+v", p)
		}
	}
}

// An app that answers nothing is told so once, whatever its flows hold; one starter is enough.
func TestNoStarter(t *testing.T) {
	t.Parallel()
	const starter = `"s": {"data": {"type": "starter", "urlpattern": "/"}, "outputs": {"output_1": {"connections": [{"node": "a"}]}}},`
	for nodes, want := range map[string]int{`"a": {"data": {"type": "js", "code": "x"}}`: 1, starter + `"a": {"data": {"type": "js", "code": "x"}}`: 0, "": 1} {
		g, err := Compile(App{JSON: []byte(`{"drawflow": {"f": {"data": {` + nodes + `}}, "empty": {"data": {}}}}`)}, options())
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, p := range g.Problems {
			if p.Rule == "no-starter" && p.Level == LevelWarning && p.Flow == "" {
				got++
			}
		}
		if got != want {
			t.Errorf("{%s}: told %d times, want %d", nodes, got, want)
		}
	}
}
