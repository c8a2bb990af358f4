package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// noon is when the runs of the tests begin, in unix seconds.
const noon seconds = 1772625600

type seconds int64

func (s seconds) Add(d time.Duration) time.Time { return time.Unix(int64(s), 0).UTC().Add(d) }

// aRun makes a run of two visits that ends n seconds after noon.
func aRun(n int, change func(*store.Run)) *store.Run {
	r := &store.Run{
		Wid: fmt.Sprintf("w%03d", n), App: "shop", Flow: "order", Version: "v1", Instance: "i1", Kind: "http", Starter: "s", Method: "GET",
		Path: "/order/" + fmt.Sprint(n), Started: noon.Add(time.Duration(n)*time.Second - time.Millisecond), Took: time.Millisecond,
		Status: store.RunOK, Answer: 200, Operations: 7, PeakMemory: 1 << 20, InVM: 12 * time.Microsecond, Nodes: 2, Input: []byte(`{"a":1}`),
		Visits: []store.Visit{
			{Order: 1, Place: place("a"), Took: 300 * time.Microsecond, Output: "output_1", Status: store.RunOK, Changes: []byte(`{"set":{"b":2}}`)},
			{Order: 2, Place: place("b"), At: 300 * time.Microsecond, Took: 700 * time.Microsecond, Status: store.RunOK, Logs: []byte(`[{"text":"hi"}]`)},
		},
	}
	if change != nil {
		change(r)
	}
	return r
}

func place(node string) store.Place {
	return store.Place{App: "shop", Flow: "order", Node: node, Name: "box " + node, Type: "js"}
}

// wids lists the runs that a filter chooses, page by page.
func wids(t *testing.T, st store.Store, f store.RunFilter) string {
	t.Helper()
	var all []string
	for range 1000 {
		page := get[store.RunPage](t)(st.Runs(ctx(t), f))
		if f.Limit > 0 && len(page.Runs) > f.Limit {
			t.Errorf("a page of %d, over the limit", len(page.Runs))
		}
		for i := range page.Runs {
			all = append(all, page.Runs[i].Wid)
		}
		if f.Before = page.Next; f.Before == 0 {
			return strings.Join(all, " ")
		}
	}
	t.Fatal("the pages do not end")
	return ""
}

func testRuns(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	_, err := st.Run(ctx(t), "w001")
	isMissing(t, err, `run "w001" does not exist`)
	equal(t, "no runs", wids(t, st, store.RunFilter{}), "")
	must(t, st.WriteRuns(ctx(t), nil))

	one := aRun(1, func(r *store.Run) {
		r.Error, r.Stack, r.FailedAt, r.Exceeded, r.Status, r.User = "the code failed", "Error: x\x00\xff\n at main", "b", "time", store.RunLimit, "ana"
		r.Parent, r.Story = "p", ""
	})
	must(t, st.WriteRuns(ctx(t), []*store.Run{one}))
	got := get[*store.Run](t)(st.Run(ctx(t), "w001"))
	want := *one
	want.Stack = "Error: x\uFFFD\n at main"
	equal(t, "run", show(got), show(&want))
	equal(t, "end", store.RunEnd(got.ID).UTC(), noon.Add(time.Second))

	var batch []*store.Run
	for n := 2; n <= 130; n++ {
		batch = append(batch, aRun(n, nil))
	}
	must(t, st.WriteRuns(ctx(t), batch))
	must(t, st.WriteRuns(ctx(t), []*store.Run{aRun(1, func(r *store.Run) { r.Wid = "same time" })}))
	equal(t, "last", wids(t, st, store.RunFilter{From: noon.Add(129 * time.Second)}), "w130 w129")
	equal(t, "pages", wids(t, st, store.RunFilter{Limit: 7}), wids(t, st, store.RunFilter{Limit: 1000}))
	equal(t, "all", len(strings.Fields(wids(t, st, store.RunFilter{Limit: 10, App: "shop"}))), 132)
	c, cancel := context.WithCancel(ctx(t))
	cancel()
	if err := st.WriteRuns(c, []*store.Run{aRun(200, nil)}); err == nil {
		t.Error("writing after the end of its context must fail")
	}
}

// show writes a run without what the store assigns.
func show(r *store.Run) string {
	c := *r
	c.ID, c.Bytes, c.Visits = 0, 0, nil
	return fmt.Sprintf("%+v %s", c, fmt.Sprintf("%+v", r.Visits))
}

