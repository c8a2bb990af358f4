package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// interval is how often the tests' watchers look.
const interval = 2 * time.Millisecond

// Watching starts a watcher that reports, at each call, what see says. It ends with the test.
func Watching(t *testing.T, st store.Store, see func() string) <-chan string {
	seen := make(chan string, 1000)
	c, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- st.Watch(c, interval, func() { seen <- see() }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	return seen
}

// Await waits until the watcher sees what is wanted; anything else it sees before must be listed as passing.
func Await(t *testing.T, seen <-chan string, want string, passing ...string) {
	t.Helper()
	timeout := time.After(deadline)
	for {
		select {
		case got := <-seen:
			if got == want {
				return
			}
			ok := false
			for _, p := range passing {
				ok = ok || got == p
			}
			if !ok {
				t.Fatalf("the watcher was called at state %q, want %q", got, want)
			}
		case <-timeout:
			t.Fatalf("the watcher did not see %q", want)
		}
	}
}

// state is what the watched tables hold, in short.
func state(t *testing.T, st store.Store) func() string {
	return func() string {
		var n [4]int
		err := st.DB().QueryRowContext(ctx(t), `SELECT (SELECT count(*) FROM nflow), (SELECT count(*) FROM modules),
			(SELECT count(*) FROM template), (SELECT count(*) FROM queries)`).Scan(&n[0], &n[1], &n[2], &n[3])
		return fmt.Sprint(n, err)
	}
}

func testWatch(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	// A change between Open and Watch is not missed.
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{}")}))
	seen := Watching(t, st, state(t, st))
	Await(t, seen, "[1 0 0 0] <nil>")
	must(t, st.SaveModule(ctx(t), store.Module{Name: "m"}))
	Await(t, seen, "[1 1 0 0] <nil>")
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "t"}))
	Await(t, seen, "[1 1 1 0] <nil>")
	must(t, st.DeleteModule(ctx(t), "m"))
	Await(t, seen, "[1 0 1 0] <nil>")
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{ }")}))
	Await(t, seen, "[1 0 1 0] <nil>")
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{ }"), DefaultJS: "x"}))
	Await(t, seen, "[1 0 1 0] <nil>")
}

// testWatchQuiet makes noise that is no change; the first call of the watcher must come with the change after it.
func testWatchQuiet(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{}")}))
	seen := Watching(t, st, state(t, st))
	Await(t, seen, "[1 0 0 0] <nil>")
	for i := range 20 {
		id := fmt.Sprint(i)
		must(t, st.Track(ctx(t), []store.TrackRow{{LogID: id}}))
		must(t, st.SaveBlob(ctx(t), id, []byte(id), time.Unix(1, 0)))
		must(t, st.CreateUser(ctx(t), id, "r", "h"))
		must(t, st.AddToken(ctx(t), store.Token{Name: id, Token: id}))
		must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{}")})) // the same again
	}
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "t"}))
	Await(t, seen, "[1 0 1 0] <nil>")
	select {
	case extra := <-seen:
		t.Errorf("one change was reported twice: %s", extra)
	default:
	}
}

// testWatchOther changes rows from outside, as another program does.
func testWatchOther(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{}")}))
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "t", Content: "c"}))
	content := func() string {
		tpl, err := st.Template(ctx(t), "t")
		return fmt.Sprint(tpl.Content, err)
	}
	seen := Watching(t, st, content)
	Await(t, seen, "c<nil>")
	raw := d.Raw(t, dsn)
	defer raw.Close()
	_, err := raw.ExecContext(ctx(t), `UPDATE template SET content = 'd' WHERE name = 't'`)
	must(t, err)
	Await(t, seen, "d<nil>")
	// A named query is in force before the watcher is called.
	_, err = raw.ExecContext(ctx(t), `INSERT INTO queries (name, query)
		VALUES ('QueryGetTemplate', 'SELECT id, name, ''my '' || content FROM template WHERE name = $1')`)
	must(t, err)
	Await(t, seen, "my d<nil>")
}

func testOverrides(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "t", Content: "c"}))
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{}")}))
	for name, query := range map[string]string{
		"QueryGetTemplate ":  `SELECT id, name, 'my ' || content FROM template WHERE name = $1`,
		"QueryDeleteModule":  ` `, // empty: the built-in one stays
		"QueryNobodyKnows":   `DROP TABLE template`,
		store.QueryInsertLog: `INSERT INTO tracker (host, log_id) SELECT CAST($16 AS TEXT), CAST($1 AS TEXT)` + skipped(),
	} {
		_, err := st.DB().ExecContext(ctx(t), `INSERT INTO queries (name, query) VALUES ($1, $2)`, name, query)
		must(t, err)
	}
	equal(t, "before reload", get[store.Template](t)(st.Template(ctx(t), "t")).Content, "c")
	must(t, st.ReloadQueries(ctx(t)))
	for _, st := range []store.Store{st, open(t, d, dsn)} { // and read at Open
		equal(t, "overridden", get[store.Template](t)(st.Template(ctx(t), "t")).Content, "my c")
		must(t, st.SaveModule(ctx(t), store.Module{Name: "m"}))
		must(t, st.DeleteModule(ctx(t), "m"))
	}
	must(t, st.Track(ctx(t), []store.TrackRow{{LogID: "l", Host: "h"}}))
	var got string
	must(t, st.DB().QueryRowContext(ctx(t), `SELECT log_id || host FROM tracker`).Scan(&got))
	equal(t, "tracker", got, "lh")

	_, err := st.DB().ExecContext(ctx(t), `DROP TABLE queries`)
	must(t, err)
	must(t, st.ReloadQueries(ctx(t)))
	equal(t, "without the table", get[store.Template](t)(st.Template(ctx(t), "t")).Content, "c")
}

// skipped names the parameters of QueryInsertLog that the test's own statement has no use for: databases want to see
// all of them.
func skipped() string {
	s := " WHERE 1 = 1"
	for i := 2; i <= 15; i++ {
		s += fmt.Sprintf(" AND CAST($%d AS TEXT) IS NOT NULL", i)
	}
	return s
}
