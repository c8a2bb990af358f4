package engine

import (
	"fmt"
	"strings"
	"testing"
)

// rejectedCases are scripts of a node with what becomes of them: "" when nothing is wrong, else what the log says.
var rejectedCases = []struct{ name, code, want string }{
	{"nobody awaits", "const f = async () => {\n  throw new TypeError('boom')\n}\nf()", "TypeError: boom\n\tat f (home/n:2:"},
	{"rejected in main", "function main() {\n\n  Promise.reject(new Error('boom')) }", "Error: boom\n\tat home/n:3:"},
	{"a reason without a stack", "function main() {\n Promise.reject('no money') }", "no money\n\tat"},
	{"a reason without a stack has a line", "function main() {\n Promise.reject({ code: 7 }) }", "at home/n:2:"},
	{"the executor throws", "new Promise(() => { throw new Error('boom') })", "Error: boom"},
	{"only then", "Promise.reject(new Error('boom')).then(() => 1)", "Error: boom"},
	{"finally is no handler", "Promise.reject(new Error('boom')).finally(() => 1)", "Error: boom"},
	{"the handler throws", "Promise.reject(1).catch(() => { throw new Error('boom') })", "Error: boom"},
	{"a job later", "Promise.resolve().then(() => Promise.resolve()).then(() => { throw new Error('boom') })", "Error: boom"},
	{"while main waits", "async function main() { setTimeout(() => { Promise.reject(new Error('boom')) }, 1); await new Promise(r => setTimeout(r, 20)) }", "Error: boom"},
	{"handled too late", "async function main() { const p = Promise.reject(new Error('boom')); await new Promise(r => setTimeout(r, 5)); try { await p } catch (e) {} }", "Error: boom"},
	{"of the runtime", "fetch('http://127.0.0.1:1/')", "enable_network"},
	{"beside main's own", "async function main() { Promise.reject(new Error('other')); throw new Error('boom') }", "Error: boom"},

	{"caught", "Promise.reject(new Error('boom')).catch(() => 1)", ""},
	{"caught by await", "async function main() { try { await Promise.reject(new Error('boom')) } catch (e) {} }", ""},
	{"caught by the second argument", "Promise.reject(1).then(() => 1, () => 2)", ""},
	{"caught later in the turn", "const p = Promise.reject(new Error('boom')); Promise.resolve().then(() => 1).then(() => 2).then(() => p.catch(() => 3))", ""},
	{"allSettled", "async function main() { await Promise.allSettled([1, 2, 3].map(async () => { throw new Error('boom') })) }", ""},
	{"race and any", "async function main() { await Promise.race([1, Promise.reject(2)]); await Promise.any([Promise.reject(2), 1]) }", ""},
	{"a thousand, handled in turn", "async function main() { const all = []; for (let i = 0; i < 1000; i++) all.push(Promise.reject(i)); for (const p of all) p.catch(() => 1) }", ""},
	{"awaited in main after a wait", "async function main() { const p = new Promise((_, no) => setTimeout(() => no(1), 5)); try { await p } catch (e) {} }", ""},
}

// TestRejectedPromises: a rejection that nothing handles fails the node, with its place, and no other does.
func TestRejectedPromises(t *testing.T) {
	t.Parallel()
	nodes := []string{}
	for i, c := range rejectedCases {
		nodes = append(nodes, starter(fmt.Sprintf("s%d", i), fmt.Sprintf("/%d", i), fmt.Sprintf("n%d", i)), js(fmt.Sprintf("n%d", i), c.code, "output_1=end"))
	}
	nodes = append(nodes, js("end", "c.JSON(200, 'went on')"))
	for i, c := range rejectedCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{app: app(nodes...)})
			got := w.get(fmt.Sprintf("/%d", i))
			log := w.log.String()
			if c.want == "" {
				w.expect(got, 200, "went on")
				if strings.Contains(log, "rejected") || strings.Contains(log, "failed") {
					t.Errorf("the log tells of a failure:\n%s", log)
				}
				return
			}
			want := strings.Trim(fmt.Sprintf("%q", strings.ReplaceAll(c.want, "home/n", fmt.Sprintf("home/n%d", i))), `"`)
			if got.status < 400 || strings.Contains(got.body, "went on") || strings.Contains(got.body, "boom") {
				t.Errorf("answered %d %s", got.status, got.body)
			}
			if strings.Count(log, "request failed") != 1 || !strings.Contains(log, want) || !strings.Contains(log, fmt.Sprintf("node=n%d", i)) {
				t.Errorf("the log lacks %s:\n%s", want, log)
			}
		})
	}
}

// TestRejectedAfterTheAnswer: what was answered stays; the log names node and line.
func TestRejectedAfterTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s", "/one", "n"), js("n", "c.JSON(200, 'done')\nPromise.reject(new Error('boom'))", "output_1=m"), js("m", "payload.x = 1"),
		starter("s2", "/many", "f"), js("f", "c.JSON(200, 'done'); for (let i = 0; i < 100; i++) Promise.reject(new Error('boom'))"),
	)})
	w.expect(w.get("/one"), 200, "done")
	if log := w.log.String(); strings.Count(log, "level=WARN") != 1 || !strings.Contains(log, "node=n name=n") || !strings.Contains(log, "home/n:2:") {
		t.Errorf("the log is\n%s", log)
	}
	w.expect(w.get("/many"), 200, "done")
	if log := w.log.String(); strings.Count(log, "level=WARN") != 12 || !strings.Contains(log, "90 more promises") {
		t.Errorf("the log is\n%s", log)
	}
}
