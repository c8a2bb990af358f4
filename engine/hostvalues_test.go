package engine

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// looker walks everything that can be reached from a value, and notes what is a value of Go in a thin wrapper: one whose
// fields, methods or channels a script could use.
type looker struct {
	vm    *goja.Runtime
	found *[]string
	seen  map[*goja.Object]bool
	n     *atomic.Int64
}

func (l *looker) walk(v goja.Value, path string, depth int) {
	o, ok := v.(*goja.Object)
	if !ok || o == nil || l.seen[o] || depth > 8 {
		return
	}
	l.seen[o] = true
	l.n.Add(1)
	if kind := reflect.ValueOf(o).Elem().FieldByName("self").Elem().Type().String(); strings.Contains(kind, "objectGo") {
		*l.found = append(*l.found, fmt.Sprintf("%s is %s of %v", path, kind, o.ExportType()))
	}
	safely := func(f func()) { _ = l.vm.Try(f) }
	safely(func() {
		for _, name := range o.GetOwnPropertyNames() {
			safely(func() { l.walk(o.Get(name), path+"."+name, depth+1) })
		}
		for _, symbol := range o.Symbols() {
			safely(func() { l.walk(o.GetSymbol(symbol), path+"["+symbol.String()+"]", depth+1) })
		}
	})
	l.walk(o.Prototype(), path+".__proto__", depth+1)
}

// called are calls whose results, and errors, are walked. c.Request() and the like stand in the list as a script would
// write them.
var called = []string{
	`c`, `c.Request()`, `c.Request().URL`, `c.Request().Header`, `c.Request().Body`, `c.Request().Context`, `c.Request().TLS`, `c.Request().Form`, `c.Response()`, `c.Response().Header()`, `c.Response().Writer`,
	`c.Cookies()`, `c.Cookie("a")`, `c.QueryParams()`, `c.FormParams()`, `c.ParamNames()`, `c.ParamValues()`, `c.Get("x")`, `c.Echo && c.Echo()`, `c.Logger && c.Logger()`, `c.Handler && c.Handler()`, `c.RealIP()`, `c.Path()`,
	`c.MultipartForm && c.MultipartForm()`, `echo_context`, `header`, `header.Values("X")`, `form`, `post_data`, `vars`, `path_vars`, `payload`, `nflow_data`, `__outputs`, `config`, `env`, `console`,
	`new_map()`, `url_values_to_map("a=1&a=2")`, `find_element([{a: 1}], "a", 1)`, `get_session("s", "k")`, `set_session("s", "k", {a: [1]})`, `get_session("s", "k")`, `set_profile({username: "u"})`, `get_profile()`, `get_user("u")`,
	`get_token("t")`, `clean_json("{\"a\":1}")`, `setTimeout(() => 1, 1)`, `db.query("SELECT 1 AS a, 'x' AS b, NULL AS c, x'00ff' AS d")`, `db.exec("CREATE TABLE IF NOT EXISTS t (a INTEGER)")`, `db.tx(t => t)`,
	`db.tx(t => t.query("SELECT 1 AS a"))`, `db`, `db.query("SELECT broken")`, `http.get(at)`, `http_get(at)`, `await fetch(at)`, `(await fetch(at)).headers`, `await (await fetch(at)).json()`, `await (await fetch(at)).arrayBuffer()`,
	`fetch(at)`, `await fetch("http://127.0.0.1:1/")`, `http_post(at, "{}")`, `kv.set("a", {b: [1]})`, `kv.get("a")`, `kv`, `secrets.get("none")`, `secrets`, `rules.eval("1 + 1", {})`, `rule_add_fx("f", x => x)`,
	`rule_run("f(1)", {})`, `csv.parse("a,b\n1,2")`, `yaml.parse("a: [1, {b: 2020-01-01}]")`, `xml.parse("<a b='1'><c>2</c></a>")`, `date.now()`, `date.parse("2026-01-01T00:00:00Z")`, `date`, `crypto`, `crypto.random(8)`,
	`crypto.sha256("a")`, `jwt.sign({a: 1}, "k".repeat(32))`, `jwt.verify(jwt.sign({a: 1}, "k".repeat(32)), "k".repeat(32))`, `validate({type: "object"}, {a: 1})`, `validate`, `flow.call("/inner", {a: {b: 1}})`, `flow`, `redis`, `mail`, `ai`,
	`require`, `require.cache`, `require("util")`, `require("url").parse("http://a/b?c=1", true)`, `new (require("url").URL)("http://a/b")`, `require("buffer").Buffer.from("a")`, `require("crypto").createHash("sha256")`,
	`require("crypto").randomBytes(4)`, `require("events")`, `require("assert")`, `require("querystring").parse("a=1")`, `require("none")`, `file_to_string("x")`, `get_env("HOME")`, `template("{{.a}}", {a: 1})`, `mustache("{{a}}", {a: 1})`,
	`c.JSON(200, {a: 1n})`, `c.Bind && c.Bind({})`, `c.Render && c.Render(200, "none", {})`, `globalThis`, `this`, `new Error("x")`, `wkill("none")`, `validate_user("u", "p")`, `openai("", "s", "p", "m", {})`, `redis_hget("k", "f")`,
	`(() => { try { null.x } catch (e) { return e } })()`, `(() => { try { http_get("gopher://x") } catch (e) { return e } })()`, `Promise.reject(1).catch(() => 1)`, `(function () { return arguments })(1)`,
}

