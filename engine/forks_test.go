package engine

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

const fork = `{"type":"gorutine"}`

// tally is a step that counts its visits and continues; with a gate, each waits there.
type tally struct {
	n    *atomic.Int64
	gate chan struct{}
}

func (s tally) Run(_ *model.Controller, actor *model.Node, _ echo.Context, _ *goja.Runtime, _ string, _ model.Vars, _ *process.Process, _ goja.Value) (string, goja.Value, error) {
	s.n.Add(1)
	if s.gate != nil {
		<-s.gate
	}
	if out := actor.Outputs["output_1"]; out != nil {
		return out.Connections[0].Node, nil, nil
	}
	return "", nil, nil
}

// counted registers a step "count".
func counted(n *atomic.Int64) func(*Runtime) {
	return func(rt *Runtime) { rt.RegisterStep("count", tally{n: n}) }
}

// A fork that leads back to itself starts as many forks as max_depth says; the one that would be one more says so in log
// and history. The request itself is answered.
func TestForkThatForksItself(t *testing.T) {
	t.Parallel()
	for name, circle := range map[string]string{
		"by a connection": node("f", fork, "output_1=ok", "output_2=n") + "," + node("n", `{"type":"count"}`, "output_1=f"),
		"by a call": node("f", fork, "output_1=ok", "output_2=n") + "," + node("n", `{"type":"count"}`, "output_1=call") + "," +
			js("call", `function main(){ flow.call("/f" + "") }`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			c := keepAll()
			w := newWorld(t, setup{config: c, prepare: counted(&n), app: app(starter("s", "/f", "f"), circle, js("ok", `function main(){ try { c.JSON(200, "ok") } catch (e) {} }`))})
			w.expect(w.get("/f"), 200, "ok")
			w.settled()
			most := int64(16)
			if name == "by a call" {
				most = 8 // a fork and a call, in turn
			}
			if n.Load() != most {
				t.Errorf("%d forks ran, want %d", n.Load(), most)
			}
			if !strings.Contains(w.log.String(), "fork failed") || !strings.Contains(w.log.String(), "[vm_pool] max_depth") {
				t.Errorf("the log does not name the setting:\n%s", w.log)
			}
			w.failedWith("[vm_pool] max_depth")
		})
	}
}

// settled waits until the app has no live run.
func (w *world) settled() {
	w.t.Helper()
	if err := w.rt.Processes().Wait(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// failedWith expects a run in the history whose error holds the text.
func (w *world) failedWith(text string) {
	w.t.Helper()
	for tries := 0; tries < 500; tries++ {
		runs, err := w.store.Runs(w.t.Context(), store.RunFilter{Limit: 1000})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range runs.Runs {
			if strings.Contains(r.Error, text) {
				return
			}
		}
		_ = store.Pause(w.t.Context(), 1e7)
	}
	w.t.Errorf("no run in the history failed with %q", text)
}

// All forks of a request count together, those of its forks and of the flows that it calls included.
func TestForksOfARequest(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxForks: 50}, History: HistoryConfig{Record: "all"}}, prepare: counted(&n),
		app: app(
			starter("s1", "/loop", "f"), node("f", fork, "output_1=again", "output_2=n"), node("n", `{"type":"count"}`),
			js("again", `function main(){ payload.i = (payload.i || 0) + 1; next = payload.i < 100000 ? "output_1" : "output_2" }`, "output_1=f", "output_2=ok"),
			js("ok", `function main(){ try { c.JSON(200, "ok") } catch (e) {} }`),
			starter("s2", "/few", "f"),
			starter("s3", "/tree", "a"), node("a", `{"type":"count"}`, "output_1=b"), node("b", fork, "output_1=b2", "output_2=a"), node("b2", fork, "output_1=b3", "output_2=a"), node("b3", fork, "output_1=ok2", "output_2=a"),
			js("ok2", `function main(){ try { c.JSON(200, "ok") } catch (e) {} }`),
			starter("s4", "/calls", "c"), js("c", `function main(){ for (let i = 0; i < 100; i++) flow.call("/few", {i: 99999}); c.JSON(200, "ok") }`),
		),
	})
	got := w.get("/loop")
	w.expect(got, 408, "[vm_pool] max_forks")
	w.expect(got, 408, `"limit":"forks"`)
	told := 0
	for k := range got.header {
		if strings.HasPrefix(k, "Dromedary-Wid-") {
			told++
		}
	}
	if told != exchange.MaxTold {
		t.Errorf("the client was told of %d forks", told)
	}
	w.settled()
	if n.Load() != 50 {
		t.Errorf("a loop started %d forks, want 50", n.Load())
	}
	w.failedWith("[vm_pool] max_forks")

	n.Store(0)
	w.get("/tree")
	w.settled()
	if n.Load() > 51 { // the request and its forks
		t.Errorf("forks of forks: %d ran, want at most 51", n.Load())
	}
	n.Store(0)
	w.expect(w.get("/calls"), 408, "[vm_pool] max_forks")
	w.settled()
	if n.Load() != 50 {
		t.Errorf("flows that are called: %d forks ran, want 50", n.Load())
	}
	w.expect(w.get("/few?i=99999"), 200, "ok") // another request has forks of its own
}

