package engine

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// escapes are ways out of the sandbox by what a real run holds, by kind. C is the text of code that notes that it ran;
// leak(v) notes a value that should not have been there. Those that need only the language are with the sandbox.
var escapes = map[string][]string{
	"strings to code": {
		`eval(C)`, `(0, eval)(C)`, `new Function(C)()`, `setTimeout(C, 0)`, `setTimeout(Function(C), 0)`, `template("{{ " + C + " }}", {})`, `mustache(C, {})`, `rules.eval(C, {})`, `rule_run(C, {})`, `require(C)`, `require("vm").runInThisContext(C)`,
		`require("module")._load("fs")`, `require("util").inspect({ inspect: Function(C), [Symbol.for("nodejs.util.inspect.custom")]: Function(C) })`, `JSON.parse(C, eval)`, `flow.call("javascript:" + C)`, `yaml.parse("a: !!js/function 'function(){ " + C + " }'").a()`,
	},
	"prototype chains": {
		`c.constructor.constructor(C)()`, `c.__proto__.constructor.constructor(C)()`, `payload.__proto__.constructor.constructor(C)()`, `Object.getPrototypeOf(c.JSON).constructor(C)()`, `header.constructor.constructor(C)()`, `console.log.__proto__.constructor(C)()`,
		`Object.getPrototypeOf(Object.getPrototypeOf(globalThis)).constructor.constructor(C)()`, `c.JSON.call.call.constructor(C)()`, `({}).__proto__.constructor.constructor(C)()`,
	},
	"host objects": {
		`console.constructor.constructor(C)()`, `kv.get.constructor(C)()`, `http.constructor.constructor(C)()`, `secrets.get.bind(null).constructor(C)()`, `crypto.sha256.constructor(C)()`, `require.constructor(C)()`, `require("util").format.constructor(C)()`,
		`new (require("events"))().constructor.constructor(C)()`, `require("buffer").Buffer.from("a").constructor.constructor(C)()`, `new (require("url").URL)("http://a/").constructor.constructor(C)()`, `date.now.constructor(C)()`, `vars.constructor.constructor(C)()`,
	},
	"Go values": {
		`leak(c.Echo && c.Echo())`, `leak(c.Logger && c.Logger())`, `leak(c.Handler && c.Handler())`, `leak(c.Response().Writer)`, `leak(c.Response().Hijack)`, `leak(c.Request().Context && c.Request().Context())`, `leak(c.Request().TLS)`, `leak(c.Request().Cancel)`,
		`leak(c.Request().Body && c.Request().Body.Close)`, `leak(c.SetHandler)`, `leak(c.Reset)`, `leak(c.Request().WithContext)`, `leak(c.Request().URL && c.Request().URL.UnmarshalBinary)`, `leak(globalThis.process)`, `leak(globalThis.Go)`,
	},
	"symbols": {
		`c[Symbol.toPrimitive] && c[Symbol.toPrimitive].constructor(C)()`, `Object.getOwnPropertySymbols(c).forEach(s => c[s].constructor.constructor(C)())`, `Symbol.for("x").constructor.constructor(C)()`, `c.JSON(200, { [Symbol.toPrimitive]: eval.bind(null, C), toString: eval.bind(null, C) } + "")`,
		`console.log({ [Symbol.toStringTag]: { toString: Function(C) } })`, `header[Symbol.iterator].constructor(C)()`,
	},
	"proxies": {
		`new Proxy(eval, {})(C)`, `kv.set("a", new Proxy({}, { get: (t, k) => Function(C)() }))`, `payload = new Proxy({}, { get: (t, k) => k === "x" ? 1 : eval(C), ownKeys: () => eval(C) })`, `c.JSON.apply(new Proxy(c, { get: () => eval(C) }), [200, 1])`,
		`new Proxy(c, { get: (t, k, r) => Reflect.get(t, "constructor", r).constructor(C) }).x()`, `Object.setPrototypeOf(payload, new Proxy({}, { get: () => (() => {}).constructor(C)() })); payload.any`,
	},
	"error objects": {
		`try { file_to_string("/etc/passwd") } catch (e) { e.constructor.constructor(C)() }`, `try { http_get("x") } catch (e) { Object.getPrototypeOf(e).constructor.constructor(C)() }`, `try { c.JSON("x") } catch (e) { leak(e.value || e.cause); e.constructor.constructor(C)() }`,
		`try { get_env("A") } catch (e) { leak(e.Unwrap || e.Cause); e.constructor.constructor(C)() }`, `try { require("none") } catch (e) { e.constructor("x").constructor.constructor(C)() }`, `Error.prepareStackTrace = (e, s) => { leak(s) }; new Error("x").stack`,
		`Error.captureStackTrace && Error.captureStackTrace({}, eval(C))`, `try { null.x } catch ({ constructor: { constructor: F } }) { F(C)() }`,
	},
	"promises": {
		`await Promise.resolve(C).then(eval)`, `await fetch("http://127.0.0.1:1/").constructor.constructor(C)()`, `await fetch("http://127.0.0.1:1/").catch(e => e.constructor.constructor(C)())`, `await new Promise(r => setTimeout(r.constructor(C), 0))`, `await ({ then: eval.bind(null, C) })`,
		`await Promise.all([C].map(eval))`, `await (async () => {}).constructor(C)()`,
	},
	"generators": {
		`(function* () {}).constructor(C)().next()`, `Object.getPrototypeOf(function* () {}).constructor(C)().next()`, `[...(function* () { yield eval(C) })()]`, `(function* () {})().constructor.constructor(C)().next()`, `Array.from((function* () { yield* [C].map(Function) })(), f => f())`,
		`(async function* () {}).constructor(C)().next()`,
	},
	"this": {
		`(function () { return this })().constructor.constructor(C)()`, `this.constructor.constructor(C)()`, `c.JSON.call({ constructor: Function }, 200, 1)`, `c.String.apply(globalThis, [200, "x"])`, `(function () { return this.eval(C) })()`, `(function () { return this["%meter"].constructor.constructor(C)() })()`,
		`kv.get.call(Function, C)`, `Reflect.construct(c.JSON, [200, C])`,
	},
	"getters on host results": {
		`Object.defineProperty(payload, "x", { get: Function(C), enumerable: true }); c.JSON(200, payload)`, `kv.set("a", { get b() { return eval(C) } })`, `c.JSON(200, { toJSON: eval.bind(null, C) })`, `const q = c.Request(); Object.defineProperty(q, "x", { get: () => eval(C) }); q.x`,
		`Object.getOwnPropertyDescriptors(c.Request()).constructor.constructor(C)()`, `c.Request().URL.constructor.constructor(C)()`, `c.Response().Header().constructor.constructor(C)()`, `url_values_to_map("a=1").constructor.constructor(C)()`, `csv.parse("a\n1")[0].constructor.constructor(C)()`,
	},
}

