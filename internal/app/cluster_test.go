package app

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// databases returns the settings of a new database, by its kind.
func databases() map[string]func(*testing.T) []string {
	return map[string]func(*testing.T) []string{
		"sqlite": func(t *testing.T) []string { return []string{"NFLOW_DATABASE_NFLOW_DSN=" + t.TempDir() + "/nflow.db"} },
		"postgres": func(t *testing.T) []string {
			return []string{"NFLOW_DATABASE_NFLOW_DRIVER=postgres", "NFLOW_DATABASE_NFLOW_DSN=" + servertest.Database(t)}
		},
	}
}

// TestTwoInstances: a run of one is ended by the other, and a changed app reaches both, each response telling its version.
func TestTwoInstances(t *testing.T) {
	t.Parallel()
	for kind, settings := range databases() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			testTwoInstances(t, settings(t)...)
		})
	}
}

func testTwoInstances(t *testing.T, set ...string) {
	t.Helper()
	code := map[string]string{
		"/wait": `kv.set("wid", wid); sleep(25000); return c.String(200, "whole")`,
		"/wid":  `return c.String(200, kv.get("wid") || "")`,
		"/kill": `return c.JSON(200, wkill(form.wid[0]))`,
		"/v":    `return c.String(200, "one")`,

		"/across":       `kv.set("across", true); for (let i = 0; i < 1000 && !kv.get("changed"); i++) sleep(20); return c.String(200, "old")`,
		"/across/begun": `return c.String(200, String(kv.get("across")))`,
		"/changed":      `kv.set("changed", true); return c.String(200, "changed")`,
	}
	save(t, code, set...)
	one, two := start(t, Options{}, set...), start(t, Options{}, set...)

	ended := make(chan answer, 1)
	go func() {
		a, _ := one.try(http.MethodGet, "/wait", nil)
		ended <- a
	}()
	two.until("/wid", "-")
	wid := two.get("/wid").body
	equal(t, "kill from elsewhere", two.get("/kill?wid="+wid).body, "true")
	has(t, message(t, <-ended), "the run was killed")
	equal(t, "kill nobody", two.get("/kill?wid="+wid).body, "false")

	before := one.get("/v").Header.Get("Nflow-Version")
	equal(t, "the other's version", two.get("/v").Header.Get("Nflow-Version"), before)
	equal(t, "length of the version", len(before), 16)
	equal(t, "version without a run", one.get("/nowhere").Header.Get("Nflow-Version"), "")
	go func() {
		a, _ := one.try(http.MethodGet, "/across", nil)
		ended <- a
	}()
	two.until("/across/begun", "true")
	code["/v"] = `return c.String(200, "two")`
	code["/across"] = `return c.String(200, "new")`
	save(t, code, set...)
	saved := time.Now()
	for _, s := range []*site{one, two} {
		s.until("/v", "two")
	}
	took := time.Since(saved)
	t.Logf("the change reached both after %s", took.Round(time.Millisecond))
	if took > 3*time.Second { // within one on an idle machine
		t.Error("the change took", took)
	}
	after := one.get("/v").Header.Get("Nflow-Version")
	equal(t, "the other's version afterwards", two.get("/v").Header.Get("Nflow-Version"), after)
	if after == before {
		t.Error("another app has the same version")
	}
	two.get("/changed")
	if a := <-ended; a.Response == nil || a.body != "old" || a.Header.Get("Nflow-Version") != before {
		t.Error("the run that began before the change answers", a.body)
	}
	a := one.get("/across")
	equal(t, "a run after it", fmt.Sprint(a.body, a.Header["Nflow-Version"]), fmt.Sprint("new", []string{after}))
}

// TestAccountsChangeEverywhere: who is disabled by a command cannot log in anywhere at once, though logins are believed for
// five seconds; and a lock-out counts at all instances.
func TestAccountsChangeEverywhere(t *testing.T) {
	t.Parallel()
	for kind, settings := range databases() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			accountsChange(t, append(settings(t), "NFLOW_SECURITY_LOGIN_FAILURES=3"))
		})
	}
}

