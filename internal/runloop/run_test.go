package runloop

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/plugins"
	"github.com/arturoeanton/nflow-runtime/process"
)

// A run walks from its starter to where no connection leads on, and hands its payload on.
func TestWalk(t *testing.T) {
	t.Parallel()
	r := newRig(t, flow(
		`s starter 1=a | /x`,
		`a js 1=b,2=c | function main(){ payload.n = 1; next = payload.go }`,
		`b js 1=end | function main(){ payload.n++ }`,
		`c js 1=end | function main(){ payload.n = 10 }`,
		`end js | function main(){ c.JSON(200, payload) }`,
	), nil)
	r.expect(r.do("GET", "/x?go=output_1", nil), 200, `"n":2`)
	r.expect(r.do("GET", "/x?go=output_2", nil), 200, `"n":10`)
	r.expect(r.do("GET", "/x?go=output_9", nil), 200, ``) // no such output: the run ends there
	want := []string{"http ok: a b end", "http ok: a c end", "http ok: a"}
	if got := r.stories(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A run that waits continues where it was offered, with its form, and nowhere else.
func TestBreakAndContinue(t *testing.T) {
	t.Parallel()
	r := newRig(t, flow(
		`s starter 1=ask | /form`,
		`ask js 1=end | function main(){ payload.asked = true; payload.break = true; c.String(200, "who?") }`,
		`end js | function main(){ c.JSON(200, payload) }`,
		`other js | function main(){ c.String(200, "stolen") }`,
	), nil)
	at := func(node string) url.Values { return url.Values{exchange.NextField: {node}, "name": {"Ana"}} }
	r.expect(r.do("POST", "/form", at("end")), 409, "not offered")
	r.expect(r.do("GET", "/form", nil), 200, "who?")
	r.expect(r.do("POST", "/form", at("other")), 409, "not offered")
	r.expect(r.do("POST", "/form", at("nowhere")), 409, "not offered")
	r.expect(r.do("POST", "/form", at("end")), 200, `{"asked":true,"name":"Ana"}`)
	r.expect(r.do("POST", "/form", at("end")), 409, "not offered") // the flow has ended
}

// Each way to fail has its response, its status in the history, and ends only its own run.
func TestFailures(t *testing.T) {
	t.Parallel()
	panicking := plugins.NewStep("panics", "Panics.", func(context.Context, struct{}, map[string]any) (string, map[string]any, error) { panic("out of order") })
	r := newRig(t, flow(
		`s1 starter 1=t | /throws`, `t js | function main(){ throw new Error("secret") }`,
		`s2 starter 1=l | /loops`, `l js | function main(){ for (;;) {} }`,
		`s3 starter 1=p | /panics`, `p panics | {}`,
		`s4 starter 1=f | /large`, `f js | function main(){ c.String(200, "x".repeat(2 << 20)) }`,
		`s5 starter 1=d | /slow`, `d js | {"code": "function main(){ sleep(60000) }", "timeout_ms": "30"}`,
		`s6 starter 1=g | /good`, `g js | function main(){ c.String(200, "good") }`,
	), nil, panicking)
	r.expect(r.do("GET", "/throws", nil), 500, "the code of node")
	r.expect(r.do("GET", "/loops", nil), 408, `"limit":"operations"`)
	r.expect(r.do("GET", "/panics", nil), 500, "ended unexpectedly")
	r.expect(r.do("GET", "/large", nil), 408, `"limit":"answer"`)
	r.expect(r.do("GET", "/slow", nil), 408, `"limit":"time"`)
	r.expect(r.do("GET", "/good", nil), 200, "good")
	want := []string{"http error: t!", "http limit: l!", "http error: p!", "http limit: f!", "http limit: d!", "http ok: g"}
	if got := r.stories(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if !strings.Contains(r.log.String(), "secret") {
		t.Error("the log does not say why the script failed")
	}
}

// A run can be killed while it waits, and says so.
func TestKill(t *testing.T) {
	t.Parallel()
	r := newRig(t, flow(`s starter 1=a | /x`, `a js | function main(){ sleep(60000) }`), nil)
	answer := make(chan *httptest.ResponseRecorder)
	go func() { answer <- r.do("GET", "/x", nil) }()
	for r.loop.Processes.KillAll(process.ErrKilled) == 0 {
		time.Sleep(time.Millisecond) // until it lives
	}
	r.expect(<-answer, 503, "killed")
	if got := r.stories(); !slices.Equal(got, []string{"http killed: a!"}) {
		t.Errorf("%q", got)
	}
}

// A fork is a run of its own, which cannot answer; flow.call is one that hands back a payload. Both are bounded.
func TestForks(t *testing.T) {
	t.Parallel()
	r := newRig(t, flow(
		`s starter 1=f | /fork`, `f gorutine 1=on,2=branch | {}`,
		`on js | function main(){ c.String(200, "on") }`,
		`branch js | function main(){ let refused = false; try { c.String(200, "x") } catch (e) { refused = true } if (!refused) throw new Error("it answered") }`,
		`s2 starter 1=again | /again`, `again gorutine 2=again | {}`,
	), nil)
	got := r.do("GET", "/fork", nil)
	r.expect(got, 200, "on")
	if got.Header().Get("Dromedary-Wid-2") == "" || got.Header().Get("Nflow-Wid-1") == "" {
		t.Errorf("the client does not learn of the fork: %v", got.Header())
	}
	r.do("GET", "/again", nil)
	stories := r.stories()
	if !slices.Contains(stories, "fork ok: branch") || !slices.Contains(stories, "http ok: f on") {
		t.Errorf("%q", stories)
	}
	if n := len(stories); n > 20 || !strings.Contains(r.log.String(), "max_depth") {
		t.Errorf("%d runs came of a circle", n)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	r := newRig(t, flow(`s starter 1=a | /x`, `a js | function main(){ c.String(200, "x") }`), nil)
	r.expect(r.do("GET", "/x", nil), 200, "x")
	r.loop.Drain()
	got := r.do("GET", "/x", nil)
	r.expect(got, 503, "stopping")
	if got.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// told is a meter and a tracer that note what they are told.
type told struct {
	mu    sync.Mutex
	lines []string
}

func (w *told) note(words ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, strings.Join(words, " "))
}

func (w *told) Limit(kind string)          { w.note("limit", kind) }
func (w *told) Call(plugin string, _ bool) { w.note("call", plugin) }
func (w *told) Run(traceparent, _ string, about model.SpanInfo) model.Span {
	w.note("run", about.Flow, about.Path, traceparent)
	return &toldSpan{w, "run"}
}

type toldSpan struct {
	*told
	name string
}

func (s *toldSpan) Node(id, _, kind string) model.Span {
	s.note("node", id, kind)
	return &toldSpan{s.told, id}
}
func (*toldSpan) Traceparent() string            { return "00-own-01" }
func (*toldSpan) Tracestate() string             { return "" }
func (s *toldSpan) End(status string, err error) { s.note("end", s.name, status) }

// The observer tells meter and tracer of each run and node, in the order in which they happen.
func TestObserver(t *testing.T) {
	t.Parallel()
	w := &told{}
	counts := plugins.NewStep("counts", "Counts.", func(context.Context, struct{}, map[string]any) (string, map[string]any, error) { return "", nil, nil })
	r := newRig(t, flow(
		`s starter 1=a | /x`, `a counts 1=b | {}`, `b js | function main(){ c.String(200, trace ? "traced" : "") }`,
		`s2 starter 1=l | /loops`, `l js | function main(){ for (;;) {} }`,
	), func(o *Options) { o.Meter, o.Tracer = w, w }, counts)
	r.do("GET", "/x", nil)
	r.do("GET", "/loops", nil)
	want := []string{
		"run home /x ", "node a counts", "call test", "end a ok", "node b js", "end b error", "end run error",
		"run home /loops ", "node l js", "end l limit", "end run limit",
	}
	if !slices.Equal(w.lines, want) {
		t.Errorf("got  %q\nwant %q", w.lines, want)
	}
}

// TestTracingOffAllocatesNothing: all that tracing adds to a run and to a visit, while no endpoint is set.
func TestTracingOffAllocatesNothing(t *testing.T) { // not parallel: others would allocate meanwhile
	if testing.Short() {
		t.Skip("the race detector, which runs the short tests, would be counted")
	}
	q := httptest.NewRequest(http.MethodGet, "/", nil)
	q.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	r := &run{
		loop:    &Loop{Options: Options{Clock: SystemClock{}, Limits: &Limits{}, Log: slog.New(slog.DiscardHandler)}},
		version: &apps.Version{}, flow: &apps.Flow{Flow: &graph.Flow{}},
	}
	r.web.Open((*exchangeHost)(r), &r.loop.Limits.Exchange, echo.New().NewContext(q, nil), graph.Match{})
	r.observer.run, r.scope.run = r, r
	n := &graph.Node{ID: "a", Type: "js"}
	allocations := testing.AllocsPerRun(1000, func() {
		r.observer.startSpan(nil)
		r.scope.setTrace()
		v := r.observer.nodeStarted(n)
		r.observer.nodeFinished(&v, nil, nil)
		r.observer.runFinished(nil)
	})
	if allocations > 0 || r.observer.span != nil || r.scope.host.Trace == "" {
		t.Errorf("%v allocations, span %v, trace %q", allocations, r.observer.span, r.scope.host.Trace)
	}
}
