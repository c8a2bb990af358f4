package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// testTogether starts several processes' worth of stores on one empty database.
func testTogether(t *testing.T, d Driver) {
	dsn := d.New(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			st, err := d.Open(ctx(t), dsn)
			if err != nil {
				t.Error(err)
				return
			}
			if err := st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{}")}); err != nil {
				t.Error(err)
			}
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	equal(t, "apps", len(get[[]string](t)(open(t, d, dsn).Apps(ctx(t)))), 1)
}

func testReopen(t *testing.T, d Driver) {
	dsn := d.New(t)
	st, err := d.Open(ctx(t), dsn)
	must(t, err)
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte("{}")}))
	must(t, st.CreateUser(ctx(t), "ana", "ROL_USER", "h"))
	key := get[[]byte](t)(st.Key(ctx(t), "k", 16))
	must(t, st.Close())

	st = open(t, d, dsn)
	equal(t, "fresh", st.Fresh(), false)
	equal(t, "json", string(get[store.App](t)(st.App(ctx(t), "app")).JSON), "{}")
	equal(t, "hash", get[string](t)(st.Credential(ctx(t), "ana")), "h")
	equal(t, "key", string(get[[]byte](t)(st.Key(ctx(t), "k", 16))), string(key))
}

func testNewer(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	_, err := st.DB().ExecContext(ctx(t), `INSERT INTO nflow_schema (version) VALUES (999)`)
	must(t, err)
	if st, err := d.Open(ctx(t), dsn); err == nil {
		st.Close()
		t.Error("a database of a newer runtime must be refused")
	} else if !strings.Contains(fault.From(err).Text, "newer") {
		t.Errorf("error does not say why: %v", err)
	}
}

// testReadOnly opens read-only: a complete database is served, an incomplete one refused with the reason.
func testReadOnly(t *testing.T, d Driver) {
	dsn := d.New(t)
	st := open(t, d, dsn)
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "page", Content: "c"}))
	ro := open(t, d, d.ReadOnly(dsn))
	equal(t, "content", get[store.Template](t)(ro.Template(ctx(t), "page")).Content, "c")
	if err := ro.SaveTemplate(ctx(t), store.Template{Name: "page", Content: "d"}); err == nil {
		t.Error("writing must fail")
	}

	dsn = d.New(t)
	raw := d.Raw(t, dsn)
	_, err := raw.ExecContext(ctx(t), `CREATE TABLE nflow (id INTEGER, name TEXT, json TEXT, default_js TEXT, tag TEXT)`)
	must(t, err)
	must(t, raw.Close())
	if st, err := d.Open(ctx(t), d.ReadOnly(dsn)); err == nil {
		st.Close()
		t.Error("missing tables in a read-only database must be refused")
	} else if text := fault.From(err).Text; !strings.Contains(text, "read-only") || !strings.Contains(text, "api_tokens") {
		t.Errorf("error does not say what is wrong and how to repair it: %v", err)
	}
}

// testLegacy opens a database that other programs made. It holds app "app" with JSON {"drawflow": {"año": {}}} and no
// default_js; module "_start" with form "<f>", mod {"a": 1} and code NULL; template "page"; users ana (active, password
// "oldhash", rol ROL_ADMIN) and ben (not active); tokens: name "api" in a padded CHAR column, four rows in this order:
// secret "s1" active, never expires, empty header and type; "s2" active, expired 1000, header X-Key, type Key; "s3" not
// active; "s4" active, expiry unreadable where the column allows it, else 0. Tables queries and tracker are missing.
func testLegacy(t *testing.T, d Driver, sql string) {
	dsn := d.New(t)
	raw := d.Raw(t, dsn)
	_, err := raw.ExecContext(ctx(t), sql)
	must(t, err)
	must(t, raw.Close())
	st := open(t, d, dsn)

	equal(t, "fresh", st.Fresh(), false)
	a := get[store.App](t)(st.App(ctx(t), "app"))
	equal(t, "json", string(a.JSON), `{"drawflow": {"año": {}}}`)
	equal(t, "default_js", a.DefaultJS, "")
	m := store.Module{Name: "_start", Form: "<f>", Mod: `{"a": 1}`}
	equal(t, "module", get[store.Module](t)(st.Module(ctx(t), "_start")), m)
	equal(t, "modules", get[[]store.Module](t)(st.Modules(ctx(t)))[0], m)
	equal(t, "template", get[store.Template](t)(st.Template(ctx(t), "page")).Content, "p")

	u, password, err := st.UserWithPassword(ctx(t), "ana")
	must(t, err)
	equal(t, "ana", u, store.User{ID: u.ID, Username: "ana", Role: "ROL_ADMIN", Active: true})
	equal(t, "password", password, "oldhash")
	users := get[[]store.User](t)(st.Users(ctx(t)))
	equal(t, "users", fmt.Sprint(len(users), users[1].Username, users[1].Active), "2benfalse")

	legacyTokens(t, st)
	legacyWrites(t, st)
}

