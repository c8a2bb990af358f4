package engine

import (
	"strings"
	"testing"
)

// A response's head and size are bounded, whoever writes it, and the visitor gets an error in place of it.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		config: ConfigWorkspace{Server: ServerConfig{MaxAnswerMB: 1}},
		app: app(
			starter("s1", "/headers", "h"), js("h", `function main(){ for (let i = 0; i < 1e6; i++) c.SetHeader("X-" + i, "1"); c.JSON(200, 1) }`),
			starter("s2", "/cookies", "k"), js("k", `function main(){ for (let i = 0; i < 1e6; i++) c.SetCookie({name: "c" + i, value: "1"}); c.JSON(200, 1) }`),
			starter("s3", "/large", "l"), js("l", `function main(){ c.SetHeader("X-Large", "x".repeat(70000)); c.JSON(200, 1) }`),
			starter("s4", "/few", "f"), js("f", `function main(){ for (let i = 0; i < 50; i++) c.SetHeader("X-" + i, "1"); c.JSON(200, 1) }`),
			starter("s5", "/long", "o"), js("o", `function main(){ for (;;) c.Write("x".repeat(100000)) }`),
			starter("s6", "/big", "b"), js("b", `function main(){ c.String(200, "x".repeat(2 << 20)) }`),
		),
	})
	for _, path := range []string{"/headers", "/cookies", "/large"} {
		if got := w.get(path); got.status != 500 || len(got.header) > 20 || len(got.header["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d %s with %d headers", path, got.status, got.body, len(got.header))
		}
	}
	w.expect(w.get("/few"), 200, "1")
	if got := w.get("/big"); got.status == 200 || !strings.Contains(got.body, "max_answer_mb") {
		t.Errorf("an answer that is too large: %d %.200s", got.status, got.body)
	}
	if got := w.get("/long"); len(got.body) > 1<<20 {
		t.Errorf("%d bytes came, 1 MB may", len(got.body))
	}
}
