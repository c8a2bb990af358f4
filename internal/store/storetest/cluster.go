package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func testInstances(t *testing.T, d Driver) {
	dsn := d.New(t)
	stores := []store.Store{open(t, d, dsn), open(t, d, dsn)}
	begun := time.Unix(1800000000, 0)
	one := store.Instance{
		ID: "one", Host: "böx", PID: 7, Address: ":8080", Version: "v1", App: "app", AppVersion: "abc", State: "serving",
		Live: 3, Started: begun, Every: 2 * time.Second,
	}
	two := store.Instance{ID: "two", Host: strings.Repeat("h", 300), Started: begun.Add(time.Second), Every: time.Second}
	run := store.LiveRun{
		Wid: "w1", Instance: "one", Parent: "w0", App: "app", Flow: "año", Node: "n", Kind: "http", Started: begun.Add(time.Millisecond),
	}
	must(t, stores[0].Beat(ctx(t), one, []store.LiveRun{run, {Wid: "w2", Started: begun}}))
	must(t, stores[1].Beat(ctx(t), two, []store.LiveRun{{Wid: "w3", Started: begun.Add(time.Hour)}}))

	list := get[[]store.Instance](t)(stores[1].Instances(ctx(t)))
	equal(t, "instances", len(list), 2)
	if list[0].Age < 0 || list[0].Age > deadline {
		t.Errorf("age %v", list[0].Age)
	}
	list[0].Age = 0
	equal(t, "first", list[0], one)
	equal(t, "a long name is cut", len(list[1].Host), 255)
	runs := get[[]store.LiveRun](t)(stores[1].LiveRuns(ctx(t)))
	equal(t, "runs", len(runs), 3)
	equal(t, "the oldest first", runs[0].Wid+runs[2].Instance, "w2two")
	equal(t, "run", runs[1], run)

	one.Live, one.State = 4, "draining"
	must(t, stores[0].Beat(ctx(t), one, nil))
	equal(t, "runs that were not reported again", len(get[[]store.LiveRun](t)(stores[1].LiveRuns(ctx(t)))), 3)
	equal(t, "state", get[[]store.Instance](t)(stores[1].Instances(ctx(t)))[0].State, "draining")
	must(t, stores[0].Beat(ctx(t), one, []store.LiveRun{}))
	equal(t, "runs that ended", len(get[[]store.LiveRun](t)(stores[1].LiveRuns(ctx(t)))), 1)

	must(t, stores[0].PruneInstances(ctx(t)))
	equal(t, "instances that live", len(get[[]store.Instance](t)(stores[1].Instances(ctx(t)))), 2)
	_, err := stores[0].DB().ExecContext(ctx(t), `UPDATE nflow_instances SET seen = seen - 61 WHERE id = 'two'`)
	must(t, err)
	must(t, stores[0].PruneInstances(ctx(t)))
	equal(t, "instances without the one that is gone", len(get[[]store.Instance](t)(stores[1].Instances(ctx(t)))), 1)
	equal(t, "its runs", len(get[[]store.LiveRun](t)(stores[1].LiveRuns(ctx(t)))), 0)
	must(t, stores[0].Leave(ctx(t), "one"))
	must(t, stores[0].Leave(ctx(t), "one"))
	equal(t, "nobody", len(get[[]store.Instance](t)(stores[1].Instances(ctx(t)))), 0)
}

func testKills(t *testing.T, d Driver) {
	dsn := d.New(t)
	stores := []store.Store{open(t, d, dsn), open(t, d, dsn)}
	for range 2 {
		must(t, stores[0].AskKill(ctx(t), "w1"))
	}
	must(t, stores[0].AskKill(ctx(t), "w2"))
	equal(t, "asked", len(get[[]string](t)(stores[1].KillsAsked(ctx(t)))), 2)
	equal(t, "done", get[bool](t)(stores[0].KillDone(ctx(t), "w1")), false)
	must(t, stores[1].AnswerKill(ctx(t), "w1"))
	equal(t, "done", get[bool](t)(stores[0].KillDone(ctx(t), "w1")), true)
	equal(t, "the other", get[bool](t)(stores[0].KillDone(ctx(t), "w2")), false)
	equal(t, "left", strings.Join(get[[]string](t)(stores[1].KillsAsked(ctx(t))), " "), "w2")
	must(t, stores[0].ForgetKill(ctx(t), "w2"))
	must(t, stores[0].ForgetKill(ctx(t), "w2"))
	must(t, stores[1].AnswerKill(ctx(t), "w2"))
	equal(t, "forgotten", get[bool](t)(stores[0].KillDone(ctx(t), "w2")), false)
	equal(t, "left", len(get[[]string](t)(stores[1].KillsAsked(ctx(t)))), 0)
}

func testLogins(t *testing.T, d Driver) {
	dsn := d.New(t)
	stores := []store.Store{open(t, d, dsn), open(t, d, dsn)}
	equal(t, "nobody failed", len(get[map[string]store.LoginFailures](t)(stores[0].LoginFailures(ctx(t), "a", "b"))), 0)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ids := []string{"a", "b"}
			if i%2 == 1 {
				ids = []string{"b", "a"}
			}
			if _, err := stores[i%2].AddLoginFailure(ctx(t), time.Minute, ids...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	found := get[map[string]store.LoginFailures](t)(stores[1].AddLoginFailure(ctx(t), time.Minute, "a"))
	equal(t, "failures of those asked for", len(found), 1)
	equal(t, "failures", found["a"].Number, 9)
	found = get[map[string]store.LoginFailures](t)(stores[0].LoginFailures(ctx(t), "a", "b", "c"))
	equal(t, "the other's", found["b"].Number, 8)
	if age := found["b"].Age; age < 0 || age > deadline {
		t.Errorf("age %v", age)
	}
	_, err := stores[0].DB().ExecContext(ctx(t), `UPDATE nflow_login_failures SET last = last - 60`)
	must(t, err)
	found = get[map[string]store.LoginFailures](t)(stores[0].AddLoginFailure(ctx(t), time.Minute, "b"))
	equal(t, "long ago", found["b"].Number, 1)
	must(t, stores[0].ForgetLoginFailures(ctx(t), "b"))
	must(t, stores[0].ForgetLoginFailures(ctx(t), "b"))
	equal(t, "pruned", get[int64](t)(stores[0].PruneLoginFailures(ctx(t), time.Minute, 9)), 1)
	equal(t, "pruned again", get[int64](t)(stores[0].PruneLoginFailures(ctx(t), time.Minute, 9)), 0)
	for range 2 {
		get[map[string]store.LoginFailures](t)(stores[0].AddLoginFailure(ctx(t), time.Minute, "locked"))
	}
	for i := range 9 {
		get[map[string]store.LoginFailures](t)(stores[0].AddLoginFailure(ctx(t), time.Minute, fmt.Sprint("flood", i)))
	}
	equal(t, "pruned of a flood", get[int64](t)(stores[0].PruneLoginFailures(ctx(t), time.Minute, 4)), 6)
	found = get[map[string]store.LoginFailures](t)(stores[1].LoginFailures(ctx(t), "locked"))
	equal(t, "failures of who failed most", found["locked"].Number, 2)
}