// Forks that wait for a place are bounded by number and by what they hold; what is refused leaves nothing behind.
func TestForksThatWait(t *testing.T) {
	t.Parallel()
	loop := func(path, id, payload string) string {
		return starter("s"+id, path, "in"+id) + "," + js("in"+id, `function main(){ payload.text = `+payload+` }`, "output_1=f"+id) + "," +
			node("f"+id, fork, "output_1=again"+id, "output_2=n") + "," +
			js("again"+id, `function main(){ payload.i = (payload.i || 0) + 1; next = payload.i < 10 ? "output_1" : "output_2" }`, "output_1=f"+id, "output_2=ok")
	}
	var n atomic.Int64
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxSize: 1, MaxWaitingForks: 3, MaxWaitingForksMB: 1, QueueSeconds: 5}}, prepare: counted(&n),
		app: app(loop("/many", "m", `"x"`), loop("/large", "l", `"x".repeat(400 << 10)`), loop("/list", "i", `Array.from({length: 30}, (v, i) => "x".repeat(20 << 10))`),
			loop("/session", "s", `(() => { for (let i = 0; i < 8000; i++) set_session("s", "k" + i, "1"); return "x" })()`),
			node("n", `{"type":"count"}`), js("ok", `function main(){ c.JSON(200, "ok") }`)),
	})
	for _, tt := range []struct {
		path, setting string
		forks         int64
	}{
		{"/many", "[vm_pool] max_waiting_forks)", 3},
		{"/large", "[vm_pool] max_waiting_forks_mb)", 2},
		{"/list", "[vm_pool] max_waiting_forks_mb)", 1},
		{"/session", "[vm_pool] max_waiting_forks_mb)", 1}, // the last: all that follow have this session
	} {
		n.Store(0)
		got := w.get(tt.path)
		w.expect(got, 503, tt.setting)
		if got.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", tt.path)
		}
		w.settled()
		if n.Load() != tt.forks {
			t.Errorf("%s: %d forks ran, want %d", tt.path, n.Load(), tt.forks)
		}
		if forks, bytes := w.waitingForks(); forks != 0 || bytes != 0 {
			t.Errorf("%s: %d forks and %d bytes are still counted", tt.path, forks, bytes)
		}
	}
	// A request's body is held by its forks, too.
	w.expect(w.do("POST", "/many", strings.NewReader(fmt.Sprintf(`{"a":%q}`, strings.Repeat("x", 900<<10))), "Content-Type: application/json"), 503, "max_waiting_forks")
}

// waitingForks returns what forks of the app take of its quota.
func (w *world) waitingForks() (forks, bytes int64) {
	for _, f := range w.rt.apps.Serving("app").Flows {
		return f.Forks.State()
	}
	return 0, 0
}

// stubborn is a plugin that listens until its run ends.
type stubborn struct{ gate chan struct{} }

func (stubborn) Name() string                 { return "stubborn" }
func (stubborn) AddFeatureJS() map[string]any { return nil }
func (p stubborn) Run(_ echo.Context, _ map[string]string, _ any, _ string, callback chan string) (any, string, error) {
	callback <- `{"n": 1}`
	<-p.gate
	return nil, "", nil
}

// Plugins that listen count as waiting forks of the app, however many requests start them; a message that starts another
// listener gets only so deep.
func TestListenersAreBounded(t *testing.T) {
	t.Parallel()
	p := stubborn{make(chan struct{})}
	w := newWorld(t, setup{
		config:  ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxWaitingForks: 40}},
		prepare: func(rt *Runtime) { rt.RegisterPlugin(p) },
		app: app(starter("s", "/cb", "cb"), node("cb", `{"type":"dromedary_callback","dromedary_name":"stubborn"}`, "output_1=on", "output_2=cb"),
			js("on", `function main(){ try { c.JSON(200, "on") } catch (e) {} }`)),
	})
	w.expect(w.get("/cb"), 200, "on")
	for !strings.Contains(w.log.String(), "[vm_pool] max_depth") { // a listener and a message, in turn
		if err := store.Pause(t.Context(), 1e6); err != nil {
			t.Fatal(err)
		}
	}
	if forks, _ := w.waitingForks(); forks > 9 {
		t.Errorf("%d listeners came of one request", forks)
	}
	for got := w.get("/cb"); got.status != 503; got = w.get("/cb") {
		if forks, _ := w.waitingForks(); forks > 40 {
			t.Fatalf("%d listeners", forks)
		}
	}
	w.expect(w.get("/cb"), 503, "max_waiting_forks")
	close(p.gate)
	w.settled()
	w.expect(w.get("/cb"), 200, "on")
}
