package engine

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
)

// module returns the code of a standard module.
func module(t *testing.T, name string) string {
	t.Helper()
	for _, m := range catalog.Modules() {
		if m.Name == name {
			return m.Code
		}
	}
	t.Fatalf("there is no module %q", name)
	return ""
}

// nativeCase is a node of a standard module. scripts says that the case is left to the module's code.
type nativeCase struct {
	module, data, query string
	scripts             bool
}

func nativeCases() []nativeCase {
	return []nativeCase{
		{module: "js_set_var", data: `"var_name":"a","var_value":"1"`},
		{module: "js_set_var", data: `"var_name":"a","var_value":"1"`, query: "?a=0&b=2"},
		{module: "js_set_var", data: `"var_name":"ñ \"q\"","var_value":"línea\n\u2028"`},
		{module: "js_set_var", data: `"var_name":"","var_value":""`},
		{module: "js_set_var", data: `"var_name":"7","var_value":"seven"`, query: "?b=2&3=three"},
		{module: "js_set_var", data: `"var_name":"__proto__","var_value":"x"`},
		{module: "js_set_var", data: `"var_name":"toString","var_value":"x"`},
		{module: "js_set_var", data: `"var_name":"break","var_value":"true"`},
		{module: "js_set_var", data: `"var_name":"toJSON","var_value":"x"`},
		{module: "js_set_var", data: `"var_name":"a"`, scripts: true},
		{module: "js_set_var", data: `"var_value":"a"`, scripts: true},
		{module: "js_set_var", data: `"var_name":"a","var_value":{"deep":[1]}`, scripts: true},
		{module: "js_set_var", data: `"var_name":1,"var_value":"a"`, scripts: true},
		{module: "if_equals", data: `"field":"a","value":"x"`, query: "?a=x"},
		{module: "if_equals", data: `"field":"a","value":"x"`, query: "?a=y"},
		{module: "if_equals", data: `"field":"a","value":"x"`},
		{module: "if_equals", data: `"field":"a","value":""`, query: "?a="},
		{module: "if_equals", data: `"field":"a","value":"x,y"`, query: "?a=x&a=y"},
		{module: "if_equals", data: `"field":"constructor","value":"x"`},
		{module: "if_equals", data: `"field":"__proto__","value":"[object Object]"`},
		{module: "if_equals", data: `"field":"a","value":5`, query: "?a=5", scripts: true},
		{module: "if_equals", data: `"value":"x"`, scripts: true},
		{module: "json", query: "?b=1&a=x&a=y"},
		{module: "json", data: `"field":"*","http_code":"201"`, query: "?a=%22%0a&%C3%B1=%E2%82%AC"},
		{module: "json", data: `"field":"","http_code":"0404"`},
		{module: "json", data: `"http_code":"7"`},
		{module: "json", data: `"http_code":""`},
		{module: "json", query: "?toJSON=x"},
		{module: "json", data: `"http_code":"204"`, scripts: true},
		{module: "json", data: `"http_code":"200x"`, scripts: true},
		{module: "json", data: `"http_code":200`, scripts: true},
		{module: "json", data: `"http_code":"+200"`, scripts: true},
		{module: "json", data: `"http_code":"99999999999999999999"`, scripts: true},
		{module: "json", data: `"field":"a.0"`, query: "?a=x&a=y", scripts: true},
		{module: "_end", query: "?a=1"},
	}
}

