package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// world is a run with a database of its own.
type world struct {
	*hosttest.World
	opts   Options
	masked []string
}

func newWorld(t testing.TB) *world {
	w := &world{opts: Options{LookupEnv: func(name string) (string, bool) { return "from env", name == "NFLOW_SECRET_API_KEY" }}}
	w.opts.Mask = func(_ *hostfn.Run, value string) { w.masked = append(w.masked, value) }
	w.World = hosttest.NewWorld(t, func() []hostfn.Row { return Rows(w.opts) })
	return w
}

func (w *world) database() store.Store {
	w.T.Helper()
	st, err := sqlite.Open(w.Ctx, sqlite.Options{DSN: filepath.Join(w.T.TempDir(), "nflow.db")})
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = st.Close() })
	w.opts.KV, w.opts.Secret = st, st.Secret
	return st
}

func TestKV(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.database()
	w.Eq(`[kv.get("a"), kv.get("a", 5), kv.set("a", {x: [1, null], "__proto__": {y: 1}}), kv.get("a"), ({}).y]`, `[null,5,null,{"x":[1,null]},null]`)
	w.Eq(`kv.set("p", JSON.parse('{"__proto__": {"y": 1}}')); [Object.keys(kv.get("p")), ({}).y === undefined]`, `[["__proto__"],true]`)
	w.Eq(`[kv.incr("n"), kv.incr("n", 5), kv.incr("n", -2), kv.get("n")]`, `[1,6,4,4]`)
	w.Eq(`[kv.delete("n"), kv.delete("n"), kv.get("n") === undefined]`, `[true,false,true]`)
	w.Eq(`kv.set("half", {"\ud800": "\udfff"}); escape(JSON.stringify(kv.get("half")))`, `"%7B%22%5Cud800%22%3A%22%5Cudfff%22%7D"`)
	w.JS(`kv.set("soon", 1, 60); kv.incr("count", 1, 60)`)
	w.At = w.At.Add(time.Minute)
	w.Eq(`[kv.get("soon", "gone"), kv.incr("count", 1, 60)]`, `["gone",1]`)
	w.Run.App = "other"
	w.Eq(`kv.get("a", "not mine")`, `"not mine"`)
	for script, text := range map[string]string{
		`kv.get("")`:                            "the key must be text of 1 to 255",
		`kv.get("x".repeat(256))`:               "the key must be",
		`kv.set("a\0b", 1)`:                     "the key must be",
		`kv.set("a", "x".repeat(300 * 1024))`:   "larger than 256 KiB",
		`kv.set("a", 1, -1)`:                    "time to live",
		`kv.set("a", 1, "soon")`:                "time to live",
		`kv.set("t", "text"); kv.incr("t")`:     `the value of "t" is not a whole number`,
		`kv.incr("n", 1.5)`:                     "must be a whole number",
		`kv.set("a", 1, 60, {nx: true})`:        `TypeError: kv.set takes no options: "nx" is unknown`,
		`kv.get("a", 1, {ttl: 1})`:              `kv.get takes no options: "ttl" is unknown`,
		`const o = {}; o.o = o; kv.set("a", o)`: "TypeError",
	} {
		w.Throws(script, text)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	st := w.database()
	dir := t.TempDir()
	w.opts.SecretsDir = dir
	outside := filepath.Join(t.TempDir(), "outside")
	for name, text := range map[string]string{filepath.Join(dir, "smtp.password"): "from file\n", filepath.Join(dir, "api-key"): "hidden by env", outside: "no"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "linked")), os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		st.SetSecret(t.Context(), "in-db", "from database"), st.SetSecret(t.Context(), "smtp.password", "hidden by file")); err != nil {
		t.Fatal(err)
	}
	w.Eq(`[secrets.get("api-key"), secrets.get("smtp.password"), secrets.get("in-db"), secrets.get("none", null), secrets.get("none", "x")]`,
		`["from env","from file","from database",null,"x"]`)
	if got := strings.Join(w.masked, "|"); got != "from env|from file|from database" {
		t.Errorf("told to mask %q", got)
	}
	for script, text := range map[string]string{
		`secrets.get("none")`:       `secret "none" not found; set NFLOW_SECRET_NONE`,
		`secrets.get("../outside")`: "a name is made of",
		`secrets.get(".hidden")`:    "a name is made of",
		`secrets.get("")`:           "a name is made of",
		`secrets.get("linked")`:     `secret "linked" cannot be read`,
		`secrets.get("folder")`:     `secret "folder" cannot be read`,
	} {
		if got := w.Throws(script, text); strings.Contains(got, dir) {
			t.Errorf("%s shows a path: %s", script, got)
		}
	}
}
