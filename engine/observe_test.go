package engine

import (
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/metrics"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
	"github.com/arturoeanton/nflow-runtime/logger"
)

// counter is the metrics as internal/app hands them over.
type counter struct{ *metrics.Metrics }

func (c counter) Flow(name string, types []string) FlowMeter { return c.Metrics.Flow(name, types) }

// watched makes a runtime that serves the flows of the benchmarks.
func watched(tb testing.TB, level slog.Level, m Meter) http.Handler {
	tb.Helper()
	st, err := sqlite.Open(tb.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		tb.Fatal(err)
	}
	if err := st.SaveApp(tb.Context(), store.App{Name: "app", JSON: []byte(benchApp)}); err != nil {
		tb.Fatal(err)
	}
	mask, err := logger.NewMasker(logger.MaskOptions{Secrets: []string{"a-password", "another-one", "a-key-of-32-bytes-or-a-bit-longer"}})
	if err != nil {
		tb.Fatal(err)
	}
	l := logger.New(logger.Options{Out: io.Discard, Level: level, Mask: mask})
	rt, err := New(Options{Store: st, Log: l.Logger(), Mask: mask, Meter: m})
	if err != nil {
		tb.Fatal(err)
	}
	if err := rt.Load(tb.Context(), "app"); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { rt.Close(tb.Context()); st.Close(); l.Close() })
	e := echo.New()
	e.Any("/*", rt.Handler("app"))
	return e
}

// Counting costs no allocation. BenchmarkWatching measures the time.
func TestCountingAllocatesNothing(t *testing.T) { // not parallel: others would allocate meanwhile
	if testing.Short() {
		t.Skip("the race detector, which runs the short tests, would be counted")
	}
	with, without := watched(t, slog.LevelWarn, counter{metrics.New(metrics.Options{})}), watched(t, slog.LevelWarn, nil)
	if a, b := leastAllocations(with, "/chain"), leastAllocations(without, "/chain"); a > b {
		t.Errorf("%v allocations with metrics, %v without", a, b)
	}
}

// BenchmarkWatching compares runs with and without metrics, and with the log at info and at warn, in turn in one process.
func BenchmarkWatching(b *testing.B) {
	plain := watched(b, slog.LevelWarn, nil)
	for name, c := range map[string]*comparison{
		"metrics/hello": {with: watched(b, slog.LevelWarn, counter{metrics.New(metrics.Options{})}), without: plain},
		"metrics/chain": {with: watched(b, slog.LevelWarn, counter{metrics.New(metrics.Options{})}), without: plain, path: "/chain"},
		"info/hello":    {with: watched(b, slog.LevelInfo, nil), without: plain},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.request()
			}
			with, without := c.fast()
			b.ReportMetric(with-without, "added-ns/run")
			b.ReportMetric(without, "without-ns/run")
		})
	}
}
