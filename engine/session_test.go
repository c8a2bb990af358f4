package engine

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestNoSessionNoWork: a run that touches no session reads none and saves none, whatever cookies its visitor has, and
// neither does its fork.
func TestNoSessionNoWork(t *testing.T) {
	t.Parallel()
	flow := func(name string, nodes ...string) string {
		return `"` + name + `":{"data":{` + strings.Join(nodes, ",") + `}}`
	}
	w := newWorld(t, setup{app: `{"drawflow":{` + strings.Join([]string{
		flow("plain", starter("s1", "/plain", "a"), js("a", `function main(){ c.JSON(200, {q: payload.q}) }`)),
		flow("fork", starter("s2", "/fork", "b"), node("b", `{"type":"gorutine"}`, "output_1=c", "output_2=d"),
			js("c", `function main(){ c.String(200, "forked") }`), js("d", `function main(){ payload.x = 1 }`)),
		flow("count", starter("s3", "/count", "e"),
			js("e", `function main(){ const n = Number(get_session("s", "n") || 0) + 1; set_session("s", "n", n); c.String(200, "n=" + n) }`)),
		flow("ask", starter("s4", "/ask", "f"),
			js("f", `function main(){ c.String(200, "asked"); if (!payload.end) payload["bre" + "ak"] = true; else next = "" }`, "output_1=g"),
			js("g", `function main(){ c.String(200, "went on") }`)),
		flow("secret fork", starter("s5", "/secret", "h"), node("h", `{"type":"gorutine"}`, "output_1=i", "output_2=j"),
			js("i", `function main(){ c.String(200, "forked") }`), js("j", `function main(){ kv.set("seen", globalThis["get_ses" + "sion"]("s", "n")) }`)),
		flow("seen", starter("s6", "/seen", "k"), js("k", `function main(){ c.JSON(200, kv.get("seen")) }`)),
	}, ",") + `}}`})
	ask := func(path, want string) (loaded, saved int64) {
		t.Helper()
		before := w.rt.Stats()
		if got := w.get(path); !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s, not %s", path, got.status, got.body, want)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := w.rt.Processes().Wait(ctx); err != nil { // forks too
			t.Error(err)
		}
		after := w.rt.Stats()
		return after.SessionsLoaded - before.SessionsLoaded, after.SessionsSaved - before.SessionsSaved
	}
	quiet := func(path, want string) {
		t.Helper()
		if loaded, saved := ask(path, want); loaded+saved != 0 {
			t.Errorf("%s loads %d sessions and saves %d", path, loaded, saved)
		}
	}
	quiet("/plain?q=1", `{"q":"1"}`)
	for _, n := range []string{"n=1", "n=2"} {
		if loaded, saved := ask("/count", n); loaded != 1 || saved != 1 {
			t.Errorf("/count loads %d sessions and saves %d", loaded, saved)
		}
	}
	quiet("/plain?q=1", `{"q":"1"}`)
	quiet("/fork", "forked")

	// Code that hides what it does is found out: a fork sees the session, the end of a flow that waits clears its offers.
	ask("/secret", "forked")
	ask("/seen", "2")
	ask("/ask", "asked")
	ask("/ask/nfnext/g", "went on")
	ask("/ask", "asked")
	ask("/ask?end=1", "asked")
	ask("/ask/nfnext/g", "not offered")
}
