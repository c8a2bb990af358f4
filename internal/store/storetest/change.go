package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// setAll saves an app, a module and a template of one text.
func setAll(ctx context.Context, r store.Records, text string) error {
	return errors.Join(
		r.SaveModule(ctx, store.Module{Name: "m", Code: text}),
		r.SaveTemplate(ctx, store.Template{Name: "t", Content: text}),
		r.SaveApp(ctx, store.App{Name: "a", JSON: []byte(`{"x":"` + text + `"}`), DefaultJS: text}),
	)
}

// all returns the texts of what setAll has saved.
func all(ctx context.Context, r store.Records) (texts [4]string, err error) {
	m, err := r.Module(ctx, "m")
	if err != nil {
		return texts, err
	}
	t, err := r.Template(ctx, "t")
	if err != nil {
		return texts, err
	}
	a, err := r.App(ctx, "a")
	return [4]string{m.Code, t.Content, string(a.JSON), a.DefaultJS}, err
}

func whole(text string) [4]string { return [4]string{text, text, `{"x":"` + text + `"}`, text} }

// testChange: what a change writes is there as a whole when it returns nil, and not at all when it fails.
func testChange(t *testing.T, d Driver) {
	dsn := d.New(t)
	st, other := open(t, d, dsn), open(t, d, dsn)
	must(t, st.Change(ctx(t), func(r store.Records) error { return setAll(ctx(t), r, "one") }))
	equal(t, "after a change", get[[4]string](t)(all(ctx(t), other)), whole("one"))

	stop := fault.New(fault.Conflict, "no")
	err := st.Change(ctx(t), func(r store.Records) error {
		must(t, setAll(ctx(t), r, "two"))
		must(t, r.DeleteTemplate(ctx(t), "t"))
		must(t, r.AddOwner(ctx(t), store.Owner{Kind: "module", Name: "m", App: "a"}))
		if _, err := r.Template(ctx(t), "t"); !errors.Is(err, store.ErrNotFound) {
			t.Error("a change does not see what it has done:", err)
		}
		equal(t, "another store, before the end", get[[4]string](t)(all(ctx(t), other)), whole("one"))
		return stop
	})
	if !errors.Is(err, stop) {
		t.Errorf("the error of the change: %v", err)
	}
	equal(t, "after a change that failed", get[[4]string](t)(all(ctx(t), st)), whole("one"))
	equal(t, "owners", len(get[[]store.Owner](t)(st.Owners(ctx(t)))), 0)
}

// testChangesTogether: changes come one after the other, so that what one has read is still so when it writes.
func testChangesTogether(t *testing.T, d Driver) {
	dsn := d.New(t)
	must(t, open(t, d, dsn).SaveTemplate(ctx(t), store.Template{Name: "n", Content: "0"}))
	const workers, times = 3, 5
	var working sync.WaitGroup
	for range workers {
		st := open(t, d, dsn)
		working.Go(func() {
			for range times {
				err := st.Change(ctx(t), func(r store.Records) error {
					row, err := r.Template(ctx(t), "n")
					if err != nil {
						return err
					}
					n, _ := strconv.Atoi(row.Content)
					return r.SaveTemplate(ctx(t), store.Template{Name: "n", Content: strconv.Itoa(n + 1)})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	row := get[store.Template](t)(open(t, d, dsn).Template(ctx(t), "n"))
	equal(t, "changes", row.Content, strconv.Itoa(workers*times))
}

// testSnapshot: what is read together is of one moment, though others write in between.
func testSnapshot(t *testing.T, d Driver) {
	dsn := d.New(t)
	st, other := open(t, d, dsn), open(t, d, dsn)
	must(t, setAll(ctx(t), st, "one"))
	must(t, st.Snapshot(ctx(t), func(r store.Records) error {
		m := get[store.Module](t)(r.Module(ctx(t), "m"))
		equal(t, "first", m.Code, "one")
		must(t, other.Change(ctx(t), func(r store.Records) error { return setAll(ctx(t), r, "two") }))
		equal(t, "the rest", get[[4]string](t)(all(ctx(t), r)), whole("one"))
		return nil
	}))
	equal(t, "afterwards", get[[4]string](t)(all(ctx(t), st)), whole("two"))
}

func testOwners(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	for _, o := range []store.Owner{{Kind: "module", Name: "m", App: "b"}, {Kind: "module", Name: "m", App: "a"}, {Kind: "module", Name: "m", App: "a"}, {Kind: "template", Name: "t", App: "a"}} {
		must(t, st.AddOwner(ctx(t), o))
	}
	list := get[[]store.Owner](t)(st.Owners(ctx(t)))
	if len(list) != 3 || list[0].App != "a" || list[1].App != "b" || list[2] != (store.Owner{Kind: "template", Name: "t", App: "a"}) {
		t.Errorf("owners: %v", list)
	}
	owns := func(st store.Store, app, id string) bool {
		t.Helper()
		return get[bool](t)(st.OwnsOldSessions(ctx(t), app, id))
	}
	equal(t, "the first that asks", owns(st, "shop", "shop"), true)
	equal(t, "it asks again", owns(open(t, d, dsn), "shop", "shop"), true)
	equal(t, "another", owns(st, "blog", "blog"), false)
	equal(t, "one of the same name elsewhere", owns(st, "shop", "/srv/shop"), false)
}

// testServedBefore: old sessions are those of the app that the database has served, whichever starts first now.
func testServedBefore(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	raw := d.Raw(t, dsn)
	defer raw.Close()
	for _, statement := range []string{ // as the version before has left it
		`DROP TABLE nflow_owners`, `DROP TABLE nflow_probe`, `DELETE FROM nflow_schema WHERE version = 6`,
		`INSERT INTO nflow_run_places (id, app, flow, node, name, type) VALUES (1, 'shop', 'f', 'n', '', 'js'), (2, 'trial', 'f', 'n', '', 'js')`,
		`INSERT INTO nflow_node_stats (place, hour, class, visits, failed) VALUES (1, 9, 1, 5, 0), (2, 8, 1, 99, 0)`,
	} {
		if _, err := raw.ExecContext(ctx(t), statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	must(t, st.Ping(ctx(t)))
	st = open(t, d, dsn)
	equal(t, "an app that was not served last", get[bool](t)(st.OwnsOldSessions(ctx(t), "trial", "trial")), false)
	equal(t, "the app that was", get[bool](t)(st.OwnsOldSessions(ctx(t), "shop", "shop")), true)
}

func testProbe(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	for range 2 {
		must(t, st.Probe(ctx(t)))
	}
	err := open(t, d, d.ReadOnly(dsn)).Probe(ctx(t))
	if store.TroubleOf(err).Kind() != store.ReadOnly {
		t.Errorf("a database that may not be written: %v", err)
	}
}
