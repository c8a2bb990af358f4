package engine

import (
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
)

// walkCall is a row of the walk over all functions: an expression that is called.
type walkCall struct {
	name   string
	params []hosttest.Param
	row    string // the global name that it belongs to
	step   string // in place of a call: the data of a node that works on payload
	client *walkClient
}

// walkCalls lists what flow code can call: the functions by the signatures in the table, the language's own that take the most,
// and the standard modules. A function without a signature, or with a parameter of no known kind, fails the test.
func walkCalls(t *testing.T) (calls []walkCall) {
	t.Helper()
	w := newWorld(t, setup{app: app(starter("1", "/x", "2"), js("2", "function main(){}"))})
	entries, err := w.rt.Describe()
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	declare := func(row, sig string) {
		call, params, err := hosttest.ParseSig(sig)
		switch {
		case err != nil:
			t.Errorf("%s: %s: %v", row, sig, err)
		case call != "" && !declared[call]:
			declared[call] = true
			calls = append(calls, walkCall{name: call, params: params, row: row})
		}
	}
	members := map[string][]jsapi.Member{}
	for _, e := range entries {
		members[e.Name] = e.Members
		for _, sig := range append([]string{e.Sig}, e.Calls...) {
			declare(e.Name, sig)
		}
		for _, m := range e.Members {
			if call := e.Name + "." + m.Name; m.Function && !declared[call] {
				t.Errorf("%s is a function without a signature: add one to Calls of the row %s", call, e.Name)
			}
		}
	}
	if slices.Equal(members["c"], members["echo_context"]) { // another name of the same
		calls = slices.DeleteFunc(calls, func(c walkCall) bool { return c.row == "echo_context" })
	}
	for _, sig := range walkNatives {
		declare("language", sig)
	}
	if walkTraps() {
		declare("traps", `walk_trap_time(text)`)
		declare("traps", `walk_trap_memory(text)`)
	}
	calls = append(calls, walkServers(t)...)
	calls = append(calls, walkSteps(t)...)
	for i := range walkClients {
		calls = append(calls, walkCall{name: "client " + walkClients[i].name, row: "clients", client: &walkClients[i]})
	}
	return calls
}

// walkTraps reports whether there are functions that must fail the walk.
func walkTraps() bool { return os.Getenv("NFLOW_WALK_TRAPS") != "" }

// walkServers are functions that ask servers which may not be there.
func walkServers(t *testing.T) (calls []walkCall) {
	for driver, variable := range map[string]string{"postgres": "NFLOW_TEST_POSTGRES", "mysql": "NFLOW_TEST_MYSQL"} {
		if os.Getenv(variable) == "" {
			t.Logf("%s is not walked: %s names no server", driver, variable)
			continue
		}
		for _, f := range []string{"query", "exec"} {
			calls = append(calls, walkCall{
				name: `db("` + driver + `").` + f, row: driver,
				params: []hosttest.Param{{Name: "sql", Kind: driver}, {Name: "params", Kind: "any"}},
			})
		}
	}
	slices.SortFunc(calls, func(a, b walkCall) int { return strings.Compare(a.name, b.name) })
	return calls
}

// walkNatives are functions of the language that take what is large; the bombs of internal/sandbox know all.
var walkNatives = []string{
	`JSON.parse(text)`, `JSON.stringify(value)`, `Array.from(value)`, `[].concat(...value)`, `Object.entries(value)`,
	`new RegExp(pattern).test(text)`, `String.prototype.replace.call(text, text, text)`, `"ab".padEnd(size, text)`, `new Uint8Array(value)`,
	`Promise.all(rows)`, `new Intl.NumberFormat(text).format(amount)`, `[3, 1, 2].sort(fn)`,
	`((name, stream, onToken) => ai.chat({ provider: "large", prompt: "x", stream, onToken }))(name, stream, onToken)`, `new Map(rows)`, `new Date(value).toLocaleString(text)`,
	`Object.freeze(value)`, `((value) => Object.keys(new Proxy(Object(value), {})))(value)`, `((value) => { for (const k in new Proxy(Object(value), {})); })(value)`,
	`walk_any(value, ...rows)`, `walk_list(rows)`, `walk_words(rows, data)`, `walk_call(fn, value)`, `walk_more.any(value)`,
	`((amount) => redis.get("huge"))(amount)`, `((amount) => redis_hget("hash", "huge").val())(amount)`, `((value) => { redis.set("same", value); return redis.get("same") })(value)`,
	`((amount) => { const all = []; for (let i = 0; i < 20; i++) { redis.set("k" + i, "ñ".repeat(4e6)); all.push(redis.get("k" + i)) } })(amount)`,
}

