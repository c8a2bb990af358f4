package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/runloop"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// recorded waits until a run is recorded and returns it.
func (w *world) recorded(wid string) *store.Run {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for {
		r, err := w.store.Run(ctx, wid)
		if err == nil {
			return r
		}
		if !errors.Is(err, store.ErrNotFound) || store.Pause(ctx, 5*time.Millisecond) != nil {
			w.t.Fatalf("run %q: %v\nlog:\n%s", wid, err, w.log)
		}
	}
}

// story writes a run in short: status, then each visit with output, what it changed and what it logged.
func story(r *store.Run) string {
	s := []string{string(r.Status), string(r.Input)}
	for _, v := range r.Visits {
		s = append(s, strings.TrimSpace(fmt.Sprintf("%s>%s %s %s", v.Place.Node, v.Output, v.Changes, v.Logs)))
	}
	return strings.Join(s, " | ")
}

func keepAll() ConfigWorkspace {
	return ConfigWorkspace{History: HistoryConfig{Record: "all", Payloads: true}, VMPoolConfig: VMPoolConfig{MaxOperations: 1_000_000}}
}

func TestHistoryTellsRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: keepAll(), app: app(
		starter("s1", "/ok", "a"),
		js("a", "payload.n = payload.n * 2\nconsole.log('n is %d', payload.n); payload.keep = 'x'; delete payload.gone", "output_1=b"),
		js("b", `c.JSON(200, payload.n); log.warn("sent", {n: 8})`, "output_1=c"), js("c", `payload = 7; next = "no such output"`, "output_1=a"),
		starter("s2", "/throws", "t"), js("t", "payload.before = 1\nfunction main(){\n throw new Error('boom') }"),
		starter("s3", "/loops", "l"), js("l", `for (;;) {}`),
		starter("s4", "/panics", "p"), node("p", `{"type":"panics"}`),
		starter("s6", "/waits", "z"), js("z", `function main(){ const t = "x".repeat(8 << 20), a = []; for (let i = 0; i < 5; i++) a.push(t + i); sleep(50); c.JSON(200, a.length) }`),
		starter("s5", "/getter", "g"), js("g", `payload.hot = {get x() { throw new Error("touched") }}; payload.when = new Date(0); payload.cold = [1, "a", null]`),
	), prepare: func(rt *Runtime) { rt.loop.AddPluginStep(panicking(), "") }})

	r := w.recorded(w.get("/ok?n=4&gone=1").header.Get("Nflow-Wid-1"))
	want := `ok | {"set":{"n":"4","gone":"1"}} | a>output_1 {"set":{"n":8,"keep":"x"},"removed":["gone"]} [{"level":"INFO","text":"n is 8","line":2}]` +
		` | b>output_1  [{"level":"WARN","text":"sent { n: 8 }","line":1}] | c> {"set":{}} [{"level":"WARN","text":"next is \"no such output\", an output without a connection: the run ends","line":1}]`
	if got := story(r); got != want && got != strings.Replace(want, `c> {"set":{}}`, "c> ", 1) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if r.Flow != "home" || r.App != "app" || r.Method != "GET" || r.Path != "/ok" || r.Starter != "s1" || r.Kind != "http" || r.Answer != 200 || r.Nodes != 3 ||
		r.Operations == 0 || r.Took <= 0 || r.InVM <= 0 || r.InVM > r.Took || r.Version == "" || r.Parent != "" || r.Story != "" {
		t.Errorf("%+v", r)
	}
	r = w.recorded(w.get("/throws").header.Get("Nflow-Wid-1"))
	if r.Status != store.RunError || r.FailedAt != "t" || r.Answer != 500 || !strings.Contains(r.Stack, "boom") || !strings.Contains(r.Stack, "t:3") ||
		r.Visits[0].Status != store.RunError || string(r.Visits[0].Changes) != `{"set":{"before":1}}` {
		t.Errorf("%+v", r)
	}
	r = w.recorded(w.get("/waits").header.Get("Nflow-Wid-1"))
	if r.PeakMemory < 8<<20 || r.Took < 50*time.Millisecond || r.InVM > r.Took-45*time.Millisecond {
		t.Errorf("a run that held 8 MB and waited 50 ms: %d bytes, %v of %v in its VM", r.PeakMemory, r.InVM, r.Took)
	}
	r = w.recorded(w.get("/loops").header.Get("Nflow-Wid-1"))
	if r.Status != store.RunLimit || r.Exceeded != "operations" || r.Answer != 408 || r.Operations < 1_000_000 {
		t.Errorf("%+v", r)
	}
	r = w.recorded(w.get("/panics").header.Get("Nflow-Wid-1"))
	if r.Status != store.RunError || !strings.Contains(r.Stack, "out of order") || strings.Contains(r.Error, "out of order") {
		t.Errorf("%+v", r)
	}
	r = w.recorded(w.get("/getter").header.Get("Nflow-Wid-1"))
	if got := story(r); r.Status != store.RunOK || !strings.Contains(got, `"cold":[1,"a",null]`) || strings.Contains(got, "touched") || strings.Count(got, "left out") != 2 {
		t.Errorf("got %s", got)
	}
}

