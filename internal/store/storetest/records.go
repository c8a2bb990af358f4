package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func testEmpty(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	if !st.Fresh() {
		t.Error("an empty database must be fresh")
	}
	must(t, st.Ping(ctx(t)))
	equal(t, "apps", len(get[[]string](t)(st.Apps(ctx(t)))), 0)
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "only"}))
	if open(t, d, dsn).Fresh() {
		t.Error("a database with a template must not be fresh")
	}
}

func testApps(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	_, err := st.App(ctx(t), "app")
	isMissing(t, err, `app "app" does not exist`)
	json := "{\"drawflow\" :\t{\"años\": 1.0e2,\n \"z\":\"\\u00e9\\\\\", \"a\":null}}" // byte for byte
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte(json), DefaultJS: "function log(){}"}))
	must(t, st.SaveApp(ctx(t), store.App{Name: "Zweite", JSON: []byte(`{}`)}))
	a := get[store.App](t)(st.App(ctx(t), "app"))
	equal(t, "json", string(a.JSON), json)
	equal(t, "default_js", a.DefaultJS, "function log(){}")

	_, err = st.DB().ExecContext(ctx(t), `UPDATE nflow SET tag = 'kept'`)
	must(t, err)
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte(`{"b":2}`), DefaultJS: "x"}))
	a = get[store.App](t)(st.App(ctx(t), "app"))
	equal(t, "json after update", string(a.JSON)+a.DefaultJS, `{"b":2}x`)
	equal(t, "other app", string(get[store.App](t)(st.App(ctx(t), "Zweite")).JSON), "{}")
	names := get[[]string](t)(st.Apps(ctx(t)))
	slices.Sort(names)
	equal(t, "names", strings.Join(names, ","), "Zweite,app")
	var tag string
	must(t, st.DB().QueryRowContext(ctx(t), `SELECT tag FROM nflow WHERE name = 'app'`).Scan(&tag))
	equal(t, "tag", tag, "kept")
}

func testModules(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	_, err := st.Module(ctx(t), "x'; --")
	isMissing(t, err, `module "x'; --" does not exist`)
	m := store.Module{Name: "if équals", Form: "<b>\\</b>", Mod: `{"a": 1}`, Code: "function main(){}"}
	must(t, st.SaveModule(ctx(t), m))
	must(t, st.SaveModule(ctx(t), store.Module{Name: "other"}))
	equal(t, "inserted", get[store.Module](t)(st.Module(ctx(t), m.Name)), m)
	m.Form, m.Mod, m.Code = "f2", "{}", "c2"
	must(t, st.SaveModule(ctx(t), m))
	all := get[[]store.Module](t)(st.Modules(ctx(t)))
	equal(t, "modules", len(all), 2)
	equal(t, "updated", slices.Contains(all, m), true)
	equal(t, "left alone", slices.Contains(all, store.Module{Name: "other"}), true)
	must(t, st.DeleteModule(ctx(t), m.Name))
	isMissing(t, st.DeleteModule(ctx(t), m.Name), `module "if équals" does not exist`)
	equal(t, "modules after delete", len(get[[]store.Module](t)(st.Modules(ctx(t)))), 1)
}

func testTemplates(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	_, err := st.Template(ctx(t), "page")
	isMissing(t, err, `template "page" does not exist`)
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "page", Content: "{{.a}}"}))
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "page", Content: "{{.b}}"}))
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "other", Content: "o"}))
	equal(t, "template", get[store.Template](t)(st.Template(ctx(t), "page")), store.Template{Name: "page", Content: "{{.b}}"})
	equal(t, "templates", fmt.Sprint(get[[]store.Template](t)(st.Templates(ctx(t)))), "[{other o} {page {{.b}}}]")
	must(t, st.DeleteTemplate(ctx(t), "page"))
	isMissing(t, st.DeleteTemplate(ctx(t), "page"), `template "page" does not exist`)
}

