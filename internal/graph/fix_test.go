package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestFix(t *testing.T) {
	t.Parallel()
	// Each case is the list of connections of output_1 of node "a"; nodes a, b and c.d are there.
	tests := []struct{ name, list, want string }{
		{"nothing", `[]`, `[]`},
		{"sound", `[ {"node" : "b"} ]`, `[ {"node" : "b"} ]`},
		{"missing", `[ {"node":"gone"} ]`, `[]`},
		{"second", `[{"node":"b"}, {"node":"c.d"}]`, `[{"node":"b"}]`},
		{"second and third", "[ {\"node\":\"b\"},\n {\"node\":\"c.d\"} ,\t{\"node\":\"b\"} ]", `[ {"node":"b"} ]`},
		{"missing before sound", `[ {"node":"gone"} , {"node":"c.d"} ]`, `[ {"node":"c.d"} ]`},
		{"sound among missing", `[{"node":1},{"node":"b"},{"node":2},{"node":"c.d"}]`, `[{"node":"b"}]`},
		{"no node in it", `[{}, null, 7]`, `[]`},
		{"no list", `{"0": {"node":"gone"}}`, `{"0": {"node":"gone"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, flow := range []string{`""`, `"a.b"`, `"with blank"`, `"q\"uote\\"`, `"1"`, `"*?#@|"`, `"ñ\u00e9"`} {
				app := func(list string) string {
					return fmt.Sprintf("{ \"extra\" : 1.50e1, \"drawflow\":{ %s : {\"data\" :{\n \"a\":{\"data\":{\"type\":\"js\",\"n\":1e400}, \"outputs\":{\"output_1\":{\"connections\":%s}}},"+
						"\"b\":{\"id\":\"b\"},\"c.d\":{}}}} ,\"zz\":[ ] }\n", flow, list)
				}
				got, changes, err := Fix([]byte(app(tt.list)))
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != app(tt.want) {
					t.Errorf("flow %s:\n%s\nwant\n%s", flow, got, app(tt.want))
				}
				if (len(changes) > 0) != (tt.list != tt.want) {
					t.Errorf("flow %s: changes %+v", flow, changes)
				}
			}
		})
	}
}

// TestFixBothEnds: the designer draws connections from the inputs.
func TestFixBothEnds(t *testing.T) {
	t.Parallel()
	text := `{"drawflow":{"F":{"data":{
"a":{"data":{"type":"js","name_box":"Ask"},"inputs":{"input_1":{"connections":[{"node":"gone","input":"output_2"}]}},
  "outputs":{"output_1":{"connections":[{"node":"b","output":"input_1"},{"node":"c","output":"input_1"}]},"output_2":{"connections":[{"node":"c","output":"input_1"}]}}},
"b":{"data":{},"inputs":{"input_1":{"connections":[{"node":"a","input":"output_1"}]}},"outputs":{}},
"c":{"data":{},"inputs":{"input_1":{"connections":[{"node":"a","input":"output_1"},{"node":"a","input":"output_2"}]}},"outputs":{}}
}}}}`
	want := strings.NewReplacer(
		`[{"node":"gone","input":"output_2"}]`, `[]`,
		`,{"node":"c","output":"input_1"}]},"output_2"`, `]},"output_2"`,
		`[{"node":"a","input":"output_1"},{"node":"a","input":"output_2"}]`, `[{"node":"a","input":"output_2"}]`,
	).Replace(text)
	got, changes, err := Fix([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var told []string
	for _, c := range changes {
		told = append(told, fmt.Sprintf("%s %s/%s (%s) %s %d:%d %s", c.Rule, c.Flow, c.Name, c.Node, c.Key, c.Line, c.Column, c.Text))
	}
	wantTold := []string{
		`several-connections F/Ask (a) output_1 3:73 a further connection, to node "c": only the first is followed`,
		`missing-node F/Ask (a) input_1 2:80 the connection from node "gone", which is not in this flow`,
		`several-connections F/c (c) input_1 5:52 the connection from node "a", which that node no longer has`,
	}
	if !slices.Equal(told, wantTold) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(wantTold, "\n"))
	}
	if again, more, err := Fix(got); err != nil || len(more) > 0 || string(again) != want {
		t.Errorf("a second time changes %v, %v", more, err)
	}
}

// outside splits an app's text at the lists of connections, read with encoding/json: what is around them, and the
// elements of each.
func outside(t *testing.T, text []byte) (around []string, lists [][]string) {
	d := json.NewDecoder(bytes.NewReader(text))
	at := 0
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var value func(path []string)
	list := func() {
		_, err := d.Token()
		must(err)
		around = append(around, string(text[at:d.InputOffset()]))
		var elements []string
		for d.More() {
			var raw json.RawMessage
			must(d.Decode(&raw))
			elements = append(elements, string(raw))
		}
		_, err = d.Token()
		must(err)
		at = int(d.InputOffset()) - 1
		lists = append(lists, elements)
	}
	isList := func(path []string) bool {
		return len(path) == 7 && path[0] == "drawflow" && path[2] == "data" && (path[4] == "outputs" || path[4] == "inputs") && path[6] == "connections"
	}
	value = func(path []string) {
		rest := bytes.TrimLeft(text[d.InputOffset():], " \t\r\n:,")
		if isList(path) && len(rest) > 0 && rest[0] == '[' {
			list()
			return
		}
		token, err := d.Token()
		must(err)
		switch token {
		case json.Delim('{'):
			for d.More() {
				key, err := d.Token()
				must(err)
				value(append(slices.Clone(path), key.(string)))
			}
			_, err = d.Token()
			must(err)
		case json.Delim('['):
			for d.More() {
				value(append(slices.Clone(path), "[]"))
			}
			_, err = d.Token()
			must(err)
		}
	}
	value(nil)
	return append(around, string(text[at:])), lists
}

// FuzzFix: the rest of the text stays byte for byte, the flows that were sound do what they did, and what Fix repairs is
// repaired at the first time.
func FuzzFix(f *testing.F) {
	f.Add([]byte(`{"drawflow":{"":{"data":{"1":{"data":{"type":"js"},"outputs":{"output_1":{"connections":[ {"node":"2"}, {"node":1} ]}}}}}}}`))
	f.Add([]byte(`{"drawflow":{"a.b":{"data":{"c*":{"inputs":{"i":{"connections":[{"node":"x","input":"o"}]}},"outputs":{"o":{"connections":[{"node":"c*"},{"node":"c*"}]}}}}}},"n":1.0e5}`))
	f.Add([]byte(`{"drawflow":{"F":{"data":{"a":{"outputs":{"o":{"connections":[{"node":"x"},{"node":"a"}]},"o":{"connections":[]}}},"a":{"outputs":{"o":{"connections":[{"node":"x"}]}}}}},"F":{"data":{"a":{"outputs":{"o":{"connections":[{"node":"x"}]}}}}}}}`))
	f.Add([]byte("{\"drawflow\":{\"q\\\"\":{\"data\":{\"\\u0061\":{\"\\u006futputs\":{\"o\":{\"connections\":[\n\n]}}}}}}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		before, err := Compile(App{JSON: text}, options())
		fixed, changes, failed := Fix(text)
		if (err == nil) != (failed == nil) {
			t.Fatalf("Compile says %v, Fix %v", err, failed)
		}
		if err != nil {
			if _, ok := errors.AsType[*SyntaxError](failed); !ok {
				t.Fatalf("%T", failed)
			}
			return
		}
		if len(changes) == 0 && !bytes.Equal(fixed, text) {
			t.Fatalf("nothing told, and changed:\n%q\n%q", text, fixed)
		}
		around, lists := outside(t, text)
		aroundNow, listsNow := outside(t, fixed)
		if len(around) != len(aroundNow) {
			t.Fatalf("%q\n%q", text, fixed)
		}
		for i := range around {
			if aroundNow[i] != around[i] {
				t.Fatalf("the rest changed: %q, was %q", aroundNow[i], around[i])
			}
		}
		for i := range lists {
			left := lists[i]
			for _, element := range listsNow[i] {
				at := slices.Index(left, element)
				if at < 0 {
					t.Fatalf("element %q of %q is new or moved", element, lists[i])
				}
				left = left[at+1:]
			}
		}
		after, err := Compile(App{JSON: fixed}, options())
		if err != nil {
			t.Fatalf("the fixed text: %v\n%s", err, fixed)
		}
		for _, flow := range before.Flows {
			for id, n := range flow.Nodes {
				now := after.Flow(flow.Name).Nodes[id]
				for _, out := range n.Outs {
					if to := now.Out(out.Name); to == nil || n.Out(out.Name).ID != to.ID {
						t.Fatalf("%s of %q no longer leads to %q", out.Name, id, out.To.ID)
					}
				}
			}
		}
		if again, more, err := Fix(fixed); err != nil || len(more) != 0 || !bytes.Equal(again, fixed) {
			t.Fatalf("a second time: %v, %v", more, err)
		}
	})
}