func testRunFilters(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	must(t, st.WriteRuns(ctx(t), []*store.Run{
		aRun(1, nil),
		aRun(2, func(r *store.Run) { r.Flow, r.Visits = "pay", nil }),
		aRun(3, func(r *store.Run) { r.Status, r.Error, r.User = store.RunError, "100% of Ñandú_1", "ana" }),
		aRun(4, func(r *store.Run) { r.Status, r.Visits, r.Parent = store.RunKilled, r.Visits[:1], "w003" }),
		aRun(5, func(r *store.Run) { r.App = "other"; r.Visits[0].Place.App, r.Visits[1].Place.App = "other", "other" }),
	}))
	for name, c := range map[string]struct {
		f    store.RunFilter
		want string
	}{
		"all":            {store.RunFilter{}, "w005 w004 w003 w002 w001"},
		"app":            {store.RunFilter{App: "other"}, "w005"},
		"flow":           {store.RunFilter{Flow: "pay"}, "w002"},
		"status":         {store.RunFilter{Status: store.RunError}, "w003"},
		"ok":             {store.RunFilter{Status: store.RunOK, App: "shop"}, "w002 w001"},
		"both":           {store.RunFilter{Status: store.RunKilled, Flow: "order"}, "w004"},
		"neither":        {store.RunFilter{Status: store.RunKilled, Flow: "pay"}, ""},
		"user":           {store.RunFilter{User: "ana"}, "w003"},
		"nobody":         {store.RunFilter{User: "' OR 1=1 --"}, ""},
		"node by id":     {store.RunFilter{Node: "b"}, "w005 w003 w001"},
		"node by name":   {store.RunFilter{Node: "box a", App: "shop"}, "w004 w003 w001"},
		"node of a flow": {store.RunFilter{Node: "a", Flow: "pay"}, ""},
		"node, status":   {store.RunFilter{Node: "a", Status: store.RunKilled}, "w004"},
		"no such node":   {store.RunFilter{Node: "zzz"}, ""},
		"text":           {store.RunFilter{Text: "ORDER/4"}, "w004"},
		"text of error":  {store.RunFilter{Text: "0% of"}, "w003"},
		"no wildcard":    {store.RunFilter{Text: "0%1"}, ""},
		"no wildcard _":  {store.RunFilter{Text: "order_1"}, ""},
		"wid":            {store.RunFilter{Text: "W002"}, "w002"},
		"parent":         {store.RunFilter{Parent: "w003"}, "w004"},
		"from":           {store.RunFilter{From: noon.Add(4 * time.Second)}, "w005 w004"},
		"to":             {store.RunFilter{To: noon.Add(2 * time.Second)}, "w001"},
		"node in time":   {store.RunFilter{Node: "b", From: noon.Add(2 * time.Second), To: noon.Add(4 * time.Second)}, "w003"},
	} {
		for _, limit := range []int{0, 1, 2} {
			c.f.Limit = limit
			equal(t, fmt.Sprint(name, " by ", limit), wids(t, st, c.f), c.want)
		}
	}
}

// testRunStory: a run that waits is no longer waiting when a later run of its story is there, whichever was written first.
func testRunStory(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	waits := func(r *store.Run) { r.Status, r.Story = store.RunWaiting, "w001" }
	must(t, st.WriteRuns(ctx(t), []*store.Run{aRun(1, waits), aRun(9, func(r *store.Run) { r.Status, r.Story = store.RunWaiting, "w009" })}))
	equal(t, "waiting", wids(t, st, store.RunFilter{Status: store.RunWaiting}), "w009 w001")
	must(t, st.WriteRuns(ctx(t), []*store.Run{aRun(3, func(r *store.Run) { r.Story = "w001" })}))
	equal(t, "one went on", wids(t, st, store.RunFilter{Status: store.RunWaiting}), "w009")
	must(t, st.WriteRuns(ctx(t), []*store.Run{aRun(2, waits)}))
	equal(t, "the second came late", wids(t, st, store.RunFilter{Status: store.RunWaiting}), "w009")
	equal(t, "story", wids(t, st, store.RunFilter{Story: "w001"}), "w003 w002 w001")
}

func testNodeStats(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	hour := int64(noon) / 3600
	var many []store.NodeStat
	for class := range 120 {
		many = append(many, store.NodeStat{Place: place("a"), Hour: hour, Class: class, Visits: 2, Failed: 1})
	}
	must(t, st.AddNodeStats(ctx(t), nil))
	must(t, st.AddNodeStats(ctx(t), many))
	must(t, st.AddNodeStats(ctx(t), []store.NodeStat{
		{Place: place("a"), Hour: hour, Class: 5, Visits: 10},
		{Place: place("a"), Hour: hour - 2, Class: 5, Visits: 100},
		{Place: place("b"), Hour: hour, Class: 1, Visits: 3, Failed: 3},
	}))
	counts := func(since time.Time) string {
		var text []string
		for _, s := range get[[]store.NodeStat](t)(st.NodeStats(ctx(t), "shop", "order", since)) {
			if s.Class == 5 || s.Place.Node == "b" {
				text = append(text, fmt.Sprintf("%s %s %d %d/%d", s.Place.Node, s.Place.Name, s.Class, s.Failed, s.Visits))
			}
		}
		return strings.Join(text, ", ")
	}
	equal(t, "this hour", counts(noon.Add(0)), "a box a 5 1/12, b box b 1 3/3")
	equal(t, "three hours", counts(noon.Add(-2*time.Hour)), "a box a 5 1/112, b box b 1 3/3")
	equal(t, "of another flow", len(get[[]store.NodeStat](t)(st.NodeStats(ctx(t), "shop", "pay", time.Time{}))), 0)
	_, _, err := st.PruneRuns(ctx(t), store.Retention{Before: noon.Add(0)})
	must(t, err)
	equal(t, "after pruning", counts(noon.Add(-2*time.Hour)), "a box a 5 1/12, b box b 1 3/3")
}