func testUsers(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	_, _, err := st.UserWithPassword(ctx(t), "ana")
	isMissing(t, err, `user "ana" does not exist`)
	must(t, st.AddCredential(ctx(t), "ana", "left over from an earlier ana"))
	must(t, st.CreateUser(ctx(t), "ana", "ROL_DEV", "h1"))
	if err := st.CreateUser(ctx(t), "ana", "ROL_DEV", "h2"); err == nil || fault.From(err).Kind != fault.Conflict {
		t.Errorf("second user of that name: got %v, want a Conflict", err)
	}
	u, password, err := st.UserWithPassword(ctx(t), "ana")
	must(t, err)
	equal(t, "user", u, store.User{ID: u.ID, Username: "ana", Role: "ROL_DEV", Active: true})
	equal(t, "password column", password, "!")
	equal(t, "credential", get[string](t)(st.Credential(ctx(t), "ana")), "h1")

	must(t, st.AddCredential(ctx(t), "ana", "late upgrade"))
	equal(t, "credential that was there stays", get[string](t)(st.Credential(ctx(t), "ana")), "h1")
	_, err = st.DB().ExecContext(ctx(t), `UPDATE users SET password = 'old hash'`)
	must(t, err)
	must(t, st.SetPassword(ctx(t), "ana", "h3"))
	equal(t, "credential", get[string](t)(st.Credential(ctx(t), "ana")), "h3")
	if _, password, _ = st.UserWithPassword(ctx(t), "ana"); password != "!" {
		t.Errorf("the old password must be of no use, users.password is %q", password)
	}
	isMissing(t, st.SetPassword(ctx(t), "ben", "h"), `user "ben" does not exist`)
	_, err = st.Credential(ctx(t), "ben")
	isMissing(t, err, `credential of user "ben" does not exist`)

	must(t, st.SetUserActive(ctx(t), "ana", false))
	equal(t, "disabled", get[[]store.User](t)(st.Users(ctx(t)))[0].Active, false)
	must(t, st.SetUserActive(ctx(t), "ana", true))
	equal(t, "enabled", get[[]store.User](t)(st.Users(ctx(t)))[0].Active, true)
	isMissing(t, st.SetUserActive(ctx(t), "ben", true), `user "ben" does not exist`)
}

func testTokens(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	equal(t, "none", len(get[[]store.Token](t)(st.Tokens(ctx(t), "api"))), 0)
	start, end := int64(1700000000), int64(1<<40)
	must(t, st.AddToken(ctx(t), store.Token{Name: "api", Token: "s1", Start: &start, Expired: &end, Active: true}))
	must(t, st.AddToken(ctx(t), store.Token{Name: "api", Token: "s2", Header: "X-Key", Type: "Key"}))
	must(t, st.AddToken(ctx(t), store.Token{Name: "other", Token: "s3", Active: true}))
	rows := get[[]store.Token](t)(st.Tokens(ctx(t), "api"))
	equal(t, "rows", len(rows), 2)
	r := rows[0]
	if r.Start == nil || *r.Start != start || r.Expired == nil || *r.Expired != end {
		t.Errorf("times: %v %v", r.Start, r.Expired)
	}
	r.Start, r.Expired = nil, nil
	equal(t, "first", r, store.Token{ID: r.ID, Name: "api", Token: "s1", Active: true, Header: "Authorization", Type: "Bearer"})
	equal(t, "second", rows[1], store.Token{ID: rows[1].ID, Name: "api", Token: "s2", Header: "X-Key", Type: "Key"})
	must(t, st.RevokeToken(ctx(t), "api"))
	isMissing(t, st.RevokeToken(ctx(t), "nope"), `token "nope" does not exist`)
	for _, r := range get[[]store.Token](t)(st.AllTokens(ctx(t))) {
		equal(t, r.Name+" active", r.Active, r.Name == "other")
	}
}

func testTrack(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	must(t, st.Track(ctx(t), nil))
	long := strings.Repeat("ñ", 1000)
	must(t, st.Track(ctx(t), []store.TrackRow{
		{
			LogID: "l", BoxID: "b", BoxName: "n", BoxType: "js", URL: "/u", Username: "ana", ConnectionNext: "c", Duration: "12m", OrderBox: 7,
			Payload: `{"a":1}`, IP: long, RealIP: long, UserAgent: long, QueryParam: "q=1", Hostname: long, Host: long,
		},
		{LogID: "bad \xff text\x00", UserAgent: "\xff\x00" + long},
	}))
	rows, err := st.DB().QueryContext(ctx(t), `SELECT log_id, box_id, box_name, box_type, url, username, connection_next, duration,
		order_box, payload, query_param, length(ip), length(real_ip), length(user_agent), length(hostname), length(host), created
		FROM tracker ORDER BY id`)
	must(t, err)
	defer rows.Close()
	var got []string
	for rows.Next() {
		v := make([]any, 17)
		p := make([]any, 17)
		for i := range v {
			p[i] = &v[i]
		}
		must(t, rows.Scan(p...))
		if v[16] == nil {
			t.Error("created is not filled")
		}
		got = append(got, strings.TrimSpace(fmt.Sprintln(v[:16]...)))
	}
	must(t, rows.Err())
	want := []string{
		`l b n js /u ana c 12m 7 {"a":1} q=1 128 128 800 500 500`,
		"bad \uFFFD text        0   0 0 800 0 0",
	}
	equal(t, "rows", strings.Join(got, "\n"), strings.Join(want, "\n"))

	// One row that cannot be written takes the batch with it.
	_, err = st.DB().ExecContext(ctx(t), `CREATE UNIQUE INDEX one_log ON tracker (log_id)`)
	must(t, err)
	if err := st.Track(ctx(t), []store.TrackRow{{LogID: "new"}, {LogID: "l"}}); err == nil {
		t.Error("a batch with a row that cannot be written must fail")
	}
	var n int
	must(t, st.DB().QueryRowContext(ctx(t), `SELECT count(*) FROM tracker`).Scan(&n))
	equal(t, "rows after a failed batch", n, 2)
}