func accountsChange(t *testing.T, set []string) {
	save(t, map[string]string{"/in": `return c.String(200, "in=" + validate_user(form.user[0], form.password[0]))`}, set...)
	one, two := start(t, Options{}, set...), start(t, Options{}, set...)
	st := storeOf(t, set)
	defer st.Close()
	command := accounts.New(accounts.Options{Store: st})
	for _, user := range []string{"ana", "eva"} {
		if err := command.AddUser(t.Context(), user, "pw", ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*site{one, two} {
		equal(t, "ana", s.get("/in?user=ana&password=pw").body, "in=true")
		equal(t, "eva", s.get("/in?user=eva&password=pw").body, "in=true")
	}
	if err := command.Disable(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	disabled := time.Now()
	for _, s := range []*site{one, two} {
		s.until("/in?user=ana&password=pw", "in=false")
	}
	took := time.Since(disabled)
	t.Logf("known at both after %s", took.Round(time.Millisecond))
	if took > 4*time.Second {
		t.Error("that took", took)
	}
	for i := range 4 { // two at each: it knows then of those at the other
		equal(t, "a guess", []*site{one, two}[i%2].get("/in?user=eva&password=guess").body, "in=false")
	}
	for _, s := range []*site{one, two} {
		equal(t, "locked out", s.get("/in?user=eva&password=pw").body, "in=false")
	}
}

// storeOf opens the database of the settings.
func storeOf(t *testing.T, settings []string) store.Store {
	t.Helper()
	c, _, err := engine.ConfigFile{Environ: settings}.Load()
	if err != nil {
		t.Fatal(err)
	}
	st, err := engine.OpenStore(t.Context(), c, t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// save puts an app of such flows into the database of the settings.
func save(t *testing.T, code map[string]string, settings ...string) {
	t.Helper()
	text, err := os.ReadFile(flows(t, code))
	if err != nil {
		t.Fatal(err)
	}
	st := storeOf(t, settings)
	defer st.Close()
	if err := st.SaveApp(t.Context(), store.App{Name: "app", JSON: text}); err != nil {
		t.Fatal(err)
	}
}

// TestReady: a stop shows on /ready at once, while flows and /health continue for [server] leave_seconds, and /health and
// /ready until the runs have ended.
func TestReady(t *testing.T) {
	t.Parallel()
	s := launch(t, Options{App: flows(t, map[string]string{
		"/slow": `sleep(3000); return c.String(200, "whole")`, "/quick": `return c.String(200, "quick")`,
	})}, "NFLOW_SERVER_LEAVE_SECONDS=1")
	a := s.get("/ready")
	equal(t, "before", fmt.Sprint(a.StatusCode, " ", a.body), `200 {"status":"ready"}`)
	ended := make(chan answer, 1)
	go func() {
		a, _ := s.try(http.MethodGet, "/slow", nil)
		ended <- a
	}()
	s.until("/health", `"live":1`)
	s.cancel()
	s.until("/ready", `{"status":"draining"}`)
	equal(t, "leaving", s.get("/ready").StatusCode, 503)
	equal(t, "flows meanwhile", s.get("/quick").body, "quick")
	for end := time.Now().Add(long); s.get("/quick").StatusCode == 200 && time.Now().Before(end); {
		equal(t, "health while leaving", s.get("/health").StatusCode, 200)
	}
	has(t, message(t, s.get("/quick")), "503 the server is stopping")
	equal(t, "Retry-After", s.get("/quick").Header.Get("Retry-After"), "5")
	equal(t, "health while draining", s.get("/health").StatusCode, 200)
	equal(t, "ready while draining", s.get("/ready").StatusCode, 503)
	if a := <-ended; a.Response == nil || a.body != "whole" {
		t.Error("the run that lived got", a.body)
	}
	if err := s.stop(); err != nil {
		t.Error("Run:", err)
	}
}