// Nodes of standard modules that are done in Go do what the modules' code does: each case runs in both ways, from a
// request to the history. A comment more makes the code another one, which no Go stands for.
func TestNativeNodesDoWhatTheirCodeDoes(t *testing.T) {
	t.Parallel()
	var nodes []string
	for i, c := range nativeCases() {
		for _, way := range []string{"native", "script"} {
			code := module(t, c.module)
			if way == "script" {
				code += "//"
			}
			text, _ := json.Marshal(code)
			id := fmt.Sprintf("%s%d", way, i)
			data := strings.TrimSuffix(`{"type":"js","name_box":"it","code":`+string(text)+`,`+c.data, ",") + "}"
			nodes = append(nodes, starter("s"+id, "/"+id, id), node(id, data, "output_1=one"+id, "output_2=two"+id),
				js("one"+id, `c.JSON(200, [1, payload, Object.keys(payload), payload.a])`), js("two"+id, `c.JSON(200, [2, payload])`))
		}
	}
	w := newWorld(t, setup{config: keepAll(), app: app(nodes...), defaultJS: "// only functions\nfunction helper() { return 1 }"})
	var got [][2]reply // all are asked for before the first record is awaited
	for i, c := range nativeCases() {
		got = append(got, [2]reply{w.get(fmt.Sprint("/native", i, c.query)), w.get(fmt.Sprint("/script", i, c.query))})
	}
	for i, c := range nativeCases() {
		t.Run(fmt.Sprintf("%d %s %s%s", i, c.module, c.data, c.query), func(t *testing.T) {
			var answers, stories [2]string
			var operations [2]int64
			for j, way := range []string{"native", "script"} {
				got := got[i][j]
				answers[j] = fmt.Sprint(got.status, got.header.Get("Content-Type"), got.body)
				r := w.recorded(got.header.Get("Nflow-Wid-1"))
				stories[j] = strings.ReplaceAll(story(r), fmt.Sprint(way, i), "")
				operations[j] = r.Operations
			}
			if answers[0] != answers[1] || stories[0] != stories[1] {
				t.Errorf("in Go: %s\n%s\nby code: %s\n%s", answers[0], stories[0], answers[1], stories[1])
			}
			if (operations[0] == operations[1]) != c.scripts {
				t.Errorf("operations: %d in Go, %d by code", operations[0], operations[1])
			}
		})
	}
}

// Once code of the flow has run, anything may be different: the module's code runs.
func TestNativeNodesYieldToScripts(t *testing.T) {
	t.Parallel()
	answer, _ := json.Marshal(module(t, "json"))
	set, _ := json.Marshal(module(t, "js_set_var"))
	nodes := app(
		starter("s", "/x", "own"), js("own", `Object.prototype.field = "a"; payload.a = "changed"; Object.defineProperty(payload, "b", {set(v) { this.a += v }})`, "output_1=set"),
		node("set", `{"type":"js","var_name":"b","var_value":" twice","code":`+string(set)+`}`, "output_1=out"),
		node("out", `{"type":"js","code":`+string(answer)+`}`),
		starter("s2", "/y", "out2"), node("out2", `{"type":"js","code":`+string(answer)+`}`),
	)
	w := newWorld(t, setup{app: nodes})
	w.expect(w.get("/x"), 200, `"changed twice"`)
	w = newWorld(t, setup{app: nodes, defaultJS: `globalThis.parseInt = () => 202`})
	w.expect(w.get("/y"), 202, `{}`)
	w = newWorld(t, setup{app: nodes, defaultJS: `function parseInt() { return 202 }`})
	w.expect(w.get("/y"), 202, `{}`)
}

// A fork cannot answer, and a second answer is dropped, as with code. A circle of nodes in Go ends with the run's time.
func TestNativeNodesKeepTheRules(t *testing.T) {
	t.Parallel()
	answer, _ := json.Marshal(module(t, "json"))
	set, _ := json.Marshal(module(t, "js_set_var"))
	w := newWorld(t, setup{config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxExecutionSeconds: 0.2}}, app: app(
		starter("s", "/fork", "f"), node("f", `{"type":"gorutine"}`, "output_1=a", "output_2=b"),
		node("a", `{"type":"js","code":`+string(answer)+`}`), node("b", `{"type":"js","name_box":"branch","code":`+string(answer)+`}`),
		starter("s2", "/twice", "c"), node("c", `{"type":"js","code":`+string(answer)+`}`, "output_1=d"), node("d", `{"type":"js","http_code":"500","code":`+string(answer)+`}`),
		starter("s3", "/round", "e"), node("e", `{"type":"js","var_name":"a","var_value":"b","code":`+string(set)+`}`, "output_1=e"),
	)})
	w.expect(w.get("/fork?x=1"), 200, `{"x":"1"}`)
	w.expect(w.get("/twice"), 200, `{}`)
	w.expect(w.get("/round"), 408, `"limit":"time"`)
	w.rt.Close(t.Context())
	for _, want := range []string{"a fork cannot respond to the client", "has already responded"} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, w.log)
		}
	}
}
