//go:build unix

package engine

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sort"
	"syscall"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// historyRuntime serves the flows of the benchmarks from a SQLite file.
func historyRuntime(b *testing.B, h HistoryConfig) (*Runtime, http.Handler) {
	st, err := sqlite.Open(b.Context(), sqlite.Options{DSN: filepath.Join(b.TempDir(), "nflow.db")})
	if err != nil {
		b.Fatal(err)
	}
	if err := st.SaveApp(b.Context(), store.App{Name: "app", JSON: []byte(benchApp)}); err != nil {
		b.Fatal(err)
	}
	rt, err := New(Options{Store: st, Config: ConfigWorkspace{History: h}, Log: quietLog()})
	if err != nil {
		b.Fatal(err)
	}
	if err := rt.Load(b.Context(), "app"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { rt.Close(b.Context()); st.Close() })
	return rt, handlerOf(rt)
}

// cpu returns the time that the process has had of all processors.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkHistoryCost measures, turn by turn in one process, what a request costs of the processors with the history
// off, with errors, and with all and payloads; the writing behind the runs is part of it. Where other work runs beside it,
// the least of all turns is nearest to the truth.
func BenchmarkHistoryCost(b *testing.B) {
	const turn = 2000 // the system counts a process's time in steps of some milliseconds
	modes := []struct {
		name string
		h    HistoryConfig
	}{{"off", HistoryConfig{Record: "off"}}, {"errors", HistoryConfig{Record: "errors"}}, {"all", HistoryConfig{Record: "all", Payloads: true}}}
	for _, path := range []string{"/hello", "/chain"} {
		b.Run(path[1:], func(b *testing.B) {
			var rts []*Runtime
			var handlers []http.Handler
			for _, m := range modes {
				rt, h := historyRuntime(b, m.h)
				rts, handlers = append(rts, rt), append(handlers, h)
			}
			q := httptest.NewRequest("GET", path, nil)
			spent := make([][]float64, len(modes))
			for round := range max(9, b.N) {
				for m := range modes {
					before := cpu()
					for range turn {
						handlers[m].ServeHTTP(&discard{http.Header{}}, q)
					}
					settle(rts[m])
					if round > 0 { // the first warms up
						spent[m] = append(spent[m], float64((cpu()-before).Nanoseconds())/turn/1000)
					}
				}
			}
			for m := range modes {
				sort.Float64s(spent[m])
				b.ReportMetric(spent[m][len(spent[m])/2], "cpu-µs/"+modes[m].name)
				b.ReportMetric(spent[m][0], "least-µs/"+modes[m].name)
			}
			if _, dropped, _ := rts[2].History().Stats(); dropped > 0 {
				b.Errorf("%d runs were dropped", dropped)
			}
		})
	}
}

// settle waits until nothing waits to be written.
func settle(rt *Runtime) {
	if rt.history.Policy().Share == 0 {
		return
	}
	total := rt.Processes().Total()
	for {
		if written, dropped, _ := rt.History().Stats(); written+dropped >= total {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkHistoryRate serves 2,000 runs a second for ten seconds, all of them kept with payloads, and counts what was
// dropped.
func BenchmarkHistoryRate(b *testing.B) {
	const rate, seconds = 2000, 10
	for _, path := range []string{"/hello", "/chain"} {
		b.Run(path[1:], func(b *testing.B) {
			rt, h := historyRuntime(b, HistoryConfig{Record: "all", Payloads: true})
			q := httptest.NewRequest("GET", path, nil)
			start := time.Now()
			for i := range rate * seconds {
				if ahead := time.Duration(i)*time.Second/rate - time.Since(start); ahead > time.Millisecond {
					time.Sleep(ahead)
				}
				h.ServeHTTP(&discard{http.Header{}}, q)
			}
			took := time.Since(start)
			settle(rt)
			_, dropped, _ := rt.History().Stats()
			b.ReportMetric(float64(dropped), "dropped")
			b.ReportMetric(rate*seconds/took.Seconds(), "runs/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