// TestNoGoValueReachesAScript walks all globals of the table, and what the functions among them answer and throw.
func TestNoGoValueReachesAScript(t *testing.T) {
	t.Parallel()
	var found []string
	var walked, calls atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"a":[1,{"b":null}]}`))
	}))
	t.Cleanup(service.Close)
	code := `var seen = []
		async function one(name, f) { let v; try { v = await f() } catch (e) { v = e } look(name, v); return v }
		async function main() { const at = ` + fmt.Sprintf("%q", service.URL) + `; for (const name of names()) { look(name, globalThis[name]); const v = globalThis[name]; if (v && typeof v === "object") for (const k in v) look(name + "." + k, v[k]) }
		`
	for _, call := range called {
		code += fmt.Sprintf("await one(%q, async () => (%s));\n", call, call)
	}
	code += `c.JSON(200, "walked") }`
	w := newWorld(t, setup{
		app: app(starter("s", "/look/:id", "n"), js("n", code), starter("s2", "/inner", "i"), js("i", `function main(){ payload.c = [payload.a] }`)),
		config: ConfigWorkspace{
			VMPoolConfig: VMPoolConfig{EnableNetwork: true, NetworkAllow: []string{"127.0.0.0/8"}, EnableProcess: true},
			DB:           map[string]FlowDatabase{"default": {Driver: "sqlite", DSN: filepath.Join(t.TempDir(), "flow.db")}},
		},
		prepare: func(rt *Runtime) {
			rt.globals.Add(hostfn.Row{Name: "look", Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				calls.Add(1)
				l := looker{vm: r.VM, found: &found, seen: map[*goja.Object]bool{}, n: &walked}
				l.walk(call.Argument(1), call.Argument(0).String(), 0)
				return goja.Undefined()
			})}, hostfn.Row{Name: "names", Bind: hostfn.Func(func(r *hostfn.Run, _ goja.FunctionCall) goja.Value {
				return hostfn.ToJS(r.VM, rt.globals.Names())
			})})
		},
	})
	w.expect(w.do("POST", "/look/7?a=1&a=2", strings.NewReader(`{"b":[1]}`), "Content-Type: application/json", "Cookie: a=1"), 200, `"walked"`)
	if len(found) > 0 {
		t.Errorf("values of Go in reach of a script:\n%s", strings.Join(found, "\n"))
	}
	if int(calls.Load()) < len(called)+len(w.rt.globals.Names()) || walked.Load() < 2000 {
		t.Errorf("%d values looked at, %d objects walked", calls.Load(), walked.Load())
	}
	// The walk itself must be able to find something.
	vm := goja.New()
	l := looker{vm: vm, found: &found, seen: map[*goja.Object]bool{}, n: &walked}
	l.walk(vm.ToValue(map[string]any{"a": []int{1}}), "x", 0)
	if len(found) == 0 {
		t.Error("the walk finds nothing")
	}
}