func testPruneRuns(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	prune := func(r store.Retention) int64 {
		t.Helper()
		runs, bytes, err := st.PruneRuns(ctx(t), r)
		must(t, err)
		if runs > 0 != (bytes > 0) {
			t.Errorf("%d runs, %d bytes", runs, bytes)
		}
		return runs
	}
	day := 24 * 60 * 60
	var batch []*store.Run
	for n := range 700 {
		batch = append(batch, aRun(n, nil))
	}
	for n := range 10 {
		batch = append(batch, aRun(day+n, nil))
	}
	must(t, st.WriteRuns(ctx(t), batch))
	equal(t, "no bound", prune(store.Retention{}), 0)
	equal(t, "nothing old", prune(store.Retention{Before: noon.Add(0)}), 0)
	equal(t, "by age", prune(store.Retention{Before: noon.Add(450 * time.Second)}), 450)
	equal(t, "the oldest left", wids(t, st, store.RunFilter{To: noon.Add(452 * time.Second)}), "w451 w450")
	equal(t, "by number", prune(store.Retention{MaxRuns: 200}), 60)
	size := batch[0].Bytes
	equal(t, "by bytes", prune(store.Retention{MaxBytes: 100*size + size/2}), 100)
	left(t, st, 100, 200)
	equal(t, "a whole day", prune(store.Retention{Before: noon.Add(12 * time.Hour)}), 90)
	left(t, st, 10, 20)
	must(t, st.WriteRuns(ctx(t), []*store.Run{aRun(5, nil)})) // of a day that was removed
	left(t, st, 11, 22)
	equal(t, "all", prune(store.Retention{Before: noon.Add(365 * 24 * time.Hour)}), 11)
	left(t, st, 0, 0)
}

// testPruneGivesBack: what is removed is given back to the disk.
func testPruneGivesBack(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	raw := d.Raw(t, dsn)
	defer raw.Close()
	const days, runs = 4, 400
	for day := range days {
		var batch []*store.Run
		for n := range runs {
			batch = append(batch, aRun(day*24*60*60+n, func(r *store.Run) { r.Input = []byte(strings.Repeat(" ", 4096)) }))
		}
		must(t, st.WriteRuns(ctx(t), batch))
	}
	full := d.Size(t, raw, dsn)
	for _, c := range []struct {
		r    store.Retention
		most int64
	}{{store.Retention{MaxRuns: days * runs / 2}, full * 7 / 10}, {store.Retention{Before: noon.Add(time.Hour * 24 * 365)}, full / 3}} {
		_, _, err := st.PruneRuns(ctx(t), c.r)
		must(t, err)
		if size := d.Size(t, raw, dsn); size > c.most {
			t.Errorf("after %+v it takes %d bytes of %d, want at most %d", c.r, size, full, c.most)
		}
	}
}

func left(t *testing.T, st store.Store, runs, visits int) {
	t.Helper()
	var got [3]int
	must(t, st.DB().QueryRowContext(ctx(t), `SELECT (SELECT count(*) FROM nflow_runs), (SELECT count(*) FROM nflow_run_nodes),
		(SELECT coalesce(sum(runs), 0) FROM nflow_run_days)`).Scan(&got[0], &got[1], &got[2]))
	equal(t, "rows left", got, [3]int{runs, visits, runs})
}

// testRunsTogether writes and prunes from two processes' worth of stores.
func testRunsTogether(t *testing.T, d Driver) {
	dsn := d.New(t)
	stores := []store.Store{open(t, d, dsn), open(t, d, dsn)}
	errs := make(chan error, 4)
	for i := range 4 {
		go func() {
			for n := range 20 {
				if err := stores[i%2].WriteRuns(ctx(t), []*store.Run{aRun(n, func(r *store.Run) { r.Wid = fmt.Sprint(i, "/", n) })}); err != nil {
					errs <- err
					return
				}
				if _, _, err := stores[i%2].PruneRuns(ctx(t), store.Retention{MaxRuns: 30}); err != nil && i == 0 {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Errorf("%v: %v", fault.From(err).Text, err)
		}
	}
	_, _, err := stores[0].PruneRuns(ctx(t), store.Retention{MaxRuns: 30})
	must(t, err)
	left(t, stores[1], 30, 60)
}