// walkSteps are nodes that work on payload: the standard modules, and what the engine does itself.
func walkSteps(t *testing.T) (calls []walkCall) {
	data := map[string]any{
		"field": "a", "item_name": "item", "var_name": "a", "var_value": "b", "value": "1", "limit": "1", "token": "api1", "variable": "a", "http_code": "200",
		"html_form": "{{range $k, $v := .payload}}{{$k}}{{$v}}{{end}}", "template": "{{range $k, $v := .}}{{$k}}{{$v}}{{end}}", "name_box": "step",
	}
	add := func(name string, more map[string]any) {
		of := map[string]any{}
		for _, from := range []map[string]any{data, more} {
			for k, v := range from {
				of[k] = v
			}
		}
		text, err := json.Marshal(of)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, walkCall{name: "step " + name, row: "steps", step: string(text), params: []hosttest.Param{{Name: "payload", Kind: "any"}}})
	}
	for _, m := range catalog.Modules() {
		if m.Code != "" {
			more := map[string]any{"type": "js", "code": m.Code}
			if m.Name == "mustache" {
				more["template"] = "{{#a}}{{.}}{{b}}{{> page}}{{/a}}"
			}
			add(m.Name, more)
		}
	}
	add("fork", map[string]any{"type": "gorutine"})
	add("break", map[string]any{"type": "js", "code": "function main(){ c.String(200, ''); payload.break = true }"})
	add("custom", map[string]any{"type": "walk_step"})
	add("plugin", map[string]any{"type": "dromedary", "dromedary_name": "walk"})
	add("callback", map[string]any{"type": "dromedary_callback", "dromedary_name": "walk"})
	return calls
}

// A new function has a signature that says what it takes: then the walk calls it.
func TestEveryFunctionDeclaresWhatItTakes(t *testing.T) {
	t.Parallel()
	if calls := walkCalls(t); len(calls) < 260 {
		t.Errorf("only %d functions are declared", len(calls))
	}
}

// walkApp has a flow for each row. Flow /ping is what other visitors ask for.
func walkApp(calls []walkCall) string {
	nodes := []string{starter("ping", "/ping", "pong"), js("pong", `function main(){ c.JSON(200, {pong: true}) }`), js("end", `function main(){ walk_used(walkId()); c.JSON(200, {}) }`)}
	for i, read := range walkReaders {
		n := strconv.Itoa(i)
		nodes = append(nodes, starter("r"+n, "/client/:index/"+n+"/:variant/:n", "t"+n), js("t"+n, `function main(){ return walkMeasured(() => `+read+`) }`))
	}
	for i, call := range calls {
		if call.client != nil {
			continue
		}
		params, _ := json.Marshal(call.params)
		if call.params == nil {
			params = []byte("[]")
		}
		n := strconv.Itoa(i)
		nodes = append(nodes,
			starter("p"+n, "/plan/"+n, "q"+n), js("q"+n, `function main(){ c.JSON(200, walkPlan(`+string(params)+`)) }`),
			starter("s"+n, "/call/"+n+"/:at/:variant/:n", "n"+n))
		args := `walkArguments(` + string(params) + `, +vars.at, +vars.variant, +vars.n)`
		if call.step != "" {
			nodes = append(nodes, js("n"+n, `function main(){ payload = `+args+`[0]; walk_began(walkId()) }`, "output_1=m"+n),
				node("m"+n, call.step, "output_1=end", "output_2="+cmp.Or(map[bool]string{true: "m" + n}[strings.HasSuffix(call.name, "foreach")], "end")))
			continue
		}
		f := map[bool]string{true: "async "}[strings.Contains(call.name, "await ")] + `() => ` + call.name + `(...args)`
		nodes = append(nodes, js("n"+n, `async function main() {
			const args = `+args+`
			const { url, name } = walkFree()
			return walkMeasured(`+f+`)
		}`), starter("u"+n, "/many/"+n+"/:at/:n/:variants", "v"+n), js("v"+n, `async function main() {
			const { url, name } = walkFree()
			return walkMany(variant => { const args = walkArguments(`+string(params)+`, +vars.at, variant, +vars.n); return `+f+` })
		}`))
	}
	return app(nodes...)
}