// panicking is a type of node whose code panics.
func panicking() plugins.StepType {
	return plugins.NewStep("panics", "Panics.", func(context.Context, struct{}, map[string]any) (string, map[string]any, error) { panic("out of order") })
}

func TestHistoryOfForksCallsAndKills(t *testing.T) {
	t.Parallel()
	text := `{"drawflow":{"home":{"data":{` +
		starter("s1", "/fork", "f") + "," + node("f", `{"type":"gorutine"}`, "output_1=m", "output_2=b") + "," +
		js("m", `c.JSON(200, 1)`) + "," + js("b", `payload.branch = true; sleep(60000)`) + "," +
		starter("s2", "/call", "x") + "," + js("x", `flow.call("Inner", {a: 1}); c.JSON(200, 1)`) +
		`}},"Inner":{"data":{` + starter("s3", "/inner", "i") + "," + js("i", `payload.b = 2`) + `}}}}`
	w := newWorld(t, setup{config: keepAll(), app: text})
	got := w.get("/fork")
	parent, fork := got.header.Get("Nflow-Wid-1"), got.header.Get("Dromedary-Wid-2")
	if r := w.recorded(parent); story(r) != `ok | {"set":{}} | f>output_1 | m>` {
		t.Errorf("got %s", story(r))
	}
	for !w.rt.processes.Kill(fork, fault.New(fault.Killed, "ana killed it")) {
		t.Fatal("the fork does not live")
	}
	if r := w.recorded(fork); r.Status != store.RunKilled || r.Parent != parent || r.Kind != "fork" || r.Error != "ana killed it" ||
		story(r) != `killed | {"set":{}} | b> {"set":{"branch":true}}` {
		t.Errorf("%+v %s", r, story(r))
	}
	wid := w.get("/call").header.Get("Nflow-Wid-1")
	w.recorded(wid)
	page, err := w.store.Runs(t.Context(), store.RunFilter{Parent: wid})
	if err != nil || len(page.Runs) != 1 || page.Runs[0].Kind != "call" || page.Runs[0].Flow != "Inner" || page.Runs[0].Status != store.RunOK {
		t.Errorf("%v %+v", err, page.Runs)
	}
}

