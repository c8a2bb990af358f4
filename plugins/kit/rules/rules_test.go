package rules

import (
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func newWorld(t testing.TB) *hosttest.World { return hosttest.NewWorld(t, Rows) }

var results = map[string]string{
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
}

// TestOrderOfKeys: functions of objects see the keys in the order in which they came.
func TestOrderOfKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.JS(`const d = {z: 1, a: {y: null, b: [{q: 1, c: 1.5}]}, 10: 2, m: "<ñ>"}`)
	for script, want := range map[string]string{
		`rules.eval("keys(d)", {d})`:                                                    `["10","z","a","m"]`,
		`rules.eval("d | keys()", {d})`:                                                 `["10","z","a","m"]`,
		`rules.eval("values(d)[:2]", {d})`:                                              `[2,1]`,
		`rules.eval("toPairs(d.a)", {d})`:                                               `[["y",null],["b",[{"q":1,"c":1.5}]]]`,
		`rules.eval("fromPairs(toPairs(d))", {d})`:                                      `{"10":2,"z":1,"a":{"y":null,"b":[{"q":1,"c":1.5}]},"m":"<ñ>"}`,
		`rules.eval("fromJSON(t)", {t: JSON.stringify(d)})`:                             `{"10":2,"z":1,"a":{"y":null,"b":[{"q":1,"c":1.5}]},"m":"<ñ>"}`,
		`rules.eval("toJSON(d)", {d}) === JSON.stringify(d, null, 2)`:                   `true`,
		`rules.eval("toJSON({'b': 1, 'a': [{'d': 1, 'c': nil}]})")`:                     `"{\n  \"b\": 1,\n  \"a\": [\n    {\n      \"d\": 1,\n      \"c\": null\n    }\n  ]\n}"`,
		`JSON.parse(rules.eval("toJSON(groupBy(xs, .k))", {xs: [{k: "b"}, {k: "a"}]}))`: `{"a":[{"k":"a"}],"b":[{"k":"b"}]}`,
		`rules.eval("keys({})")`:                                                        `[]`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`rules.eval("keys(1)")`:          "keys takes an object",
		`rules.eval("fromJSON('{')")`:    "fromJSON takes JSON",
		`rules.eval("fromPairs([[1]])")`: "fromPairs takes a list of pairs",
	} {
		w.Throws(script, text)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range results {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`rules.eval("1 +")`:               "rules.eval: 1 +: ",
		`rules.eval("1 + 'a'")`:           "rules.eval: ",
		`rules.eval("1 % 0")`:             "rules.eval: ",
		`rules.eval("", {})`:              "rules.eval",
		`rules.eval("1", [1])`:            "must be an object",
		`rules.eval("repeat('a', 1000)")`: "rules.eval: ",
		`rules.eval("x()", {})`:           "rules.eval: ",
		`rule_add_fx("a b", () => 1)`:     "is not a name",
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
		w.Throws(script, text)
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%.60s took %v", script, d)
		}
	}
	w.Eq(`const key = Object.getOwnPropertySymbols(globalThis).find(s => String(s).includes("rules")); typeof globalThis[key]`, `"object"`)
}

func FuzzRules(f *testing.F) {
	hosttest.FuzzParser(newWorld(f), f, `t => [rule_run({a: 1, b: [1, {c: "x"}]}, {}, t)]`, "a > 0", "when a > 0 then x = 1; y = [a]", "x = {'__proto__': 1}", "map(b, #)", "let q = b; q", "reduce(1..9, #acc + #)", "\"", "b[0:1]", "b?.c ?? 1", "a | string()")
}
