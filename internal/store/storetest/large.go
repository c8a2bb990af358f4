//go:build large

package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	largeRuns  = 1_000_000
	largeNodes = 10 // of each
	largeDays  = 10
	pruned     = 100_000 // runs, with a million visits
)

// Large measures the history with ten million visits: each page that the runs API requests, one run, and how long
// somebody who writes waits while a million visits are removed. It takes minutes.
func Large(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	began := time.Now()
	now := began.Truncate(time.Second)
	fill(t, st, now)
	t.Logf("%d runs with %d visits were written in %s", largeRuns, largeRuns*largeNodes, time.Since(began).Round(time.Second))
	if _, err := st.DB().Exec("ANALYZE"); err != nil {
		t.Fatal(err)
	}
	pages(t, st, now)
	prune(t, st)
}

// pages reads each page of the list that the runs API returns, and one run.
func pages(t *testing.T, st store.Store, now time.Time) {
	for _, c := range []struct {
		name string
		f    store.RunFilter
	}{
		{"first page", store.RunFilter{}},
		{"app", store.RunFilter{App: "shop"}},
		{"flow", store.RunFilter{Flow: "flow 7"}},
		{"rare flow", store.RunFilter{Flow: "rare"}},
		{"status ok", store.RunFilter{Status: store.RunOK}},
		{"status error", store.RunFilter{Status: store.RunError}},
		{"status limit, rare", store.RunFilter{Status: store.RunLimit}},
		{"flow and status", store.RunFilter{Flow: "flow 7", Status: store.RunError}},
		{"user", store.RunFilter{User: "user 17"}},
		{"node", store.RunFilter{Node: "node 3"}},
		{"node and status", store.RunFilter{Node: "node 3", Status: store.RunError}},
		{"a day of a flow", store.RunFilter{Flow: "flow 7", From: now.AddDate(0, 0, -5), To: now.AddDate(0, 0, -4)}},
		{"text, often", store.RunFilter{Text: "/path/1"}},
		{"text, never", store.RunFilter{Text: "no such text"}},
		{"in the middle", store.RunFilter{Before: store.RunID(now.AddDate(0, 0, -5))}},
	} {
		c.f.Limit = 50
		within(t, fmt.Sprintf("page, %-20s", c.name), func() { get[store.RunPage](t)(st.Runs(ctx(t), c.f)) })
	}
	within(t, "one run                   ", func() {
		r := get[*store.Run](t)(st.Run(ctx(t), "wid-500000"))
		equal(t, "visits", len(r.Visits), largeNodes)
		get[store.RunPage](t)(st.Runs(ctx(t), store.RunFilter{Parent: r.Wid}))
	})
}

func fill(t *testing.T, st store.Store, now time.Time) {
	const batch = 1000
	step := largeDays * 24 * time.Hour / largeRuns
	for from := 0; from < largeRuns; from += batch {
		runs := make([]*store.Run, batch)
		for i := range runs {
			runs[i] = largeRun(from+i, now.Add(-time.Duration(largeRuns-from-i)*step))
		}
		must(t, st.WriteRuns(t.Context(), runs))
	}
}

func largeRun(n int, end time.Time) *store.Run {
	flow := fmt.Sprintf("flow %d", n%20)
	if n%100_003 == 0 {
		flow = "rare"
	}
	r := &store.Run{
		Wid: fmt.Sprintf("wid-%d", n), App: "shop", Flow: flow, Version: "v1", Kind: "http", Starter: "s", Method: "GET", Path: fmt.Sprintf("/path/%d", n),
		Started: end.Add(-time.Millisecond), Took: time.Millisecond, Status: store.RunOK, Answer: 200, Nodes: largeNodes, Input: []byte(`{"set":{"n":1}}`),
	}
	switch {
	case n%50_021 == 0:
		r.Status, r.Exceeded, r.Error = store.RunLimit, "time", "the run took longer than 30s"
	case n%97 == 0:
		r.Status, r.Error, r.Stack, r.FailedAt = store.RunError, "the code of node failed", "Error: x\n at main (flow:1:2)", "node 9"
	}
	if n%10 == 0 {
		r.User = fmt.Sprintf("user %d", n/10%1000)
	}
	for i := range largeNodes {
		r.Visits = append(r.Visits, store.Visit{
			Order: i + 1, Place: store.Place{App: "shop", Flow: flow, Node: fmt.Sprintf("node %d", i), Name: fmt.Sprintf("box %d", i), Type: "js"},
			At: time.Duration(i) * 100 * time.Microsecond, Took: 100 * time.Microsecond, Output: "output_1", Status: store.RunOK,
			Changes: []byte(`{"set":{"total":12.5,"items":[1,2,3]}}`),
		})
	}
	return r
}

// prune removes the oldest runs while another goroutine writes, and returns how long a write took at most.
func prune(t *testing.T, st store.Store) {
	stop, waits := make(chan struct{}), make(chan []time.Duration, 1)
	go func() {
		var all []time.Duration
		for n := largeRuns; ; n++ {
			select {
			case <-stop:
				waits <- all
				return
			default:
			}
			began := time.Now()
			if err := st.KVSet(t.Context(), "shop", "key", fmt.Sprint(n), time.Time{}); err != nil {
				t.Error(err)
			}
			all = append(all, time.Since(began))
			time.Sleep(time.Millisecond)
		}
	}()
	began := time.Now()
	// Not by age: whole days would be dropped together where days are partitions.
	runs, _, err := st.PruneRuns(t.Context(), store.Retention{MaxRuns: largeRuns - pruned + 1})
	took := time.Since(began)
	close(stop)
	all := <-waits
	must(t, err)
	slices.Sort(all)
	t.Logf("%d runs with %d visits were removed in %s; %d writes meanwhile took %.1f ms in the middle, %.1f ms at the 99th percentile, %s the slowest",
		runs, runs*largeNodes, took.Round(time.Second), len(all), ms(all[len(all)/2]), ms(all[len(all)*99/100]), all[len(all)-min(5, len(all)):])
	if all[len(all)-1] > 250*time.Millisecond {
		t.Errorf("a write waited %s", all[len(all)-1])
	}
}

// within reports how long a response takes, and fails where that is too long in the middle of a hundred.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	var all []time.Duration
	for range 100 {
		began := time.Now()
		f()
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	middle := all[len(all)/2]
	t.Logf("%s %6.1f ms in the middle, %6.1f at the 99th percentile", what, ms(middle), ms(all[len(all)-2]))
	if middle > 100*time.Millisecond {
		t.Errorf("%s takes %s", what, middle)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