// TestHistoryOfAForm continues a form in another process, two days later.
func TestHistoryOfAForm(t *testing.T) {
	t.Parallel()
	text := app(starter("s", "/form", "a"), js("a", `payload.break = true; c.HTML(200, "<form>")`, "output_1=b"),
		js("b", `payload.break = true; c.HTML(200, "<form>")`, "output_1=z"), js("z", `c.JSON(200, "done")`))
	first := newWorld(t, setup{config: keepAll(), app: text})
	clock := &shiftedClock{by: 48 * time.Hour}
	second, err := New(Options{Store: first.store, Config: keepAll(), Clock: clock, Log: first.rt.log, Instance: "second"})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close(t.Context())
	one := first.get("/form?name=ana").header.Get("Nflow-Wid-1")
	if r := first.recorded(one); r.Status != store.RunWaiting || r.Story != one || r.Visits[0].Output != "" {
		t.Errorf("%+v", r)
	}
	if err := second.Load(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	first.server.Config.Handler = handlerOf(second)
	two := first.post("/form", url.Values{"nflow_next_node_run": {"b"}, "age": {"7"}}).header.Get("Nflow-Wid-1")
	if r := first.recorded(two); r.Status != store.RunWaiting || r.Story != one || r.Visits[0].Place.Node != "b" || r.Instance != "second" ||
		string(r.Input) != `{"set":{"name":"ana","age":"7"}}` || time.Until(r.Started) < 47*time.Hour {
		t.Errorf("%s %+v", story(r), r)
	}
	got := first.post("/form", url.Values{"nflow_next_node_run": {"z"}})
	first.expect(got, 200, "done")
	if r := first.recorded(got.header.Get("Nflow-Wid-1")); r.Status != store.RunOK || r.Story != one {
		t.Errorf("%+v", r)
	}
	page, err := first.store.Runs(t.Context(), store.RunFilter{Story: one})
	if err != nil || len(page.Runs) != 3 || page.Runs[2].Wid != one {
		t.Errorf("%v %+v", err, page.Runs)
	}
	for _, r := range page.Runs {
		if r.Status != store.RunOK {
			t.Errorf("run %s of a form that was answered is %s", r.Wid, r.Status)
		}
	}
	if r := first.recorded(first.get("/form").header.Get("Nflow-Wid-1")); r.Story != r.Wid {
		t.Errorf("a form that begins anew is a story of its own: %+v", r)
	}
}

func TestHistoryPolicies(t *testing.T) {
	t.Parallel()
	starterWith := func(id, path, first, more string) string {
		return node(id, fmt.Sprintf(`{"type":"starter","urlpattern":%q,"method":"ANY",%s}`, path, more), "output_1="+first)
	}
	w := newWorld(t, setup{config: ConfigWorkspace{History: HistoryConfig{Record: "errors"}}, app: app(
		starter("s1", "/ok", "ok"), js("ok", `c.JSON(200, 1)`),
		starter("s2", "/fails", "bad"), js("bad", `console.warn("soon"); throw new Error("x")`),
		starterWith("s3", "/off", "bad", `"history":"off"`),
		starterWith("s4", "/all", "ok", `"history":"all","history_payloads":"true"`),
		starterWith("s5", "/nonsense", "ok", `"history":"everything"`),
	)})
	ok := w.get("/ok").header.Get("Nflow-Wid-1")
	nonsense := w.get("/nonsense").header.Get("Nflow-Wid-1")
	off := w.get("/off").header.Get("Nflow-Wid-1")
	visitors := w.get("/ok/bad").header.Get("Nflow-Wid-1") // a continuation that was not offered: the visitor's mistake
	all := w.get("/all").header.Get("Nflow-Wid-1")
	failed := w.get("/fails").header.Get("Nflow-Wid-1")
	if r := w.recorded(failed); r.Status != store.RunError || len(r.Input) > 0 || !strings.Contains(story(r), "soon") {
		t.Errorf("%s", story(r))
	}
	if r := w.recorded(all); string(r.Input) != `{"set":{}}` {
		t.Errorf("%s", story(r))
	}
	for name, wid := range map[string]string{"ok": ok, "off": off, "visitor's mistake": visitors, "nonsense": nonsense} {
		if r, err := w.store.Run(t.Context(), wid); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s is kept: %+v %v", name, r, err)
		}
	}
	if p := w.rt.Problems("app"); len(p) != 1 || p[0].Rule != "unknown-history" || p[0].Node != "s5" {
		t.Errorf("problems: %+v", p)
	}
	w.rt.Close(t.Context())
	stats, err := w.store.NodeStats(t.Context(), "app", "home", time.Now().Add(-time.Hour))
	visits, fails := map[string]int64{}, map[string]int64{}
	for _, s := range stats {
		visits[s.Place.Node] += s.Visits
		fails[s.Place.Node] += s.Failed
	}
	if err != nil || visits["ok"] != 3 || fails["ok"] != 0 || visits["bad"] != 1 || fails["bad"] != 1 {
		t.Errorf("%v: visits %v, failed %v", err, visits, fails)
	}
}

