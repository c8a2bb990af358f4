package kit

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// world is a run with the options of the plugin.
type world struct {
	*hosttest.World
	opts Options
}

func newWorld(t testing.TB) *world {
	w := &world{opts: Options{Call: func(_ context.Context, _ *hostfn.Run, target string, payload *ordered.Object) (*ordered.Object, error) {
		if target == "/none" {
			return nil, fault.New(fault.NotFound, "there is no flow at /none")
		}
		return ordered.From(map[string]any{"target": target, "got": payload, "total": int64(7)}), nil
	}}}
	w.World = hosttest.NewWorld(t, func() []hostfn.Row { return New(w.opts).Functions() })
	return w
}

// database adds a database to the world.
func (w *world) database() {
	w.T.Helper()
	st, err := sqlite.Open(w.Ctx, sqlite.Options{DSN: filepath.Join(w.T.TempDir(), "nflow.db")})
	if err != nil {
		w.T.Fatal(err)
	}
	w.T.Cleanup(func() { _ = st.Close() })
	w.opts.State.KV, w.opts.State.Secret = st, st.Secret
}

func TestRowsAreDocumentedAndTheirExamplesRun(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, row := range New(Options{}).Functions() {
		names[row.Name] = true
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			if !strings.HasPrefix(row.Sig, row.Name) || !strings.HasSuffix(row.Doc, ".") || !strings.Contains(row.Example, row.Name) {
				t.Fatalf("signature %q, doc %q or example %q", row.Sig, row.Doc, row.Example)
			}
			w := newWorld(t)
			w.database()
			w.JS(`var payload = {id: 7, email: "ada@example.com"}, next = "output_1", wid = "w", new_map = () => ({}), c = {JSON() { throw new Error("answered") }};
` + row.Example)
			if row.Name == "rule_run" {
				w.Eq(`[payload.price, output.level, seen]`, `[108,"gold",[true,true,true]]`)
			}
		})
	}
	for _, name := range strings.Fields("crypto jwt csv xml yaml date validate kv secrets log logger flow rules rule_add_fx rule_run require") {
		if !names[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestWhatIsNotConfiguredSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opts = Options{}
	w.Throws(`kv.get("a")`, "kv.get: this runtime has no key-value store")
	w.Throws(`flow.call("/x")`, "flow.call: this runtime cannot call flows")
	w.Throws(`secrets.get("api-key")`, `secret "api-key" not found; set NFLOW_SECRET_API_KEY in the environment`)
	w.Throws(`require("fs")`, `module "fs" not found; available are assert, buffer, console`)
	w.Throws(`require("fs")`, `[vm_pool] allowed_modules`)
	w.Throws(`jwt.verify("a.b.c", {jwks: "http://localhost/keys"})`, "set [vm_pool] enable_network = true")
	w.Network = true
	w.Throws(`jwt.verify("a.b.c", {jwks: "http://localhost/keys"})`, "this runtime cannot fetch keys")
}

func TestWaitingEndsWithTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.database()
	w.opts.Call = func(ctx context.Context, _ *hostfn.Run, _ string, _ *ordered.Object) (*ordered.Object, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	ctx, kill := context.WithCancelCause(context.Background())
	w.Ctx = ctx
	kill(fault.New(fault.Killed, "somebody ended the run"))
	for _, script := range []string{`flow.call("/x")`, `kv.get("a")`, `kv.incr("a")`, `rules.eval("map(1..1000, # * 2)")`, `validate({minLength: 1}, "ab")`} {
		w.Throws(script, "")
	}
	w.Throws(`flow.call("/x")`, "somebody ended the run")
}

func TestLog(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`log.info("placed", {id: 7, total: 1.5, ok: true, name: "a b", tags: ["x"], level: "FATAL"})`: `level=INFO msg=placed fields.id=7 fields.total=1.5 fields.ok=true fields.name="a b" fields.tags="[ 'x' ]" fields.level=FATAL line=1`,
		`logger.error("bad", "why")`:  `level=ERROR msg=bad fields=why line=1`,
		"\n" + `log.warn({a: 1})`:     `level=WARN msg="{ a: 1 }" line=2`,
		`log.debug("x\nlevel=ERROR")`: `level=DEBUG msg="x\nlevel=ERROR"`,
	} {
		w := newWorld(t)
		w.JS(script)
		if !strings.Contains(w.Logged.String(), want) || strings.Count(w.Logged.String(), "\n") != 1 {
			t.Errorf("%s\nlogged %s\nwant   %s", script, w.Logged.String(), want)
		}
	}
	w := newWorld(t)
	w.JS(`log.info("x".repeat(1e6), Object.fromEntries(Array.from({length: 1000}, (_, i) => ["k" + i, "y".repeat(1000)])))`)
	if w.Logged.Len() > 100<<10 {
		t.Errorf("%d bytes were logged", w.Logged.Len())
	}
	w.Eq(`const o = {}; o.o = o; log.info("x", o); log.info(new Proxy({}, {ownKeys() { throw new Error("trap") }})); log.info(Symbol("x"), 10n); log.info()`, `undefined`)
	w.Throws(`log.info("x", {get a() { throw new RangeError("mine") }})`, "RangeError: mine")
	own := newWorld(t)
	own.Eq(`function log(x) { return "mine " + x }; [log("a"), typeof logger.info]`, `["mine a","function"]`)
}

func TestFlowCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`flow.call("/prices", {a: [1, {b: null}]})`, `{"got":{"a":[1,{"b":null}]},"target":"/prices","total":7}`)
	w.Eq(`flow.call("prices").got`, `{}`)
	w.Throws(`flow.call("/none")`, "there is no flow at /none")
	w.Throws(`flow.call()`, "path or the name")
	w.Throws(`flow.call("/x", [1])`, "must be an object")
	w.Throws(`flow.call("/x", "text")`, "must be an object")
	w.Throws(`const o = {}; o.o = o; flow.call("/x", o)`, "circular")
	w.Eq(`flow.call("/x", {d: new Date(0), u: undefined, n: NaN, f() {}}).got`, `{"d":"1970-01-01T00:00:00.000Z","n":null}`)
}
