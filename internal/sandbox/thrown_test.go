package sandbox

import (
	"errors"
	"strings"
	"testing"
)

// TestThrownTextsAreCut: what was thrown may be as long as memory allows, and its way to the log copies it more than once.
func TestThrownTextsAreCut(t *testing.T) {
	t.Parallel()
	const most = 100 << 10
	for _, code := range []string{
		`throw new Error("start" + "x".repeat(1e6))`, `throw new Error("start" + "é".repeat(1e6))`, `throw "start" + "x".repeat(1e6)`,
		`throw {toString: () => "start" + "x".repeat(1e6)}`, `throw Object.assign(new Error(), {name: "start" + "x".repeat(1e6)})`,
		`throw {status: 404, message: "start" + "x".repeat(1e6)}`, `throw {status: 404, message: "start" + "x".repeat(1e6), toString: () => "start"}`,
		`async function main() { throw new Error("start" + "x".repeat(1e6)) }`, `throw new AggregateError([], "start" + "x".repeat(1e6))`,
		`class E extends Error { toString() { return "start" + "x".repeat(1e6) } }; throw new E("a")`,
	} {
		_, err := limitedVM(t.Context(), Limits{Operations: 1e6, Memory: 32 << 20}).Run(program(t, "thrown", code))
		s, ok := errors.AsType[*ScriptError](err)
		if !ok || len(s.Message) > most || len(s.Stack) > most || len(s.Text) > most {
			t.Errorf("%s: %.100v", code, err)
			continue
		}
		if !strings.Contains(s.Text+s.Stack, "start") || !strings.Contains(code, "async") && !strings.Contains(s.Stack, "\tat thrown:1:") {
			t.Errorf("%s: the stack is %.100s … %.100s", code, s.Stack, s.Stack[max(0, len(s.Stack)-100):])
		}
	}
}
