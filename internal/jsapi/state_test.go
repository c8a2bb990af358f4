package jsapi

import (
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.eq(`[get_session("cart", "no"), open_session("cart"), get_profile(), exist_profile(), open_session_form()]`, `["",{},{},false,{}]`)
	w.js(`set_session("cart", "text", "a"); set_session("cart", "n", 5); set_session("cart", "list", [1, {a: 2}]); set_session("cart", "none", null)`)
	w.eq(`["text", "n", "list", "none"].map(k => get_session("cart", k))`, `["a","5","[1,{\"a\":2}]",""]`)
	w.js(`save_session("cart", {n: 1.5, big: 9007199254740991, list: ["x"], "__proto__": {a: 1}, ok: true})`)
	w.eq(`const s = open_session("cart"); [s.n, s.big, s.list, s.ok, get_session("cart", "n"), get_session("cart", "ok"), get_session("cart", "list")]`,
		`[1.5,9007199254740991,["x"],true,"1.5","true","[\"x\"]"]`)
	w.eq(`s.n = 9; open_session("cart").n`, `1.5`)
	w.js(`delete_session("cart")`)
	w.eq(`open_session("cart")`, `{}`)
	w.js(`save_session("nflow_form", {name: "ada"})`)
	w.eq(`open_session_form().name`, `"ada"`)
	w.js(`delete_session_form()`)
	w.eq(`open_session_form()`, `{}`)
	w.throws(`save_session("cart", "text")`, "takes an object")
	w.throws(`save_session("cart", [1])`, "takes an object")
	w.throws(`save_session("full", {})`, "the session is too large")
	w.throws(`save_session("cart", (() => { const o = {}; o.o = o; return o })())`, "TypeError")
}

func TestProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`set_session("auth_session", "other", "1"); set_profile({username: "ada", id: 7, tags: ["a"], none: null})`)
	w.eq(`[get_profile(), exist_profile(), profile.username]`, `[{"username":"ada","id":"7","tags":"[\"a\"]","none":""},true,"ada"]`)
	if w.renewed != 1 {
		t.Errorf("the session was renewed %d times", w.renewed)
	}
	if _, ok := w.sessions["auth_session"].Get("profile").(*ordered.Object); !ok {
		t.Errorf("stored as %#v", w.sessions)
	}
	w.js(`delete_profile(); delete_profile()`)
	w.eq(`[get_profile(), exist_profile(), get_session("auth_session", "other")]`, `[{},false,"1"]`)
	for _, bad := range []string{`null`, `undefined`, `"ada"`, `[1]`} {
		w.throws(`set_profile(`+bad+`)`, "takes an object")
	}
	w.eq(`exist_profile()`, `false`)
}

func TestUsersAndTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.eq(`[validate_user("ada", "secret"), validate_user("ada", "no"), validate_user("ada"), validate_user()]`, `[true,false,false,false]`)
	w.eq(`[get_user("ada"), get_user("eve")]`, `[{"id":1,"rol":"ROL_DEV","username":"ada"},null]`)
	w.eq(`[validate_token("api1"), get_token("api1"), get_token("no")]`, `[false,[{"name":"api1","tokenType":"Bearer"}],null]`)
	w.echo.Request().Header.Set("Authorization", "Bearer t")
	w.eq(`validate_token("api1")`, `true`)
	w.throws(`validate_user("broken", "x")`, "the database cannot be reached")
	v, _ := w.try(`(() => { try { validate_user("broken", "x") } catch (e) { return e.message + e } })()`)
	if strings.Contains(v.String(), "SELECT") {
		t.Errorf("%q tells the cause", v)
	}
	w.eq(`[calcular_sha512_256("abc"), calcular_sha512_224("abc").length, calcular_sha512("abc").length]`,
		`["53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",56,128]`)
	bare := newWorld(t, nil)
	bare.deps.Users, bare.deps.Tokens, bare.deps.Kill = nil, nil, nil
	for _, script := range []string{`validate_user("a", "b")`, `get_user("a")`, `validate_token("a")`, `get_token("a")`, `wkill("a")`} {
		bare.throws(script, "this runtime has no ")
	}
}

func TestRunValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.eq(`[wid, __flow_name, __flow_app, url_base, env.shop_name, config.vm_pool.max_size, wkill("alive"), wkill("gone"), wkill()]`,
		`["wid-1","orders","shop","https://shop.example","Pens",200,true,false,false]`)
	w.js(`env.shop_name = "x"; config.vm_pool.max_size = 1`)
	if w.deps.Env["shop_name"] != "Pens" || w.deps.Config["vm_pool"].(map[string]any)["max_size"] != 200 {
		t.Error("a script changed the configuration")
	}
}

