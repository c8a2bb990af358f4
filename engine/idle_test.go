package engine

import (
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// idle makes a runtime with every plugin, or with the globals of the request alone.
func idle(tb testing.TB, plugins bool) http.Handler {
	tb.Helper()
	st, err := sqlite.Open(tb.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		tb.Fatal(err)
	}
	if err := st.SaveApp(tb.Context(), store.App{Name: "app", JSON: []byte(benchApp)}); err != nil {
		tb.Fatal(err)
	}
	rt, err := New(Options{Store: st, Log: slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		tb.Fatal(err)
	}
	if !plugins {
		*rt.globals = *hostfn.NewTable(jsapi.Rows(rt.globalsDeps(nil)))
	}
	if err := rt.Load(tb.Context(), "app"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { rt.Close(tb.Context()); st.Close() })
	e := echo.New()
	e.Any("/*", rt.Handler("app"))
	return e
}

// TestIdlePluginsCostNothing: a run that uses no plugin allocates as much with all of them as with none. What it takes of time
// is measured by BenchmarkIdlePlugins.
func TestIdlePluginsCostNothing(t *testing.T) { // not parallel: others would allocate meanwhile
	if testing.Short() {
		t.Skip("the race detector, which runs the short tests, would be counted")
	}
	with, without := leastAllocations(idle(t, true), "/hello"), leastAllocations(idle(t, false), "/hello")
	if with > without {
		t.Errorf("%v allocations with the plugins, %v without", with, without)
	}
}

// BenchmarkIdlePlugins compares a run that uses no plugin on a runtime with all of them and on one with none, in turn in one
// process, request by request. The tenth part that was fastest counts, which other work on the machine disturbs least:
// added-ns/run is the difference.
func BenchmarkIdlePlugins(b *testing.B) {
	c := &comparison{with: idle(b, true), without: idle(b, false)}
	for b.Loop() {
		c.request()
	}
	with, without := c.fast()
	b.ReportMetric(with-without, "added-ns/run")
	b.ReportMetric(with, "with-ns/run")
	b.ReportMetric(without, "without-ns/run")
}

// comparison measures two runtimes in turn.
type comparison struct {
	with, without http.Handler
	path          string // Defaults to /hello
	took          [2][]time.Duration
}

func (c *comparison) request() {
	q := httptest.NewRequest(http.MethodGet, cmp.Or(c.path, "/hello"), nil)
	first := len(c.took[0]) % 2 // each goes first in turn
	for i := range 2 {
		at := (first + i) % 2
		h := c.with
		if at == 1 {
			h = c.without
		}
		start := time.Now()
		h.ServeHTTP(&discard{http.Header{}}, q)
		c.took[at] = append(c.took[at], time.Since(start))
	}
}

// fast returns what the tenth part that was fastest stayed below, in nanoseconds.
func (c *comparison) fast() (with, without float64) {
	tenth := func(d []time.Duration) float64 { slices.Sort(d); return float64(d[len(d)/10]) }
	return tenth(c.took[0]), tenth(c.took[1])
}
