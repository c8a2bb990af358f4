package engine

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/logger"
)

// A run that floods the log is cut short, whatever it logs by and however it divides its work; one line says how much
// was dropped, and the lines on how runs ended are there.
func TestLogOfARunIsBounded(t *testing.T) {
	t.Parallel()
	flood := func(id, code, next string) string {
		return starter("s"+id, "/"+id, id) + "," + js(id, `function main(){ `+code+` }`, "output_1="+next)
	}
	const end = "end"
	nodes := app(
		flood("console", `for (let i = 0; i < 20000; i++) console.log("a line of some length", i)`, end),
		flood("log", `for (let i = 0; i < 20000; i++) log.warn("a line", {field: "x".repeat(100)})`, end),
		flood("large", `for (let i = 0; i < 50; i++) console.error("x".repeat(1 << 20))`, end),
		flood("control", `for (let i = 0; i < 2000; i++) console.log("\u0001".repeat(1000))`, end),
		flood("calls", `for (let i = 0; i < 300; i++) flow.call("/some")`, end),
		flood("some", `for (let i = 0; i < 100; i++) console.log("a line of some length", i)`, "stop"),
		flood("answers", `for (let i = 0; i < 20000; i++) c.JSON(200, "ok")`, "stop"),
		starter("sf", "/forks", "more"), js("more", `function main(){ payload.i = (payload.i || 0) + 1; next = payload.i < 200 ? "output_1" : "output_2" }`, "output_1=f", "output_2=end"),
		node("f", fork, "output_1=more", "output_2=some"),
		js("end", `function main(){ c.JSON(200, "ok") }`), js("stop", `function main(){}`),
		starter("sg", "/good", "good"), js("good", `function main(){ console.log("a good line"); c.JSON(200, "ok") }`),
	)
	for _, path := range []string{"/console", "/log", "/large", "/control", "/calls", "/answers", "/forks"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			l := logger.New(logger.Options{Out: &out})
			w := newWorld(t, setup{app: nodes, log: l.Logger(), mask: new(logger.Masker), config: ConfigWorkspace{Log: LogConfig{MaxKBPerRun: 64}}})
			if got := w.get(path); got.status != 200 {
				t.Errorf("got %d %s", got.status, got.body)
			}
			w.settled()
			w.expect(w.get("/good"), 200, "ok")
			w.settled()
			l.Close()
			text := out.String()
			runs := strings.Count(text, `"msg":"run"`)
			if own := 400 * runs; len(text)-own-400*strings.Count(text, "max_kb_per_run") > 64<<10 {
				t.Errorf("%d bytes of log, %d runs", len(text), runs)
			}
			for _, want := range []string{`"max_kb_per_run":64`, "a good line", `"msg":"run"`} {
				if !strings.Contains(text, want) {
					t.Errorf("the log lacks %s: …%s", want, text[max(0, len(text)-2000):])
				}
			}
			if path == "/console" && strings.Count(text, `"max_kb_per_run":64`) != 1 {
				t.Errorf("%d lines on what was dropped", strings.Count(text, `"max_kb_per_run":64`))
			}
		})
	}
}

// Without a bound all lines are there.
func TestLogOfARunUnbounded(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := slog.New(slog.NewTextHandler(&out, nil))
	w := newWorld(t, setup{
		app: app(starter("s", "/x", "x"), js("x", `function main(){ for (let i = 0; i < 5000; i++) console.log("a line of some length that is not short", i); c.JSON(200, 1) }`)),
		log: l, config: ConfigWorkspace{Log: LogConfig{MaxKBPerRun: None}},
	})
	w.get("/x")
	w.settled()
	if n := strings.Count(out.String(), "a line of some"); n != 5000 {
		t.Errorf("%d lines of 5000", n)
	}
}
