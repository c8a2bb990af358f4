package engine

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// twinApp is an app with a login, a page for those who are logged in, and a form.
func twinApp() string {
	return `{"drawflow":{"home":{"data":{` + strings.Join([]string{
		starter("s1", "/login", "a"), js("a", `function main(){ set_profile({username: "ana"}); c.String(200, "logged in") }`),
		starter("s2", "/who", "b"), js("b", `function main(){ c.JSON(200, {who: get_profile().username || "", cookies: c.Cookies().length, header: header.Cookie || []}) }`),
		node("s4", `{"type":"starter","urlpattern":"/private","method":"GET","nflow_auth":"true"}`, "output_1=f"),
		js("f", `function main(){ c.String(200, "private") }`),
	}, ",") + `}},"asking":{"data":{` + strings.Join([]string{
		starter("s3", "/form", "d"), js("d", `function main(){ payload.secret = "of the form"; payload.break = true; c.String(200, "asked") }`, "output_1=e"),
		js("e", `function main(){ c.String(200, "went on with " + payload.secret) }`),
	}, ",") + `}}}}`
}

const twinAuth = `function auth(){ if (!profile.username) next = "login" }`

// twins serves the app "app" and a copy of it, "blog", from one database, on two ports of one host.
func twins(t *testing.T, c ConfigWorkspace) (app, blog *world) {
	t.Helper()
	app = newWorld(t, setup{app: twinApp(), defaultJS: twinAuth, config: c})
	if err := app.store.SaveApp(t.Context(), store.App{Name: "blog", JSON: []byte(twinApp()), DefaultJS: twinAuth}); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Any("/*", app.rt.Handler("blog"))
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	other := *app
	other.server = server // and the same browser
	return app, &other
}

// TestSessionsBelongToAnApp: a login, an offer and a form at one app are none at another, of the same database and host, in
// either direction, whatever the names of their cookies are.
func TestSessionsBelongToAnApp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]ConfigWorkspace{
		"default":     {},
		"one key":     {Session: SessionConfig{Key: strings.Repeat("k", 32)}},
		"cookie_name": {Session: SessionConfig{CookieName: "visit"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app, blog := twins(t, c)
			app.expect(app.get("/form"), 200, "asked")
			app.expect(app.get("/login"), 200, "logged in")
			app.expect(app.get("/private"), 200, "private")
			blog.expect(blog.get("/who"), 200, `{"who":"","cookies":0,"header":[]}`)
			blog.expect(blog.get("/form/nfnext/e"), 409, "not offered")
			if c.Session.CookieName == "" { // else the browser has one cookie for both
				blog.expect(blog.get("/private"), http.StatusTemporaryRedirect, "") // which keeps something in blog's own session
				blog.expect(blog.get("/login"), 200, "logged in")
				blog.expect(blog.get("/form/nfnext/e"), 409, "not offered")
			}
			app.expect(app.get("/who"), 200, `{"who":"ana","cookies":0,"header":[]}`)
			app.expect(app.get("/form/nfnext/e"), 200, "went on with of the form")
		})
	}
}

// TestSharedLogins: apps that name the same [session] app share their sessions.
func TestSharedLogins(t *testing.T) {
	t.Parallel()
	app, blog := twins(t, ConfigWorkspace{Session: SessionConfig{App: "both"}})
	app.expect(app.get("/login"), 200, "logged in")
	blog.expect(blog.get("/private"), 200, "private")
}

// TestOldSessions: a cookie that an older version has set remains valid for the app that served the database then, and is none at
// another.
func TestOldSessions(t *testing.T) {
	t.Parallel()
	app, blog := twins(t, ConfigWorkspace{})
	if owns, err := app.store.OwnsOldSessions(t.Context(), "app", "app"); err != nil || !owns {
		t.Fatal(owns, err)
	}
	key, err := app.store.Key(t.Context(), "session", 64)
	if err != nil {
		t.Fatal(err)
	}
	older, err := syncsession.NewCookie(syncsession.Options{Keys: [][]byte{key}})
	if err != nil {
		t.Fatal(err)
	}
	var s syncsession.Session
	if err := s.SetKey("auth_session", "profile", map[string]any{"username": "ana"}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetKey("nflow_offers", "asking", []any{"e"}); err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	if err := older.Save(t.Context(), h, httptest.NewRequest(http.MethodGet, "/", nil), &s); err != nil {
		t.Fatal(err)
	}
	home, err := url.Parse(app.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	app.client.Jar.SetCookies(home, (&http.Response{Header: h}).Cookies())
	blog.expect(blog.get("/who"), 200, `{"who":""`)
	blog.expect(blog.get("/form/nfnext/e"), 409, "not offered")
	app.expect(app.get("/who"), 200, `{"who":"ana","cookies":0,"header":[]}`)
	app.expect(app.get("/form/nfnext/e"), 200, "went on")
	for _, c := range app.client.Jar.Cookies(home) {
		if !strings.HasPrefix(c.Name, "nflow_") {
			t.Errorf("cookie %s is still there", c.Name)
		}
	}
	app.expect(app.get("/who"), 200, `{"who":"ana"`)
	blog.expect(blog.get("/who"), 200, `{"who":""`)
}

func TestSessionID(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{{"shop/app.json", "shop/"}, {"./shop/app.json", "shop/../shop/app.json"}} {
		if sessionID(same[0]) != sessionID(same[1]) {
			t.Errorf("%s and %s are one app", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"shop/app.json", "blog/app.json"}, {"shop/app.json", "shop/two.json"}, {"shop", "./shop"}} {
		if sessionID(other[0]) == sessionID(other[1]) {
			t.Errorf("%s and %s are two apps", other[0], other[1])
		}
	}
}
