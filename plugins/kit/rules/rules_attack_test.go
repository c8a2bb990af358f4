package rules

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// goish is what only a look behind the rules language shows: addresses, Go's types, methods and packages.
var goish = regexp.MustCompile(`0x[0-9a-fA-F]{6,}|\bfunc\(|interface ?\{\}|map\[string\]|\[\](interface|uint8|any|string)|goja\.|hostfn\.|reflect\.|\*?time\.(Time|Location|Duration|Month)|runtime error|nil pointer|github\.com|\.go:\d|goroutine|%!|<nil>|struct \{|wall:|ext:|&\{|\(0x`)

// TestRulesShowNothingOfGo evaluates each way to write a value out, in results, texts and errors, over all kinds of values
// and functions.
func TestRulesShowNothingOfGo(t *testing.T) {
	t.Parallel()
	values := []string{
		"text", "n", "f", "list", "table", "when", "nothing", "yes", "deep", "bytes", "fn", "now()", "now", "len", "map", "filter", "duration(\"1h\")", "duration", "date(\"2026-01-02\")",
		"$env", "#", "{a: now, b: len}", "[len, now]", "table.fn", "deep.fn", "when.Format", "when.Add", "when.Location()", "when.Month()", "when.Weekday()", "when - when", "when - duration(\"1h\")",
		"table.String", "list.Len", "text.Len", "nothing.x", "nothing?.x", "fn.Call", "n.x", "$env.x", "$env[\"table\"]", "type(when)", "type(fn)", "type(len)", "type(nothing)", "1/0", "-1 % 0", "nan", "0.1/0",
		"table.ToString", "table.__proto__", "table.constructor", "list.constructor", "1..3", "let x = now; x", "let x = len; x", "list | map({#})", "list | map({len})", "when.Zone()", "when.UnixNano()", "when.Clock()", "when.Date()", "when.ISOWeek()",
		"when.Local()", "when.UTC()", "when.GoString()", "when.String()", "when.MarshalJSON()", "when.AppendFormat(bytes, text)", "when.GobEncode()", "duration(\"1h\").String()", "duration(\"1h\").Hours()", "duration(\"1h\").Round(1)",
	}
	ways := []string{
		"%s", "string(%s)", "toJSON(%s)", "type(%s)", "text + (%s)", "\"\" + string(%s)", "[%s]", "{k: %s}", "int(%s)", "float(%s)", "len(%s)", "(%s).x", "(%s).x.y", "(%s)[0]", "(%s)[\"x\"]", "(%s)()", "(%s)(1)", "(%s) + 1", "(%s) == 1",
		"(%s) in list", "(%s) matches \"a\"", "text matches (%s)", "(%s) contains \"x\"", "map(%s, {#})", "map(%s, {string(#)})", "keys(%s)", "values(%s)", "toPairs(%s)", "fromJSON(%s)", "join([%s], \",\")", "join(%s, \",\")", "split(%s, \",\")",
		"sort(%s)", "groupBy(%s, {#})", "sum(%s)", "max(%s)", "mean(%s)", "upper(%s)", "abs(%s)", "date(%s)", "duration(%s)", "first(%s)", "get(%s, \"x\")", "take(%s, 1)", "concat(%s, list)", "flatten(%s)", "uniq(%s)", "toBase64(%s)", "fromBase64(%s)",
		"bitand(%s, 1)", "not (%s)", "-(%s)", "(%s) ? 1 : 2", "(%s) ?? 1", "(%s)..3", "let a = %s; string(a)", "reduce(list, {string(%s)}, \"\")", "any(list, {%s})", "find(list, {%s})", "count(list, {%s})", "indexOf(text, %s)", "trim(text, %s)", "replace(text, text, %s)",
	}
	w := newWorld(t)
	w.JS(`var env = {text: "abc", n: 3, f: 1.5, list: [1, "b", null], table: {a: 1, fn: () => 1}, when: new Date(0), nothing: null, yes: true, deep: {a: [{b: new Date(0), fn() {}}], fn: Math.max}, bytes: new Uint8Array([1, 2]), fn: x => x}`)
	tried := 0
	for _, value := range values {
		for _, way := range ways {
			code := fmt.Sprintf(way, value)
			said := w.JS(fmt.Sprintf(`(() => { try { const v = rules.eval(%[1]q, env); return String(v) + " " + JSON.stringify(v) + " " + Object.prototype.toString.call(v) + (typeof v === "function" ? "FUNCTION" : "") } catch (e) { return "error " + e.message } })()`, code))
			tried++
			if strings.HasPrefix(code, "type(") {
				said = strings.NewReplacer("time.Time", "", "time.Duration", "").Replace(said) // Expr's own names of kinds
			}
			if found := goish.FindString(strings.ReplaceAll(said, value, "")); found != "" {
				t.Errorf("%s shows %q: %s", code, found, said)
			}
		}
	}
	t.Logf("%d expressions", tried)
}
