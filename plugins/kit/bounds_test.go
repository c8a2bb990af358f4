package kit

import (
	"testing"
)

// What is quadratic, exponential or endless in a library is refused, or done in another way.
func TestBoundsOfLibraries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, text := range map[string]string{
		`rules.eval("all(list, all(list, # >= 0))", { list: Array(4000).fill(1) })`:                "steps",
		`rules.eval("t matches '((a{1,30}){1,30}){1,1}c'", { t: "aaa" })`:                          "too large",
		`rules.eval("t matches p", { t: "aaa", p: "(a{1,1000}){1,100}" })`:                         "p",
		`rules.eval("trim(t, u)", { t: "ñ".repeat(10000), u: "é".repeat(10000) + "ñ" })`:           "1000 characters",
		`rules.eval("(".repeat(10000))`:                                                            "nested more than",
		`rules.eval("now().Location()")`:                                                           "can be called",
		`rules.eval("now().GoString()")`:                                                           "can be called",
		`rules.eval("now()[x]()", { x: "String" })`:                                                "unexpected",
		`rules.eval("now().Year")`:                                                                 "not a value",
		`rules.eval("[now().Year]")`:                                                               "not a value",
		`rules.eval("string(now().Year)")`:                                                         "not a value",
		`rules.eval("{'a': now().Year}")`:                                                          "not a value",
		`validate({ properties: { t: { pattern: "^(a+)+$" } } }, { t: "a".repeat(40) + "b" })`:     "takes too long for this text",
		`validate({ properties: { t: { pattern: "^(?:a|a)*$" } } }, { t: "a".repeat(1e6) + "b" })`: "takes too long for this text",
		`validate({ properties: { t: { pattern: "a".repeat(20000) } } }, { t: "a" })`:              "the schema is wrong",
		`validate({ enum: Array.from(Array(20000).keys()) }, 1)`:                                   "values",
		`jwt.verify(jwt.sign({}, "k"), "k", { audience: Array(101).fill("a") })`:                   "100",
		`jwt.sign({}, "k", { audience: Array(101).fill("a") })`:                                    "100",
		`const a = []; a[0] = a; xml.format({ r: { x: a } })`:                                      "nested more than",
		`let d = 1; for (let i = 0; i < 300; i++) d = [d]; xml.format({ r: { x: d } })`:            "nested more than",
		`csv.format([Array(10).fill("x".repeat(1e6))])`:                                            "longer than",
		`date.format(0, "YYYY", "x".repeat(1e6))`:                                                  "64 characters",
		`crypto.encrypt("x".repeat(5000), "y")`:                                                    "16, 24 or 32 bytes",
		`require(new Array(4294967295))`:                                                           "require",
		`csv.parse(new Array(4294967295))`:                                                         "must be text",
		`date.format(new Array(4294967295))`:                                                       "must be a Date",
		`crypto.verify("ES256", "k", "data", new Array(4294967295))`:                               "crypto.verify",
	} {
		w.Throws(script, text)
	}
	for script, want := range map[string]string{
		`validate({ pattern: "((a{1,30}){1,30}){1,1}c" }, "a").valid`:                                        `false`,
		`validate({ pattern: "^a{5000}$" }, "a".repeat(5000)).valid`:                                         `true`,
		`rules.eval("len(uniq(list))", { list: Array.from(Array(50000).keys()) })`:                           `50000`,
		`rules.eval("uniq(list)", { list: [1, 1.0, "1", "1", null, null, [1], [1], {a: 1}, {a: 1}, true] })`: `[1,"1",null,[1],{"a":1},true]`,
		`rules.eval("t matches '^a+$'", { t: "a".repeat(100000) })`:                                          `true`,
		`rules.eval("t matches '(a|ab)*c'", { t: "ab".repeat(50000) })`:                                      `false`,
		`rules.eval("'abc' matches 'b' and not ('abc' matches 'x')")`:                                        `true`,
		`rules.eval("split('a,b,c', ',', 2)")`:                                                               `["a","b,c"]`,
		`rules.eval("splitAfter('a,b', ',')")`:                                                               `["a,","b"]`,
		`rules.eval("trim('xxaxx', 'x') + trim(' b ')")`:                                                     `"ab"`,
		`rules.eval("fromJSON('[1]')")`:                                                                      `[1]`,
		`rules.eval("sort([3, 1, 2])")`:                                                                      `[1,2,3]`,
		`rules.eval("sortBy(list, .a)", { list: [{a: 2}, {a: 1}] })`:                                         `[{"a":1},{"a":2}]`,
		`rules.eval("now().Year() + now().Day()")`:                                                           `2030`,
		`rules.eval("(now() - date('2026-03-03')).Hours() > 24")`:                                            `true`,
		`rules.eval("now().Format('2006')")`:                                                                 `"2026"`,
		`validate({ properties: { t: { pattern: "^a+$" } } }, { t: "a".repeat(200000) }).valid`:              `true`,
	} {
		w.Eq(script, want)
	}
}
