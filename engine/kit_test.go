package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFlowsCallFlows(t *testing.T) {
	t.Parallel()
	text := `{"drawflow":{"home":{"data":{` +
		starter("s", "/outer", "o") + "," + js("o", `function main(){ const r = flow.call("/inner/7", {a: 1}); const n = flow.call("Prices", {a: 2}), f = flow.call("/inner/x", {a: 3}); c.JSON(200, {r, n, f: [f.status, f.body], mine: payload}) }`) + "," +
		starter("s2", "/circle", "x") + "," + js("x", `function main(){ flow.call("/circle", {}); }`) + "," +
		starter("s3", "/nowhere", "y") + "," + js("y", `function main(){ try { flow.call("/gone") } catch (e) { c.JSON(200, e.message) } }`) + "," +
		starter("s4", "/waits", "z") + "," + js("z", `function main(){ try { flow.call("/form") } catch (e) { c.JSON(200, e.message) } }`) + "," +
		starter("s5", "/form", "f") + "," + js("f", `function main(){ payload.break = true }`) +
		`}},"Prices":{"data":{` + starter("s6", "/inner/:id", "i") + "," + js("i", `function main(){ payload.b = payload.a + 1; payload.id = vars.id; if (payload.a === 3) c.JSON(201, payload) }`) + `}}}}`
	w := newWorld(t, setup{app: text})
	w.expect(w.get("/outer?x=1"), 200, `{"r":{"a":1,"b":2,"id":"7"},"n":{"a":2,"b":3},"f":[201,{"a":3,"b":4,"id":"x"}],"mine":{"x":"1"}}`)
	w.expect(w.get("/circle"), 500, "nested more than 16 deep")
	w.expect(w.get("/nowhere"), 200, "no flow or path")
	w.expect(w.get("/waits"), 200, "waits for its visitor")
}

func TestRequire(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("node_modules/tax/index.js", `exports.of = n => n * 0.21`)
	write("node_modules/other/index.js", `exports.x = 1`)
	write("node_modules/days/package.json", `{"name": "days", "type": "module", "exports": {".": "./index.js", "./plugin/*": "./plugin/*.js"}}`)
	write("node_modules/days/index.js", "let n = 0\nexport default function next() { n++; return n }\nexport function fail() {\n  throw new TypeError(\"no day\")\n}")
	write("node_modules/days/plugin/twice.js", `import next from "../index.js"; export default () => next() + next()`)
	write("modules/rates.js", `module.exports = {eur: 2}`)
	write("app.json", app(
		starter("s", "/ok", "n"), js("n", `import tax from "tax"; import { inspect } from "util"; export function main(){ c.JSON(200, [tax.of(100), require("rates").eur, inspect({a: 1}), require("path").join("a", "..", "b")]) }`),
		starter("s3", "/esm", "e"), js("e", `import next from "days"; import twice from "days/plugin/twice"; export function main(){ c.JSON(200, [next(), twice(), next()]) }`),
		starter("s4", "/fails", "f"), js("f", "import { fail } from 'days'\nexport function main(): void {\n\t\t\t\t\t\tfail()\n}"),
		starter("s5", "/unlisted", "u"), js("u", `import x from "other"; import util from "node:util"; import r from "rates"; export function main(){ c.JSON(200, x) }`),
		starter("s6", "/failed", "x"), js("x", `import m from "missing"; export function main(){ c.JSON(200, m) }`),
		starter("s2", "/no/:n", "m"), js("m", `function main(){ try { require(decodeURIComponent(vars.n)); c.JSON(200, "loaded") } catch (e) { c.JSON(200, e.message) } }`),
	))
	path := filepath.Join(dir, "app.json")
	w := newWorld(t, setup{app: app(), config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{AllowedModules: []string{"tax", "days", "missing"}}}, serve: path})
	w.expect(w.get("/ok"), 200, `[21,2,"{ a: 1 }","b"]`)
	w.expect(w.get("/esm"), 200, `[1,5,4]`)
	w.expect(w.get("/esm"), 200, `[1,5,4]`) // a run has modules of its own
	w.expect(w.get("/fails"), 500, "failed")
	w.expect(w.get("/failed"), 500, "could not be bundled when the app was loaded")
	if log := w.log.String(); !strings.Contains(log, "node_modules/days/index.js:4:9") || !strings.Contains(log, "home/f:3:7") {
		t.Errorf("the stack does not name the author's places:\n%s", log)
	}
	found := false
	for _, p := range w.rt.Problems(path) {
		found = found || p.Rule == "needs" && p.Node == "u" && strings.Contains(p.Text, `[vm_pool] allowed_modules = ["other"]`)
	}
	if !found {
		t.Errorf("lint does not name the setting: %+v", w.rt.Problems(path))
	}
	for _, name := range []string{"other", "missing", "fs", "child_process", "%252E%252Fapp.json", "%252Fetc%252Fpasswd"} {
		if got := w.get("/no/" + name); got.status != 200 || got.body == `"loaded"` {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// TestPackagesAreLoadedAgain: what changed below node_modules alone is taken when the app is loaded again.
func TestPackagesAreLoadedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("node_modules/tax/index.js", `exports.rate = 21`)
	write("app.json", app(starter("s", "/tax", "n"), js("n", `function main(){ c.JSON(200, require("tax").rate) }`)))
	path := filepath.Join(dir, "app.json")
	w := newWorld(t, setup{app: app(), config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{AllowedModules: []string{"tax"}}}, serve: path})
	w.expect(w.get("/tax"), 200, "21")
	version := w.rt.Version(path)
	write("node_modules/tax/index.js", `exports.rate = 100`)
	if err := w.rt.Load(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	w.expect(w.get("/tax"), 200, "100")
	if w.rt.Version(path) != version {
		t.Error("the app has another version, although it is the same")
	}
}

func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s", "/kv", "k"), js("k", `function main(){ kv.set("a", {n: 1}); kv.incr("c"); kv.incr("c", 2); c.JSON(200, [kv.get("a"), kv.get("c"), kv.get("none")]) }`),
		starter("s2", "/secret", "x"), js("x", `function main(){ const s = secrets.get("token"); throw new Error("with " + s) }`),
	), prepare: func(rt *Runtime) {
		if err := rt.store.SetSecret(t.Context(), "token", "hunter2hunter2"); err != nil {
			t.Fatal(err)
		}
	}})
	w.expect(w.get("/kv"), 200, `[{"n":1},3,null]`)
	got := w.get("/secret")
	w.expect(got, 500, "failed")
	if strings.Contains(got.body, "hunter2") {
		t.Errorf("the answer tells a secret: %s", got.body)
	}
}
