package kit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

func TestKV(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.database()
	w.eq(`[kv.get("a"), kv.get("a", 5), kv.set("a", {x: [1, null], "__proto__": {y: 1}}), kv.get("a"), ({}).y]`, `[null,5,null,{"x":[1,null]},null]`)
	w.eq(`kv.set("p", JSON.parse('{"__proto__": {"y": 1}}')); [Object.keys(kv.get("p")), ({}).y === undefined]`, `[["__proto__"],true]`)
	w.eq(`[kv.incr("n"), kv.incr("n", 5), kv.incr("n", -2), kv.get("n")]`, `[1,6,4,4]`)
	w.eq(`[kv.delete("n"), kv.delete("n"), kv.get("n") === undefined]`, `[true,false,true]`)
	w.js(`kv.set("soon", 1, 60); kv.incr("count", 1, 60)`)
	w.now = w.now.Add(time.Minute)
	w.eq(`[kv.get("soon", "gone"), kv.incr("count", 1, 60)]`, `["gone",1]`)
	w.run.App = "other"
	w.eq(`kv.get("a", "not mine")`, `"not mine"`)
	for script, text := range map[string]string{
		`kv.get("")`:                            "the key must be text of 1 to 255",
		`kv.get("x".repeat(256))`:               "the key must be",
		`kv.set("a\0b", 1)`:                     "the key must be",
		`kv.set("a", "x".repeat(300 * 1024))`:   "larger than 256 KiB",
		`kv.set("a", 1, -1)`:                    "time to live",
		`kv.set("a", 1, "soon")`:                "time to live",
		`kv.set("t", "text"); kv.incr("t")`:     `the value kept as "t" is no whole number`,
		`kv.incr("n", 1.5)`:                     "must be a whole number",
		`const o = {}; o.o = o; kv.set("a", o)`: "TypeError",
	} {
		w.throws(script, text)
	}
}

func TestWaitingEndsWithTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.database()
	w.opts.Call = func(ctx context.Context, _ *hostfn.Run, _ string, _ map[string]any) (map[string]any, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	ctx, kill := context.WithCancelCause(context.Background())
	w.ctx = ctx
	kill(fault.New(fault.Killed, "somebody ended the run"))
	for _, script := range []string{`flow.call("/x")`, `kv.get("a")`, `kv.incr("a")`, `rules.eval("map(1..1000, # * 2)")`, `validate({minLength: 1}, "ab")`} {
		w.throws(script, "")
	}
	w.throws(`flow.call("/x")`, "somebody ended the run")
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	st := w.database()
	dir := t.TempDir()
	w.opts.SecretsDir = dir
	outside := filepath.Join(t.TempDir(), "outside")
	for name, text := range map[string]string{filepath.Join(dir, "smtp.password"): "from file\n", filepath.Join(dir, "api-key"): "hidden by env", outside: "no"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "linked")), os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		st.SetSecret(t.Context(), "in-db", "from database"), st.SetSecret(t.Context(), "smtp.password", "hidden by file")); err != nil {
		t.Fatal(err)
	}
	w.eq(`[secrets.get("api-key"), secrets.get("smtp.password"), secrets.get("in-db"), secrets.get("none", null), secrets.get("none", "x")]`,
		`["from env","from file","from database",null,"x"]`)
	if got := strings.Join(w.masked, "|"); got != "from env|from file|from database" {
		t.Errorf("told to mask %q", got)
	}
	for script, text := range map[string]string{
		`secrets.get("none")`:       `no secret "none"; set NFLOW_SECRET_NONE`,
		`secrets.get("../outside")`: "a name is made of",
		`secrets.get(".hidden")`:    "a name is made of",
		`secrets.get("")`:           "a name is made of",
		`secrets.get("linked")`:     `secret "linked" cannot be read`,
		`secrets.get("folder")`:     `secret "folder" cannot be read`,
	} {
		if got := w.throws(script, text); strings.Contains(got, dir) {
			t.Errorf("%s shows a path: %s", script, got)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.eq(`const s = {type: "object", required: ["email", "items"], properties: {
		email: {type: "string", format: "email"}, items: {type: "array", minItems: 1, items: {$ref: "#/$defs/item"}}, kind: {enum: ["a", "b"]}},
		additionalProperties: false, $defs: {item: {type: "object", properties: {price: {type: "number", minimum: 0}, "a/b": {type: "string"}}}}};
		validate(s, {email: "a@b.c", items: [{price: 1.5}], kind: "a"})`, `{"errors":[],"valid":true}`)
	w.eq(`validate(s, {email: "no", items: [{price: 1}, {price: -1, "a/b": 7}], kind: "z", extra: 1}).errors.map(e => e.path)`,
		`["","/email","/items/1/a~1b","/items/1/price","/kind"]`)
	w.eq(`validate(s, {}).errors`, `[{"message":"missing properties 'email', 'items'","path":""}]`)
	w.eq(`[validate(true, 1).valid, validate(false, 1).valid, validate({}, undefined).valid, validate({type: "integer"}, 1.0).valid, validate({type: "integer"}, 1.5).valid, validate({const: 9007199254740991}, 9007199254740991).valid]`,
		`[true,false,true,true,false,true]`)
	w.eq(`validate({properties: {"__proto__x": {type: "string"}}}, JSON.parse('{"__proto__": 1}')).valid`, `true`)
	w.eq(`validate({$schema: "https://json-schema.org/draft/2020-12/schema", oneOf: [{type: "string"}, {type: "null"}]}, 1).valid`, `false`)
	w.eq(`validate({$ref: "https://json-schema.org/draft/2020-12/schema"}, {type: "no such"}).valid`, `false`)
	for script, text := range map[string]string{
		`validate({type: "no such"}, 1)`:                   "the schema is wrong",
		`validate({$ref: "http://localhost:1/x.json"}, 1)`: "only what is in the schema itself",
		`validate({$ref: "file:///etc/passwd"}, 1)`:        "only what is in the schema itself",
		`validate({$dynamicRef: "#x"}, 1)`:                 "use $ref",
		`validate({pattern: "(?=a)"}, "a")`:                "the schema is wrong",
		`validate({$id: ":"}, 1)`:                          "validate: ",
		`validate({enum: ["x".repeat(200000)]}, 1)`:        "larger than 128 KiB",
		`validate(undefined, 1)`:                           "validate: ",
		`validate({$defs: {d0: {type: "string"}, ...Object.fromEntries(Array.from({length: 40}, (_, i) => ["d" + (i + 1), {anyOf: [{$ref: "#/$defs/d" + i}, {$ref: "#/$defs/d" + i}]}]))}, $ref: "#/$defs/d40"}, 1)`:                                                       "takes more than",
		`validate({$defs: {a: {not: {anyOf: [{patternProperties: {".": {$ref: "#/$defs/a"}, "x": {$ref: "#/$defs/a"}, "^x": {$ref: "#/$defs/a"}}}, {$ref: "#/$defs/b"}]}}, b: {type: "null"}}, $ref: "#/$defs/a"}, JSON.parse('{"x":'.repeat(25) + "1" + "}".repeat(25)))`: "takes more than",

		`validate({items: {enum: Array.from({length: 9000}, (_, i) => i)}}, Array(100000).fill(-1))`: "takes more than",
	} {
		start := time.Now()
		w.throws(script, text)
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%.60s took %v", script, d)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`rules.eval("1 + 2 * 3")`: `7`,
		`rules.eval("total > 100 and level in ['gold', 'silver']", {total: 120, level: "gold"})`:                         `true`,
		`rules.eval("map(filter(items, .price > 10), .name)", {items: [{name: "a", price: 12}, {name: "b", price: 1}]})`: `["a"]`,
		`rules.eval("{'a': [1, 2.5, nil], 'b': {'c': 'x'}}")`:                                                            `{"a":[1,2.5,null],"b":{"c":"x"}}`,
		`rules.eval("missing ?? 'none'")`:                                                                                `"none"`,
		`rules.eval("customer?.address?.city", {customer: null})`:                                                        `null`,
		`rules.eval("let x = total * 2; x + 1", {total: 2})`:                                                             `5`,
		`rules.eval("now()") instanceof Date`:                                                                            `true`,
		`rules.eval("now().Year()")`:                                                                                     `2026`,
		`rules.eval("join(['a', 'b'], '-') + replace('x.y', '.', '!')")`:                                                 `"a-bx!y"`,
		`rules.eval("name matches '^a+$'", {name: "aaa"})`:                                                               `true`,
		`rules.eval("groupBy(items, .k)", {items: [{k: "a"}, {k: "b"}, {k: "a"}]})`:                                      `{"a":[{"k":"a"},{"k":"a"}],"b":[{"k":"b"}]}`,
		`rules.eval("reduce(1..10, #acc + #, 0)")`:                                                                       `55`,
		`rules.eval("toJSON({'a': 1})").length`:                                                                          `12`,
		`rules.eval("sum(map(items, .n)) / len(items)", {items: [{n: 1}, {n: 2}]})`:                                      `1.5`,
		`rules.eval("sort(keys({'b': 1, 'a': 2}))")`:                                                                     `["a","b"]`,
		`rules.eval("any(items, # == 'x') ? 'yes' : 'no'", {items: ["x"]})`:                                              `"yes"`,
		`rules.eval("__proto__", JSON.parse('{"__proto__": 7}'))`:                                                        `7`,
		`rule_add_fx("vat", (p, r) => ({gross: p * (1 + r)})); rules.eval("vat(100, 0.5).gross")`:                        `150`,
		`rule_add_fx("upper", s => "mine " + s); rules.eval("upper('a')")`:                                               `"mine a"`,
		`rule_add_fx("big", xs => xs.length); rules.eval("big(map(1..5, [#]))")`:                                         `5`,
		`const out = {seen: 1}; [rule_run({a: 1, b: {c: "x;y"}}, out, "x = a + output.seen", "when b.c == 'x;y' then y = b.c; output.z = [a; 2][0]".replace("; 2", ", 2"), "when a > 5 then no = 1", "output.x", "input.a == 1"), out]`: `[[true,true,false,2,true],{"seen":1,"x":2,"y":"x;y","z":1}]`,
		`const o2 = {}; rule_run({}, o2, "__proto__ = {'x': 1}"); [Object.keys(o2), ({}).x === undefined]`:                                                                                                                              `[["__proto__"],true]`,
		`rule_run({}, {})`: `[]`,
	} {
		w.eq(script, want)
	}
	for script, text := range map[string]string{
		`rules.eval("1 +")`:               "rules.eval: 1 +: ",
		`rules.eval("1 + 'a'")`:           "rules.eval: ",
		`rules.eval("1 % 0")`:             "rules.eval: ",
		`rules.eval("", {})`:              "rules.eval",
		`rules.eval("1", [1])`:            "must be an object",
		`rules.eval("repeat('a', 1000)")`: "rules.eval: ",
		`rules.eval("x()", {})`:           "rules.eval: ",
		`rule_add_fx("a b", () => 1)`:     "is no name",
		`rule_add_fx("a", 1)`:             "must be a function",
		`rule_add_fx("bad", () => { throw new RangeError("mine") }); rules.eval("bad()")`: "RangeError: mine",
		`rule_run({}, 1, "a")`:                "must be an object for the output",
		`rule_run({}, {}, "when a")`:          "has no then",
		`rule_run({}, {}, "when a then b")`:   "is no NAME = VALUE",
		`rule_run({}, {}, "when true then ")`: "has no then",
		`rules.eval("x".repeat(20000))`:       "longer than 16 KiB",

		`rules.eval("reduce(1..60, #acc + #acc, 'x')")`:                            "takes more than",
		`rules.eval("reduce(1..60, [#acc, #acc], 1)")`:                             "takes more than",
		`rules.eval("reduce(1..60, concat(#acc, #acc), [1])")`:                     "rules.eval: ",
		`rules.eval("reduce(1..60, replace(#acc, 'a', #acc), 'aa')")`:              "takes more than",
		`rules.eval("reduce(1..60, join([#acc, #acc], #acc), 'aa')")`:              "takes more than",
		`rules.eval("reduce(1..60, toJSON([#acc, #acc]), 'aa')")`:                  "takes more than",
		`rules.eval("all(xs, all(xs, all(xs, true)))", {xs: Array(1000).fill(1)})`: "takes more than",
		`rules.eval("let a = [1, 1]; " + "bcdefghijklmnopqrstuvwxyz".split("").map((n, i) => "let " + n + " = [" + "abcdefghijklmnopqrstuvwxyz"[i] + ", " + "abcdefghijklmnopqrstuvwxyz"[i] + "]; ").join("") + "z == z")`: "takes more than",
		`rules.eval("let a = concat(xs, xs, xs, xs); let b = concat(a, a, a, a); let c = concat(b, b, b, b); let d = concat(c, c, c, c); c == d", {xs: Array(9).fill(Array(9999).fill(1))})`:                               "takes more than",
		`rules.eval("map(1..999999, map(1..999999, 1))")`: "rules.eval: ",
		`rules.eval("(".repeat(9000))`:                    "rules.eval: ",
		`rules.eval("[".repeat(5000) + "]".repeat(5000))`: "rules.eval: ",
		`rules.eval("flatten(map(1..5, xs))", {xs: (() => { let x = [1]; for (let i = 0; i < 300; i++) x = [x]; return x })()})`: "nested more than",
	} {
		start := time.Now()
		w.throws(script, text)
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%.60s took %v", script, d)
		}
	}
	w.eq(`const key = Object.getOwnPropertySymbols(globalThis).find(s => String(s).includes("rules")); typeof globalThis[key]`, `"object"`)
}