// TestHistoryOfLongRuns keeps the first and the last visits of a run that goes round.
func TestHistoryOfLongRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: keepAll(), app: app(
		starter("s", "/", "a"), js("a", `payload.n = (payload.n || 0) + 1; if (payload.n > 1700) next = "output_2"`, "output_1=a", "output_2=b"), js("b", `c.JSON(200, 1)`))})
	r := w.recorded(w.get("/").header.Get("Nflow-Wid-1"))
	if r.Nodes != 1702 || len(r.Visits) != 1000 || r.Visits[499].Order != 500 || r.Visits[500].Order != 1203 || r.Visits[999].Order != 1702 ||
		r.Visits[999].Place.Node != "b" || string(r.Visits[500].Changes) != `{"set":{"n":1203}}` {
		t.Errorf("%d nodes, %d visits, %d %d", r.Nodes, len(r.Visits), r.Visits[499].Order, r.Visits[500].Order)
	}
}

// TestHistorySurvivesTheDatabase: runs continue while nothing can be written, and the history does when it can.
func TestHistorySurvivesTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: keepAll(), app: app(starter("s", "/", "a"), js("a", `c.JSON(200, 1)`))})
	if _, err := w.store.DB().ExecContext(t.Context(), `ALTER TABLE nflow_run_nodes RENAME TO elsewhere`); err != nil {
		t.Fatal(err)
	}
	got := w.get("/")
	w.expect(got, 200, "1")
	for !strings.Contains(w.log.String(), "cannot be written") {
		if store.Pause(t.Context(), time.Millisecond) != nil {
			t.Fatal("dropped records are not reported")
		}
	}
	if _, err := w.store.DB().ExecContext(t.Context(), `ALTER TABLE elsewhere RENAME TO nflow_run_nodes`); err != nil {
		t.Fatal(err)
	}
	w.recorded(got.header.Get("Nflow-Wid-1"))
	if !strings.Contains(w.log.String(), "written again") {
		t.Errorf("log:\n%s", w.log)
	}
}

// shiftedClock is the machine's, moved.
type shiftedClock struct {
	runloop.SystemClock
	by time.Duration
}

func (c *shiftedClock) Now() time.Time { return time.Now().Add(c.by) }

// TestHistoryHoldsNoSecrets pushes secrets through all that a run touches and looks for them in what is kept.
func TestHistoryHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	const fromStore, fromEnv, fromMail, fromForm, fromHeader, fromCookie = "s3cret-of-the-store", "s3cret-of-the-env", "s3cret-of-the-mail", "s3cret-of-the-form", "s3cret-of-a-header", "s3cret-of-a-cookie"
	c := keepAll()
	c.Env = map[string]string{"KEY": fromEnv}
	c.ConfigMail.SMTPPassword = fromMail
	w := newWorld(t, setup{
		config: c, app: app(
			starter("s", "/", "a"), js("a", `payload.token = "n0t-to-be-seen"; payload.nested = [{api_key: "n0t-to-be-seen", "x": JSON.stringify({password: "n0t-to-be-seen"})}];
			payload.mine = secrets.get("store"); payload.env = env.KEY; payload[secrets.get("store")] = 1; payload.pin_password = 4711;
			console.log("have", secrets.get("store"), env.KEY); log.info("have", {a: secrets.get("store")})`, "output_1=b"),
			js("b", `throw new Error("with " + secrets.get("store") + " and " + env.KEY + " and " + JSON.stringify({password: "n0t-to-be-seen"}))`)),
		prepare: func(rt *Runtime) {
			if err := rt.store.SetSecret(t.Context(), "store", fromStore); err != nil {
				t.Fatal(err)
			}
		},
	})
	got := w.do("POST", "/?password="+fromForm, strings.NewReader("user=ana&password="+fromForm), "Content-Type: application/x-www-form-urlencoded",
		"Authorization: Bearer "+fromHeader, "X-Api-Key: "+fromHeader, "Cookie: c="+fromCookie)
	r := w.recorded(got.header.Get("Nflow-Wid-1"))
	if r.Status != store.RunError || !strings.Contains(string(r.Input), `"user":"ana"`) || !strings.Contains(r.Stack, "with") {
		t.Fatalf("the run is not kept as it should be: %+v", r)
	}
	text := fmt.Sprintf("%+v %s %s", r, story(r), r.Stack)
	for _, secret := range []string{fromStore, fromEnv, fromMail, fromForm, fromHeader, fromCookie, "n0t-to-be-seen", "4711"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in the history: %s", secret, text)
		}
	}
}