func TestNoWayOutOfTheSandbox(t *testing.T) {
	t.Parallel()
	var nodes, paths []string
	probes := map[string]string{"/open": ""}
	add := func(id, probe string) {
		code := `const C = "globalThis.through = true", leak = v => { if (v) globalThis.through = String(v) }
			async function main(){ globalThis.why = "nothing was thrown"; try { ` + probe + ` } catch (e) { globalThis.why = String(e && e.message) } }`
		nodes = append(nodes, starter("s"+id, "/"+id, id), js(id, code, "output_1=end"+id), js("end"+id, `function main(){ report(String(globalThis.through), String(globalThis.why)) }`))
		probes["/"+id] = probe
		paths = append(paths, "/"+id)
	}
	for _, kind := range slices.Sorted(maps.Keys(escapes)) {
		if n := len(escapes[kind]); n < 6 {
			t.Errorf("%s: %d probes", kind, n)
		}
		for i, probe := range escapes[kind] {
			add(strings.ReplaceAll(kind, " ", "")+fmt.Sprint(i), probe)
		}
	}
	if len(paths) < 60 {
		t.Errorf("%d probes", len(paths))
	}
	add("open", `globalThis.through = true`) // what shows an escape must be able to
	through, why := "", ""
	w := newWorld(t, setup{app: app(nodes...), config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{EnableNetwork: true}}, prepare: func(rt *Runtime) {
		rt.globals.Add(hostfn.Row{Name: "report", Bind: hostfn.Func(func(_ *hostfn.Run, call goja.FunctionCall) goja.Value {
			through, why = call.Argument(0).String(), call.Argument(1).String()
			return goja.Undefined()
		})})
	}})
	for _, path := range paths {
		through = ""
		got := w.get(path)
		reported := through != "" || got.status == http.StatusInternalServerError // it was thrown, or thrown after the node's main
		if escaped := through != "" && through != "undefined"; escaped != (path == "/open") || !reported {
			t.Errorf("%s %s: %q (%s), answer %d %s", path, probes[path], through, why, got.status, got.body)
		}
	}
}
