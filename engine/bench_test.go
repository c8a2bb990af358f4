package engine

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// flows of the benchmarks; the same stand in bench/ for measuring over HTTP. The nodes of chain are standard modules, those
// of scripts have the same code as their own.
var benchApp = app(
	starter("s1", "/hello", "hello"), js("hello", `function main(){ c.JSON(200, {ok: true}) }`),
	starter("s2", "/calc", "calc"), js("calc", `function main(){ let x = 0; for (let i = 0; i < 1000; i++) { x += Math.sqrt(i) * Math.sin(i) } c.JSON(200, {x: x}) }`),
	starter("s3", "/chain", "v1"),
	setVar("v1", "v2"), setVar("v2", "v3"), setVar("v3", "v4"), setVar("v4", "v5"), setVar("v5", "v6"),
	setVar("v6", "v7"), setVar("v7", "v8"), setVar("v8", "v9"), setVar("v9", "v10"), setVar("v10", "out"),
	node("out", `{"type":"js","script":"json","field":"","http_code":"200"}`),
	starter("s4", "/scripts", "w1"), scripts(),
)

// scripts are ten nodes with a script that sets a variable each, and one that answers.
func scripts() string {
	const set = `"function main() {\n  payload[nflow_data.var_name] = nflow_data.var_value\n}"`
	var nodes []string
	for i := 1; i <= 10; i++ {
		id, next := fmt.Sprintf("w%d", i), fmt.Sprintf("w%d", i+1)
		nodes = append(nodes, node(id, `{"type":"js","var_name":"`+id+`","var_value":"1","code":`+set+`}`, "output_1="+next))
	}
	return strings.Join(append(nodes, js("w11", "function main() {\n  c.JSON(200, payload)\n}")), ",")
}

func setVar(id, next string) string {
	return node(id, `{"type":"js","script":"js_set_var","var_name":"`+id+`","var_value":"1"}`, "output_1="+next)
}

func benchRuntime(tb testing.TB) http.Handler {
	tb.Helper()
	_, h := runtimeOf(tb, benchApp)
	return h
}

// runtimeOf makes a runtime that serves an app.
func runtimeOf(tb testing.TB, app string) (*Runtime, http.Handler) {
	tb.Helper()
	st, err := sqlite.Open(tb.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		tb.Fatal(err)
	}
	if err := st.SaveApp(tb.Context(), store.App{Name: "app", JSON: []byte(app)}); err != nil {
		tb.Fatal(err)
	}
	rt, err := New(Options{Store: st, Log: quietLog()})
	if err != nil {
		tb.Fatal(err)
	}
	if err := rt.Load(tb.Context(), "app"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { rt.Close(tb.Context()); st.Close() })
	return rt, handlerOf(rt)
}

func quietLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// discard is a response that is discarded, so that only the runtime's own allocations count.
type discard struct{ h http.Header }

func (d *discard) Header() http.Header         { return d.h }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func BenchmarkRequest(b *testing.B) {
	h := benchRuntime(b)
	for _, path := range []string{"/hello", "/calc", "/chain", "/scripts"} {
		b.Run(path[1:], func(b *testing.B) {
			q := httptest.NewRequest("GET", path, nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(&discard{http.Header{}}, q)
			}
		})
	}
}

// leastAllocations of a request: what others do meanwhile, such as a collection, is noise.
func leastAllocations(h http.Handler, path string) float64 {
	q := httptest.NewRequest(http.MethodGet, path, nil)
	least := 1e9
	for range 5 {
		least = min(least, testing.AllocsPerRun(100, func() { h.ServeHTTP(&discard{http.Header{}}, q) }))
	}
	return least
}

// A request allocates no more than it did: two more are noise (a map that grew), three are a change to look at.
func TestAllocations(t *testing.T) { // not parallel: others would allocate meanwhile
	if testing.Short() {
		t.Skip("the race detector, which runs the short tests, would be counted")
	}
	h := benchRuntime(t)
	for path, most := range map[string]float64{"/hello": 49, "/chain": 59, "/scripts": 161} {
		got := leastAllocations(h, path)
		t.Logf("%s: %v allocations", path, got)
		if got > most+2 {
			t.Errorf("%s: %v allocations, it was %v", path, got, most)
		}
	}
}
