package cluster_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/cluster"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/postgres"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
	"github.com/arturoeanton/nflow-runtime/process"
)

func TestMain(m *testing.M) {
	servertest.Waiting()
	goleak.VerifyTestMain(m)
}

const long = 30 * time.Second

// databases returns a way to open one and the same new database, on each kind.
func databases(t *testing.T) map[string]func() store.Store {
	t.Helper()
	file := t.TempDir() + "/nflow.db"
	all := map[string]func() store.Store{"sqlite": func() store.Store {
		return opened(t)(sqlite.Open(t.Context(), sqlite.Options{DSN: file}))
	}}
	server := os.Getenv("NFLOW_TEST_POSTGRES")
	if server == "" {
		server = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	}
	admin, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Log("no PostgreSQL server answers; start one or name one in NFLOW_TEST_POSTGRES")
		return all
	}
	name := "nflow_cluster_" + strings.ToLower(rand.Text())
	if _, err := admin.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		admin.Close(context.Background())
	})
	all["postgres"] = func() store.Store {
		return opened(t)(postgres.Open(t.Context(), postgres.Options{DSN: strings.Replace(server, "/postgres?", "/"+name+"?", 1)}))
	}
	return all
}

func opened(t *testing.T) func(store.Store, error) store.Store {
	return func(st store.Store, err error) store.Store {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		return st
	}
}

// member is an instance that beats until the test ends, or leave is called.
type member struct {
	*cluster.Cluster
	runs  *process.Repository
	leave func()
}

func join(t *testing.T, st store.Store, change func(*cluster.Options)) *member {
	t.Helper()
	m := &member{runs: process.NewRepository()}
	o := cluster.Options{
		Store: st, Processes: m.runs, Every: time.Second, Look: 20 * time.Millisecond,
		About: func() cluster.About { return cluster.About{Host: "box", PID: 1, App: "app", AppVersion: "abc"} },
	}
	if change != nil {
		change(&o)
	}
	m.Cluster = cluster.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { m.Run(ctx) })
	m.leave = func() { cancel(); running.Wait() }
	t.Cleanup(m.leave)
	return m
}

// runner is a run that ends when it is killed.
type runner func()

func (r runner) Kill(error)      { r() }
func (r runner) Check(time.Time) {}

// begin lists a run of that age; killed tells how often it was ended.
func (m *member) begin(wid string, age time.Duration) (killed *atomic.Int32) {
	killed = &atomic.Int32{}
	p := &process.Process{UUID: wid, Killeable: true, Type: "http", App: "app", Flow: "f", Started: time.Now().Add(-age)}
	p.Connect(runner(func() { killed.Add(1); m.runs.Remove(p) }))
	p.At(new("n"))
	m.runs.Add(p)
	return killed
}

// until waits for what must happen.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(long); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func instances(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	list, err := c.Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, i := range list {
		states = append(states, i.State)
	}
	slices.Sort(states)
	return strings.Join(states, " ")
}

func runs(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	list, err := c.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wids []string
	for _, r := range list {
		wids = append(wids, r.Wid)
	}
	return strings.Join(wids, " ")
}

func TestCluster(t *testing.T) {
	t.Parallel()
	for kind, open := range databases(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			one, two := join(t, open(), nil), join(t, open(), nil)
			outside := cluster.New(cluster.Options{Store: open()}) // a command
			until(t, "two instances", func() bool { return instances(t, outside) == "serving serving" })

			old := one.begin("old", time.Hour)
			young := one.begin("young", 0)
			two.begin("other", time.Minute)
			until(t, "runs", func() bool { return runs(t, outside) == "old other" || runs(t, outside) == "old other young" })
			if got := runs(t, one.Cluster); got != "old other young" {
				t.Errorf("an instance knows its own youngest runs: %s", got)
			}
			kill := func(c *cluster.Cluster, wid string, want bool) {
				t.Helper()
				if alive, err := c.KillElsewhere(t.Context(), wid); err != nil || alive != want {
					t.Errorf("killing %s: %v, %v", wid, alive, err)
				}
			}
			kill(two.Cluster, "young", true) // no row reports it
			kill(outside, "old", true)
			kill(one.Cluster, "old", false)
			kill(two.Cluster, "nobody", false)
			kill(two.Cluster, "no id'--", false)
			if old.Load() != 1 || young.Load() != 1 {
				t.Errorf("killed %d and %d times", old.Load(), young.Load())
			}
			until(t, "the run has ended", func() bool { return runs(t, outside) == "other" })

			one.Drain()
			until(t, "draining", func() bool { return instances(t, outside) == "draining serving" })
			one.leave()
			if got := instances(t, outside); got != "serving" {
				t.Errorf("after leaving: %s", got)
			}
			two.leave()
			if got := runs(t, outside); got != "" {
				t.Errorf("runs of nobody: %s", got)
			}
			kill(outside, "other", false)
		})
	}
}

// counting counts what reaches the database.
type counting struct {
	store.Store
	beats, runs, asked, failed atomic.Int32
	failing                    atomic.Bool
}

func (c *counting) Beat(ctx context.Context, i store.Instance, runs []store.LiveRun) error {
	if c.failing.Load() {
		c.failed.Add(1)
		return errors.New("away")
	}
	if c.beats.Add(1); runs != nil {
		c.runs.Add(1)
	}
	return c.Store.Beat(ctx, i, runs)
}

func (c *counting) AskKill(ctx context.Context, wid string) error {
	c.asked.Add(1)
	return c.Store.AskKill(ctx, wid)
}

// TestShortRunsCostNothing: runs are written when one has lived for a beat, and not again while they are the same.
func TestShortRunsCostNothing(t *testing.T) {
	t.Parallel()
	st := &counting{Store: databases(t)["sqlite"]()}
	m := join(t, st, nil)
	until(t, "first beat", func() bool { return st.beats.Load() == 1 })
	for range 1000 {
		m.begin("short", 0)
		m.runs.Kill("short", process.ErrKilled)
	}
	until(t, "beats", func() bool { return st.beats.Load() == 3 })
	if n := st.runs.Load(); n != 1 {
		t.Errorf("runs were written %d times, beside the first beat", n-1)
	}
	m.begin("old", time.Minute)
	until(t, "beats", func() bool { return st.beats.Load() == 6 })
	if n := st.runs.Load(); n != 2 {
		t.Errorf("one run was written %d times", n-1)
	}
	if alive, err := m.KillElsewhere(t.Context(), "alone"); alive || err != nil || st.asked.Load() != 0 {
		t.Error("a single instance asks others:", alive, err)
	}
}

// TestAway: a database that goes away costs nothing but the row, and everything is told again when it is back.
func TestAway(t *testing.T) {
	t.Parallel()
	open := databases(t)["sqlite"]
	st := &counting{Store: open()}
	m := join(t, st, nil)
	m.begin("old", time.Minute)
	until(t, "told", func() bool { return runs(t, cluster.New(cluster.Options{Store: st})) == "old" })
	st.failing.Store(true)
	until(t, "a beat that fails", func() bool { return st.failed.Load() > 0 })
	if _, err := st.DB().ExecContext(t.Context(), `UPDATE nflow_instances SET seen = seen - 5`); err != nil {
		t.Fatal(err)
	}
	outside := cluster.New(cluster.Options{Store: open()})
	if got := instances(t, outside) + runs(t, outside); got != "" {
		t.Errorf("gone after four missed beats: %s", got)
	}
	if err := st.PruneInstances(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := st.runs.Load()
	st.failing.Store(false)
	until(t, "told again", func() bool { return runs(t, outside) == "old" && st.runs.Load() > before })
}