func TestTimers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`var seen = []; setTimeout((a, b) => seen.push(a + b), 20, "x", "y"); setTimeout(() => seen.push("first"), 1);
		const id = setTimeout(() => seen.push("never"), 5); clearTimeout(id); clearTimeout(id); clearTimeout(undefined); clearTimeout("no")`)
	w.fire()
	w.eq(`seen`, `["first","xy"]`)
	w.eq(`setTimeout(() => {}, 1) !== setTimeout(() => {}, 1)`, `true`)
	w.fire()
	w.throws(`setTimeout("alert(1)", 1)`, "takes a function")
	w.throws(`for (let i = 0; i < 1001; i++) { delete globalThis.setTimeout; setTimeout(() => {}, 1e9) }`, "more than 1000 timers")
	if len(w.timers) != maxTimers || w.timers[0].d > maxSleep {
		t.Errorf("%d timers, the first in %v", len(w.timers), w.timers[0].d)
	}
	w.eq(`const key = Object.getOwnPropertySymbols(globalThis).find(s => String(s).includes("nflow")); const box = globalThis[key];
		globalThis[key] = 1; delete globalThis[key]; box.timers = 1; [globalThis[key] === box, Object.keys(box), JSON.stringify(box), box.timers === undefined]`,
		`[true,[],"{}",true]`)
}

func TestConsole(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`console.log("a", 1, true, null, undefined)`:                    `level=INFO msg="a 1 true null undefined" line=1`,
		`console.warn({a: 1, b: ["x", {c: {}}], d: new Date(0)})`:       `level=WARN msg="{ a: 1, b: [ 'x', { c: {} } ], d: 1970-01-01T00:00:00.000Z }"`,
		`console.error("%s=%d %i %j %% %q %o", "a", 1.5, 2.7, {b: 1})`:  `level=ERROR msg="a=1.5 2 {\"b\":1} % %q %o"`,
		`console.debug("100%", "b")`:                                    `level=DEBUG msg="100% b"`,
		`console.info("%s", {a: {b: 1}}, "more")`:                       `msg="{ a: { b: 1 } } more"`,
		`const o = {a: 1}; o.o = o; console.log(o)`:                     `msg="{ a: 1, o: [Circular] }"`,
		`console.log({a: {b: {c: {d: {e: 1}}}}})`:                       `{ a: { b: { c: { d: [Object] } } } }`,
		`console.log(new Map([["a", 1]]), new Set([1, 2]))`:             `Map(1) { 'a' => 1 } Set(2) { 1, 2 }`,
		`console.log([() => {}, function named() {}, Symbol("s"), 1n])`: `[ [Function], [Function: named], Symbol(s), 1n ]`,
		`console.log({get a() { throw new Error("x") }})`:               `{ a: [thrown]`,
		`console.log(new Uint8Array(3), new ArrayBuffer(2), /a/g)`:      `[ 0, 0, 0 ] ArrayBuffer(2) /a/g`,
		"console.log(1)\n\nconsole.log('third')":                        `msg=third line=3`,
		`console.log("a\nlevel=ERROR msg=forged")`:                      `msg="a\nlevel=ERROR msg=forged"`,
		`console.log(new Array(2 ** 31).fill ? new Array(500) : 0)`:     `… 400 more ]`,
		`console.log()`: `msg="" line=1`,
		`console.log(new Error("bad").message, c)`: `bad { Attachment: [Function: Attachment]`,
	} {
		w := newWorld(t, nil)
		w.js(script)
		if got := w.log.String(); !strings.Contains(got, want) || strings.Count(got, "\n") != strings.Count(script, "console.log(")+strings.Count(script, ".warn(")+strings.Count(script, ".error(")+strings.Count(script, ".debug(")+strings.Count(script, ".info(")+strings.Count(script, ").log(") {
			t.Errorf("%s\nlogged %s\nwant %s", script, got, want)
		}
	}
	w := newWorld(t, nil)
	w.js(`console.log("x".repeat(1e6)); console.log(Array.from({length: 1e4}, () => "y".repeat(100)))`)
	if w.log.Len() > 3*8192 {
		t.Errorf("%d bytes logged", w.log.Len())
	}
}
