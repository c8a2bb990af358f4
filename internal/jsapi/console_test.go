package jsapi

import (
	"regexp"
	"strings"
	"testing"
)

// TestConsoleOfNode holds the console to what Node writes.
func TestConsoleOfNode(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`console.group("g"); console.group(); console.warn("a\nb"); console.groupEnd(); console.log("c"); console.groupEnd(); console.groupEnd(); console.log("d")`, `INFO g|WARN     a\n    b|INFO   c|INFO d`},
		{`console.assert(true, "x"); console.assert(1 === 2, "x %s", 1); console.assert(); console.assert(0, 5)`, `WARN Assertion failed: x 1|WARN Assertion failed|WARN Assertion failed: 5`},
		{`console.dir("a"); console.dir({a: 1}, {depth: 0}); console.dirxml("%s", 1)`, `INFO 'a'|INFO { a: 1 }|INFO 1`},
		{`console.count(); console.count("x"); console.count(); console.countReset(); console.count("default"); console.countReset("y")`, `INFO default: 1|INFO x: 1|INFO default: 2|INFO default: 1|WARN Count for 'y' does not exist`},
		{`console.time(); console.time(); console.timeEnd(); console.timeEnd(); console.timeLog("x")`, `WARN Label 'default' already exists for console.time()|INFO default: TIME|WARN No such label 'default' for console.timeEnd()|WARN No such label 'x' for console.timeLog()`},
		{`console.time("t"); console.timeLog("t", "a", {b: 1})`, `INFO t: TIME a { b: 1 }`},
		{`console.table([{a: 1, b: "x"}, {a: 2}])`, `INFO ┌─────────┬───┬─────┐\n│ (index) │ a │ b   │\n├─────────┼───┼─────┤\n│ 0       │ 1 │ 'x' │\n│ 1       │ 2 │     │\n└─────────┴───┴─────┘`},
		{`console.table({x: {a: 1}, y: 3})`, `INFO ┌─────────┬───┬────────┐\n│ (index) │ a │ Values │\n├─────────┼───┼────────┤\n│ x       │ 1 │        │\n│ y       │   │ 3      │\n└─────────┴───┴────────┘`},
		{`console.table([[1, 2], [3]], ["1"])`, `INFO ┌─────────┬───┐\n│ (index) │ 1 │\n├─────────┼───┤\n│ 0       │ 2 │\n│ 1       │   │\n└─────────┴───┘`},
		{`console.table(5); console.table([]); console.table(new Set([1]))`, `INFO 5|INFO ┌─────────┐\n│ (index) │\n├─────────┤\n└─────────┘|INFO Set(1) { 1 }`},
	} {
		script, want := c[0], c[1]
		w := newWorld(t, nil)
		w.js(script)
		line := regexp.MustCompile(`(?m)^.*level=(\w+) msg=("(?:[^"\\]|\\.)*"|\S*).*\n`)
		got := line.ReplaceAllStringFunc(w.log.String(), func(s string) string {
			m := line.FindStringSubmatch(s)
			return m[1] + " " + strings.Trim(m[2], `"`) + "|"
		})
		got = regexp.MustCompile(`: [\d.e-]+ms`).ReplaceAllString(strings.TrimSuffix(got, "|"), ": TIME")
		if got != want {
			t.Errorf("%s\nlogged %s\n  want %s", script, got, want)
		}
	}
	w := newWorld(t, nil)
	w.js(`function place() { console.trace("here %d", 7) } place()`)
	if got := w.log.String(); !strings.Contains(got, `level=ERROR msg="Trace: here 7\n    at place (`) {
		t.Errorf("a trace is %s", got)
	}
	w.throws(`console.count(Symbol())`, "Symbol")
	w.js(`for (let i = 0; i < 1100; i++) { console.time(i); console.count(i) } for (let i = 0; i < 100; i++) console.group(); console.log("x".repeat(1e5)); console.table(Array(1e5).fill({a: "y".repeat(1e4)}))`)
	if n := w.log.Len(); n > 1<<20 {
		t.Errorf("%d bytes logged", n)
	}
}