func testKeys(t *testing.T, d Driver) {
	dsn := d.New(t)
	stores := []store.Store{open(t, d, dsn), open(t, d, dsn)}
	for round := range 10 { // the first rounds open the connections, the later ones meet
		name := fmt.Sprint("key", round)
		keys := make([]string, 8)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range keys {
			wg.Go(func() {
				<-start
				k, err := stores[i%2].Key(ctx(t), name, 32)
				if err != nil {
					t.Error(err)
				}
				keys[i] = string(k)
			})
		}
		close(start)
		wg.Wait()
		equal(t, "size", len(keys[0]), 32)
		equal(t, "distinct keys", len(slices.Compact(keys)), 1)
	}
	one, two := get[[]byte](t)(stores[0].Key(ctx(t), "key0", 32)), get[[]byte](t)(stores[1].Key(ctx(t), "key1", 32))
	if string(one) == string(two) {
		t.Error("two names must have two keys")
	}
	if _, err := stores[0].Key(ctx(t), "key0", 64); err == nil {
		t.Error("a key of another size must not be given out")
	}
}

func testBlobs(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	_, err := st.LoadBlob(ctx(t), "secret-id")
	isMissing(t, err, "this session does not exist")
	now := time.Unix(1800000000, 0)
	big := strings.Repeat("\x00\xff\n", 100_000)
	must(t, st.SaveBlob(ctx(t), "a", []byte("old"), now))
	must(t, st.SaveBlob(ctx(t), "a", []byte(big), now.Add(time.Second)))
	must(t, st.SaveBlob(ctx(t), "b", nil, now))
	must(t, st.SaveBlob(ctx(t), "c", []byte("c"), now.Add(time.Hour)))
	equal(t, "blob", string(get[[]byte](t)(st.LoadBlob(ctx(t), "a"))), big)
	equal(t, "pruned", get[int64](t)(st.PruneBlobs(ctx(t), now)), 1)
	_, err = st.LoadBlob(ctx(t), "b")
	isMissing(t, err, "this session does not exist")
	must(t, st.DeleteBlob(ctx(t), "c"))
	must(t, st.DeleteBlob(ctx(t), "c"))
	equal(t, "pruned later", get[int64](t)(st.PruneBlobs(ctx(t), now.Add(time.Hour))), 1)
}

// testWriters lets two processes' worth of writers meet: nothing fails, and one name stays one row although the table
// has no unique constraint.
func testWriters(t *testing.T, d Driver) {
	dsn := d.New(t)
	raw := d.Raw(t, dsn)
	_, err := raw.ExecContext(ctx(t), `CREATE TABLE modules (id INTEGER, name TEXT, form TEXT, mod TEXT, code TEXT)`)
	must(t, err)
	must(t, raw.Close())
	stores := []store.Store{open(t, d, dsn), open(t, d, dsn)}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			st := stores[i%2]
			for n := range 5 {
				err := errors.Join(
					st.SaveModule(ctx(t), store.Module{Name: fmt.Sprintf("m%d", n), Code: fmt.Sprint(i)}),
					st.Track(ctx(t), []store.TrackRow{{LogID: fmt.Sprint(i)}, {LogID: fmt.Sprint(i)}}),
					st.SaveBlob(ctx(t), fmt.Sprint(n), []byte("x"), time.Unix(1, 0)))
				if _, readErr := st.Modules(ctx(t)); err != nil || readErr != nil {
					t.Error(err, readErr)
				}
			}
		})
	}
	wg.Wait()
	equal(t, "modules", len(get[[]store.Module](t)(stores[0].Modules(ctx(t)))), 5)
	var n int
	must(t, stores[0].DB().QueryRowContext(ctx(t), `SELECT count(*) FROM tracker`).Scan(&n))
	equal(t, "tracker rows", n, 8*5*2)
}

func testCancelled(t *testing.T, d Driver) {
	st := open(t, d, d.New(t))
	c, cancel := context.WithCancel(ctx(t))
	cancel()
	if _, err := st.App(c, "app"); !errors.Is(err, context.Canceled) {
		t.Errorf("read: got %v, want one that is context.Canceled", err)
	}
	if err := st.SaveTemplate(c, store.Template{Name: "x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("write: got %v, want one that is context.Canceled", err)
	}
	equal(t, "templates", len(get[[]store.Template](t)(st.Templates(ctx(t)))), 0)
}