func legacyTokens(t *testing.T, st store.Store) {
	var got []string
	for _, r := range get[[]store.Token](t)(st.Tokens(ctx(t), "api")) {
		expired := "never"
		if r.Expired != nil {
			expired = fmt.Sprint(*r.Expired)
		}
		got = append(got, fmt.Sprintf("%q %q %s %v %q %q", r.Name, r.Token, expired, r.Active, r.Header, r.Type))
	}
	equal(t, "tokens", strings.Join(got, "\n"), strings.Join([]string{
		`"api" "s1" never true "Authorization" "Bearer"`,
		`"api" "s2" 1000 true "X-Key" "Key"`,
		`"api" "s3" never false "Authorization" "Bearer"`,
		`"api" "s4" 0 true "Authorization" "Bearer"`,
	}, "\n"))
}

// legacyWrites changes all that can be changed, in tables whose types are not ours.
func legacyWrites(t *testing.T, st store.Store) {
	must(t, st.SaveApp(ctx(t), store.App{Name: "app", JSON: []byte(`{"x":"\\n"}`), DefaultJS: "js"}))
	must(t, st.SaveApp(ctx(t), store.App{Name: "two", JSON: []byte(`{}`)}))
	a := get[store.App](t)(st.App(ctx(t), "app"))
	equal(t, "saved app", string(a.JSON)+a.DefaultJS, `{"x":"\\n"}js`)
	must(t, st.SaveModule(ctx(t), store.Module{Name: "_start", Form: "f", Mod: `{"b": 2}`, Code: "c"}))
	must(t, st.SaveModule(ctx(t), store.Module{Name: "new", Mod: `{}`}))
	equal(t, "saved module", get[store.Module](t)(st.Module(ctx(t), "_start")), store.Module{Name: "_start", Form: "f", Mod: `{"b": 2}`, Code: "c"})
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: "new", Content: "n"}))
	must(t, st.CreateUser(ctx(t), "eva", "ROL_USER", "h"))
	must(t, st.SetUserActive(ctx(t), "ana", false))
	must(t, st.SetUserActive(ctx(t), "ben", true))
	var active []string
	for _, u := range get[[]store.User](t)(st.Users(ctx(t))) {
		active = append(active, fmt.Sprint(u.Username, u.Active))
	}
	equal(t, "users", strings.Join(active, " "), "anafalse bentrue evatrue")
	when := int64(2000000000)
	must(t, st.RevokeToken(ctx(t), "api"))
	must(t, st.AddToken(ctx(t), store.Token{Name: "api", Token: "s5", Start: &when, Expired: &when, Active: true}))
	rows := get[[]store.Token](t)(st.Tokens(ctx(t), "api"))
	for _, r := range rows {
		equal(t, r.Token+" active", r.Active, r.Token == "s5")
	}
	if last := rows[len(rows)-1]; last.Expired == nil || *last.Expired != when {
		t.Errorf("expiry: %v", last.Expired)
	}
	must(t, st.Track(ctx(t), []store.TrackRow{{LogID: "l", OrderBox: 3}}))
}
