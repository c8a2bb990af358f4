package sandbox

import (
	"fmt"
	"testing"
)

// TestJSONText: JSON.parse reads what ECMAScript reads, to the half of a surrogate pair, and says what Node says.
func TestJSONText(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`JSON.stringify(JSON.parse('{"z":1,"b":{"10":[1,2,{}],"9":null},"a":[true,false,"x\\n\\u00e9\\/"]}'))`: `{"z":1,"b":{"9":null,"10":[1,2,{}]},"a":[true,false,"x\né/"]}`,
		`JSON.stringify(JSON.parse(' \t\r\n[ 1 , -2.5e+3 , 0.1, 1E2, -0 ] '))`:                                 `[1,-2500,0.1,100,0]`,
		`Object.is(JSON.parse("-0"), -0)`: `true`,
		`[JSON.parse("1e999"), JSON.parse("[-1e400]")[0], JSON.parse("1e-999"), JSON.parse("9007199254740993"), JSON.parse("123456789012345678901234567890")].join()`: `Infinity,-Infinity,0,9007199254740992,1.2345678901234568e+29`,
		`Object.keys(JSON.parse('{"\\ud83d":1}'))[0].charCodeAt(0)`:                                                                                                                                              `55357`,
		`(x => JSON.parse(JSON.stringify(x)) === x)("a\ud83d\ude00\ud83d\udc00 \udc00")`:                                                                                                                         `true`,
		`(x => JSON.parse('"' + x + '"') === x)("\ud83d é \udc00")`:                                                                                                                                              `true`,
		`(o => o["\udc00x"] + o["\ud83d"] + o["\ud83d\ude00"])(JSON.parse(JSON.stringify({"\udc00x": 1, "\ud83d": 2, "\ud83d\ude00": 4})))`:                                                                      `7`,
		`JSON.stringify([Object.keys(JSON.parse('{"__proto__":{"x":1},"a":1,"a":2}')), JSON.parse('{"__proto__":{"x":1}}').x === undefined, Object.getPrototypeOf(JSON.parse("{}")) === Object.prototype])`:      `[["__proto__","a"],true,true]`,
		`(() => { Object.defineProperty(Object.prototype, "evil", { set() { throw "called" }, configurable: true }); try { return JSON.parse('{"evil":1}').evil } finally { delete Object.prototype.evil } })()`: `1`,
		`JSON.stringify(JSON.parse('{"a":[1,2,{"b":3}],"c":4}', function (k, v) { return k === "b" ? undefined : typeof v === "number" ? v * 2 : v }))`:                                                          `{"a":[2,4,{}],"c":8}`,
		`(() => { const seen = []; JSON.parse('{"a":[1],"b":2}', (k, v) => { seen.push(k); return v }); return seen.join() })()`:                                                                                 `0,a,b,`,
		`JSON.parse("[1]", "no function")[0]`:                                                          `1`,
		`JSON.parse({ toString: () => "7" })`:                                                          `7`,
		`JSON.stringify({ 1: "a", 2: "b", b: 3 }, ["b", "2", "1"])`:                                    `{"b":3,"2":"b","1":"a"}`,
		`JSON.stringify({ x: [{ 2: 1, 1: 2 }], 0: 1 }, ["x", "2", "1", "none"], 1).replace(/\s/g, "")`: `{"x":[{"2":1,"1":2}]}`,
		`JSON.stringify({ b: 1, a: undefined, c: 3 }, ["c", "a", "b", "c"])`:                           `{"c":3,"b":1}`,
	} {
		checkJSON(t, script, want)
	}
	for text, want := range map[string]string{
		``:                                 `Unexpected end of JSON input`,
		`{"a":`:                            `Unexpected end of JSON input`,
		`tru`:                              `Unexpected end of JSON input`,
		`abc`:                              `Unexpected token 'a', "abc" is not valid JSON`,
		`undefined`:                        `"undefined" is not valid JSON`,
		`[1,]`:                             `Unexpected token ']', "[1,]" is not valid JSON`,
		`<html><body>error</body></html>`:  `Unexpected token '<', "<html><bod"... is not valid JSON`,
		`{"a": 1, "b": x, "c": [1, 2, 3]}`: `Unexpected token 'x', ...": 1, "b": x, "c": [1"... is not valid JSON`,
		`{`:                                `Expected property name or '}' in JSON at position 1 (line 1 column 2)`,
		`{"a":1,}`:                         `Expected double-quoted property name in JSON at position 7 (line 1 column 8)`,
		`{"a" 1}`:                          `Expected ':' after property name in JSON at position 5 (line 1 column 6)`,
		`{"a":1 "b":2}`:                    `Expected ',' or '}' after property value in JSON at position 7 (line 1 column 8)`,
		`[1 2]`:                            `Expected ',' or ']' after array element in JSON at position 3 (line 1 column 4)`,
		`[1] x`:                            `Unexpected non-whitespace character after JSON at position 4 (line 1 column 5)`,
		`"a`:                               `Unterminated string in JSON at position 2 (line 1 column 3)`,
		`"a\q"`:                            `Bad escaped character in JSON at position 3 (line 1 column 4)`,
		`"\u00g0"`:                         `Bad Unicode escape in JSON at position 5 (line 1 column 6)`,
		"{\n\"a\":\n\"\t\"}":               `Bad control character in string literal in JSON at position 8 (line 3 column 2)`,
		`01`:                               `Unexpected number in JSON at position 1 (line 1 column 2)`,
		`-`:                                `No number after minus sign in JSON at position 1 (line 1 column 2)`,
		`1.`:                               `Unterminated fractional number in JSON at position 2 (line 1 column 3)`,
		`1e+`:                              `Exponent part is missing a number in JSON at position 3 (line 1 column 4)`,
	} {
		checkJSON(t, fmt.Sprintf(`(() => { try { JSON.parse(%q); return "read" } catch (e) { return e.name + ": " + e.message } })()`, text), "SyntaxError: "+want)
	}
}

func checkJSON(t *testing.T, script, want string) {
	t.Helper()
	if got := evaluate(t, "String("+script+")", Limits{Operations: 1e7, Memory: 64 << 20}); got != "string:"+want {
		t.Errorf("%s\n got %s\nwant string:%s", script, got, want)
	}
}
