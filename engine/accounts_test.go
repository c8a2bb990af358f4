package engine

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// asked counts the questions about users and tokens.
type asked struct {
	store.Store
	n atomic.Int32
}

func (a *asked) UserWithPassword(ctx context.Context, name string) (store.User, string, error) {
	a.n.Add(1)
	return a.Store.UserWithPassword(ctx, name)
}

func (a *asked) Credential(ctx context.Context, name string) (string, error) {
	a.n.Add(1)
	return a.Store.Credential(ctx, name)
}

func (a *asked) Tokens(ctx context.Context, name string) ([]store.Token, error) {
	a.n.Add(1)
	return a.Store.Tokens(ctx, name)
}

func (a *asked) LoginFailures(ctx context.Context, ids ...string) (map[string]store.LoginFailures, error) {
	a.n.Add(1)
	return a.Store.LoginFailures(ctx, ids...)
}

// TestLoginCostsNoQuery: a flow behind a login asks the database about it at its first request only.
func TestLoginCostsNoQuery(t *testing.T) {
	t.Parallel()
	plain, err := sqlite.Open(t.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plain.Close() })
	st := &asked{Store: plain}
	text := app(starter("s1", "/in", "check"), js("check", `function main(){
		c.JSON(200, [validate_user("ana", "pw"), validate_token("api"), get_user("ana").username]) }`))
	auth := `function auth(){ if (!validate_user("ana", header.Password[0])) { c.NoContent(401); next = "break" } }`
	if err := st.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(strings.Replace(text, `"type":"starter"`, `"type":"starter","nflow_auth":"true"`, 1)), DefaultJS: auth}); err != nil {
		t.Fatal(err)
	}
	rt, err := New(Options{Store: st, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rt.Close(context.Background()) })
	if err := rt.Accounts().AddUser(t.Context(), "ana", "pw", ""); err != nil {
		t.Fatal(err)
	}
	secret, err := rt.Accounts().AddToken(t.Context(), "api", rt.clock.Now().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Any("/*", rt.Handler("app"))
	ask := func(password string) *httptest.ResponseRecorder {
		q := httptest.NewRequest("GET", "/in", nil)
		q.Header.Set("Authorization", "Bearer "+secret)
		q.Header.Set("Password", password)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, q)
		return w
	}
	for i := range 100 {
		if w := ask("pw"); w.Code != 200 || strings.TrimSpace(w.Body.String()) != `[true,true,"ana"]` {
			t.Fatalf("request %d: %d %s", i, w.Code, w.Body)
		}
	}
	if n := st.n.Load(); n != 4 { // user, credential, failures, token
		t.Errorf("100 requests asked %d questions, want 4", n)
	}
	for range 10 {
		if w := ask("wrong"); w.Code != 401 {
			t.Errorf("wrong password: %d", w.Code)
		}
	}
	if w := ask("pw"); w.Code != 401 {
		t.Errorf("after ten failures: %d", w.Code)
	}
}
