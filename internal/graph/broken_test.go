package graph

import "testing"

// TestBrokenStarters: a node that cannot run breaks the starters that lead to it, and no other.
func TestBrokenStarters(t *testing.T) {
	t.Parallel()
	g, err := Compile(App{JSON: []byte(`{"drawflow": {"f": {"data": {
		"1": {"data": {"type": "starter", "urlpattern": "/fine"}, "outputs": {"output_1": {"connections": [{"node": "2"}]}}},
		"2": {"data": {"type": "js", "code": "x"}, "outputs": {"output_1": {"connections": [{"node": "1000"}, null]}, "output_2": {"connections": null}, "output_3": null, "output_4": {"connections": [null]}}},
		"3": {"data": {"type": "starter", "urlpattern": "/broken"}, "outputs": {"output_1": {"connections": [{"node": "4"}]}}},
		"4": {"data": {"type": "js", "code": "x"}, "outputs": {"output_1": {"connections": [{"node": "4"}]}, "output_2": {"connections": [{"node": "5"}]}}},
		"5": {"data": {"type": "js", "script": "nowhere"}},
		"6": null,
		"7": {"data": [], "outputs": []}
	}}, "empty": {"data": []}, "none": null}}`), Modules: map[string]string{}}, options())
	if err != nil {
		t.Fatal(err)
	}
	broken := map[string]bool{}
	for _, s := range g.Flow("f").Starters {
		broken[s.Pattern] = s.Broken != nil
	}
	if len(broken) != 2 || broken["/fine"] || !broken["/broken"] {
		t.Errorf("broken starters: %v; %v", broken, g.Problems)
	}
	if g.Flow("f").Nodes["5"].Broken == nil || g.Flow("f").Nodes["4"].Broken != nil {
		t.Error("the broken node is another one")
	}
	if outs := g.Flow("f").Nodes["2"].Outs; len(outs) != 0 {
		t.Errorf("outputs that lead nowhere: %v", outs)
	}
}

// TestEmptyLists: null and [] stand for no entries, and a list for an object whose nodes know their ids.
func TestEmptyLists(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"drawflow": null}`, `{"drawflow": []}`, `{"drawflow": {"f": null, "g": [], "h": {"data": null}}}`} {
		if g, err := Compile(App{JSON: []byte(text)}, options()); err != nil || len(g.Problems) != 1 || g.Problems[0].Rule != "no-starter" {
			t.Errorf("%s: %v", text, err)
		}
	}
	g, err := Compile(App{JSON: []byte(`{"drawflow": {"f": {"data": [null,
		{"id": 7, "data": {"type": "starter", "urlpattern": "/x"}, "outputs": {"output_1": {"connections": [{"node": "2"}]}}},
		{"data": {"type": "js", "code": "x"}, "outputs": null}]}}}`)}, options())
	if err != nil || len(g.Problems) != 0 {
		t.Fatal(g.Problems, err)
	}
	if s := g.Flow("f").Starters; len(s) != 1 || s[0].Node.ID != "7" || s[0].First.ID != "2" || len(s[0].First.Model.Outputs) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestModuleOf(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"modules/hello/js/code": "hello", "/modules/if equals/js/code": "if equals", "modules/a/b/js/code": "a/b",
		"./modules/hello/js/code/": "hello", " modules/hello/js/code\n": "hello", "hello": "hello", "modules/hello": "modules/hello", "modules//js/code": "modules//js/code", "x/modules/hello/js/code": "x/modules/hello/js/code",
	} {
		if got := ModuleOf(script); got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}
