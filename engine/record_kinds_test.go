package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// TestHistorySample keeps the share of the runs that it says, those that fail besides, and stories and forks as a whole.
func TestHistorySample(t *testing.T) {
	t.Parallel()
	const share = 0.4
	w := newWorld(t, setup{config: ConfigWorkspace{History: HistoryConfig{Record: "sample:40%", Payloads: true}}, app: app(
		starter("s1", "/ok", "ok"), js("ok", `payload.n = 1; c.JSON(200, 1)`),
		starter("s2", "/fails", "bad"), js("bad", `throw new Error("x")`),
		starter("s3", "/fork", "f"), node("f", `{"type":"gorutine"}`, "output_1=ok", "output_2=apart"), js("apart", `payload.n = 2`),
		starter("s4", "/form", "a"), js("a", `payload.break = true; c.HTML(200, "<form>")`, "output_1=z"), js("z", `c.JSON(200, "done")`),
	)})
	const each = 60
	var plain, failed, parents, forks, forms, ends []string
	for range each {
		plain = append(plain, w.get("/ok").header.Get("Nflow-Wid-1"))
		failed = append(failed, w.get("/fails").header.Get("Nflow-Wid-1"))
		fork := w.get("/fork").header
		parents, forks = append(parents, fork.Get("Nflow-Wid-1")), append(forks, fork.Get("Dromedary-Wid-2"))
		w.client = w.newClient()
		forms = append(forms, w.get("/form").header.Get("Nflow-Wid-1"))
		ends = append(ends, w.post("/form", map[string][]string{exchange.NextField: {"z"}}).header.Get("Nflow-Wid-1"))
	}
	if err := w.rt.Processes().Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.rt.Close(t.Context())
	kept := func(wids []string) (list []bool) {
		for _, wid := range wids {
			r, err := w.store.Run(t.Context(), wid)
			if list = append(list, err == nil); err == nil && r.Status == store.RunOK && len(r.Input) == 0 {
				t.Errorf("run %s is kept without its payload", wid)
			}
		}
		return list
	}
	count := func(list []bool) (n int) {
		for _, k := range list {
			if k {
				n++
			}
		}
		return n
	}
	if n := count(kept(failed)); n != each {
		t.Errorf("%d of %d failures are kept", n, each)
	}
	if a, b := kept(parents), kept(forks); !slices.Equal(a, b) {
		t.Errorf("forks are kept by themselves:\n%v\n%v", a, b)
	}
	if a, b := kept(forms), kept(ends); !slices.Equal(a, b) {
		t.Errorf("runs of a form are kept by themselves:\n%v\n%v", a, b)
	}
	n := count(kept(plain)) + count(kept(parents)) + count(kept(forms))
	if least, most := 3*each*share/2, 3*each*share*3/2; float64(n) < least || float64(n) > most { // five times the deviation away
		t.Errorf("%d of %d runs are kept", n, 3*each)
	}
}

// waiter is a plugin that sends nothing and waits until its run ends.
type waiter struct{}

func (waiter) Name() string                         { return "waiter" }
func (waiter) AddFeatureJS() map[string]interface{} { return nil }
func (waiter) Run(c echo.Context, _ map[string]string, _ any, _ string, _ chan string) (any, string, error) {
	<-c.Request().Context().Done()
	return nil, "", nil
}

// TestHistoryOfCallbacks: who listens and each message are runs, below the one that began them.
func TestHistoryOfCallbacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: keepAll(), app: app(
		starter("s1", "/cb", "cb"), node("cb", `{"type":"dromedary_callback","dromedary_name":"parrot"}`, "output_1=on", "output_2=branch", "output_3=other"),
		js("on", `c.JSON(200, 1)`), js("branch", `payload.seen = payload.n`), js("other", `throw new Error("boom")`),
		starter("s2", "/wait", "wait"), node("wait", `{"type":"dromedary_callback","dromedary_name":"waiter"}`, "output_1=on", "output_2=branch"),
	), prepare: func(rt *Runtime) { rt.RegisterPlugin(parrot{}); rt.RegisterPlugin(waiter{}) }})
	below := func(wid string) (list []string, runs []store.Run) {
		page, err := w.store.Runs(t.Context(), store.RunFilter{Parent: wid})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(page.Runs)
		for i := range page.Runs {
			list = append(list, fmt.Sprint(page.Runs[i].Kind, " ", page.Runs[i].Status))
		}
		return list, page.Runs
	}
	wid := w.get("/cb").header.Get("Nflow-Wid-1")
	if err := w.rt.Processes().Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	var listeners []store.Run
	for len(listeners) == 0 {
		w.recorded(wid)
		_, listeners = below(wid)
	}
	if r := listeners[0]; r.Kind != "callback" || r.Status != store.RunOK {
		t.Errorf("who listens: %+v", r)
	}
	if got, _ := below(listeners[0].Wid); !slices.Equal(got, []string{"message ok", "message error"}) {
		t.Errorf("the messages: %v", got)
	}

	answer := w.get("/wait")
	listener := answer.header.Get("Dromedary-Wid-2")
	for !w.rt.processes.Kill(listener, fault.New(fault.Killed, "ana killed it")) {
		if store.Pause(t.Context(), time.Millisecond) != nil {
			t.Fatalf("who listens does not live: %v", answer.header)
		}
	}
	if r := w.recorded(listener); r.Kind != "callback" || r.Status != store.RunKilled || !strings.Contains(r.Error, "ana killed it") {
		t.Errorf("a callback that was killed: %+v", r)
	}
}

// TestPolicies reads what [history] record may say.
func TestPolicies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]history.Policy{
		"off": {}, "errors": {Failures: true}, "all": {Failures: true, Share: 1}, "sample:100%": {Failures: true, Share: 1}, " sample:0.5% ": {Failures: true, Share: 0.005},
	} {
		if p, ok := history.ParsePolicy(text); !ok || p != want {
			t.Errorf("%q is %+v, %v", text, p, ok)
		}
	}
	for _, text := range []string{"", "sample", "sample:", "sample:%", "sample:5", "sample:0%", "sample:101%", "sample:-1%", "sample:NaN%", "ALL", "everything"} {
		if p, ok := history.ParsePolicy(text); ok {
			t.Errorf("%q is %+v", text, p)
		}
	}
}
