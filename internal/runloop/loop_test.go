package runloop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/plugins"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a loop that runs one app, without an engine around it.
type rig struct {
	tb      testing.TB
	loop    *Loop
	apps    *apps.Apps
	log     *safeBuffer
	history *kept
	cookies []*http.Cookie
}

// kept is a store of the history.
type kept struct {
	mu   sync.Mutex
	runs []*store.Run
}

func (k *kept) WriteRuns(_ context.Context, runs []*store.Run) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.runs = append(k.runs, runs...)
	return nil
}

func (*kept) AddNodeStats(context.Context, []store.NodeStat) error { return nil }

// safeBuffer is a log that runs and tests share.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// flow writes an app with one flow. Each node is "id type outputs | parameters as JSON or code", outputs as in "1=b,2=c".
func flow(nodes ...string) []byte {
	var texts []string
	for _, n := range nodes {
		head, rest, _ := strings.Cut(n, "|")
		words := strings.Fields(head)
		data := map[string]any{"type": words[1], "name_box": words[0]}
		switch rest = strings.TrimSpace(rest); {
		case strings.HasPrefix(rest, "{"):
			if err := json.Unmarshal([]byte(rest), &data); err != nil {
				panic(err)
			}
		case words[1] == "starter":
			data["urlpattern"], data["method"] = rest, "ANY"
		default:
			data["code"] = rest
		}
		outs := map[string]any{}
		for _, out := range strings.FieldsFunc(strings.Join(words[2:], ","), func(r rune) bool { return r == ',' }) {
			number, to, _ := strings.Cut(out, "=")
			outs["output_"+number] = map[string]any{"connections": []any{map[string]any{"node": to, "output": "input_1"}}}
		}
		text, _ := json.Marshal(map[string]any{"id": words[0], "data": data, "outputs": outs})
		texts = append(texts, fmt.Sprintf("%q:%s", words[0], text))
	}
	return []byte(`{"drawflow":{"home":{"data":{` + strings.Join(texts, ",") + `}}}}`)
}

// fixed is a source that never changes.
type fixed graph.App

func (f fixed) Load(context.Context) (*source.Bundle, error) {
	return &source.Bundle{App: graph.App(f)}, nil
}
func (fixed) Watch(context.Context, func()) error { return nil }

func newRig(tb testing.TB, app []byte, change func(*Options), steps ...plugins.StepType) *rig {
	tb.Helper()
	r := &rig{tb: tb, log: &safeBuffer{}, history: &kept{}}
	o := Options{
		Limits: &Limits{
			Time: 30 * time.Second, Depth: 8, Forks: 16, VM: sandbox.Limits{Operations: 300_000, Memory: 64 << 20}, Backstop: 5 * time.Second,
			Exchange: exchange.Limits{Body: 1 << 20, Answer: 1 << 20},
		},
		Places: admission.New(admission.Options{Full: func() bool { return false }}), Slots: admission.NewSlots(2), Processes: process.NewRepository(),
		Globals: hostfn.NewTable(jsapi.Rows(jsapi.Deps{Exchange: ExchangeOf, Session: SessionOf})),
		Allow:   func(string) error { return fault.New(fault.Denied, "off") },
		Log:     slog.New(slog.NewTextHandler(r.log, nil)), Mask: func(s string) string { return s }, Clock: SystemClock{}, NewID: uuid.NewString,
	}
	o.Limits.Exchange.Wire.SetDefaults()
	if change != nil {
		change(&o)
	}
	r.loop = New(o)
	for _, s := range steps {
		r.loop.AddPluginStep(s, "test")
	}
	sessions, err := syncsession.NewCookie(syncsession.Options{Keys: [][]byte{bytes.Repeat([]byte("k"), 64)}})
	if err != nil {
		tb.Fatal(err)
	}
	all := history.NewRecorder(history.Options{Store: r.history, Policy: history.Policy{Share: 1}})
	r.apps = apps.New(apps.Options{
		Source:   func(string) source.Source { return fixed{Name: "app", JSON: app, Version: "1"} },
		Sessions: func(context.Context, string, string) syncsession.Store { return sessions },
		StepType: r.loop.HasStep, Standard: r.loop.Standard, Globals: o.Globals, Allow: o.Allow, History: all.Policy(),
		Places: o.Places, Slots: o.Slots, Forks: admission.NewForks(4, 1<<20), Log: o.Log,
	})
	r.loop.Start(all)
	tb.Cleanup(func() {
		r.close()
		if _, used, _ := o.Slots.State(); used != 0 {
			tb.Errorf("no run lives, and %d slots are used", used)
		}
	})
	return r
}

// close waits for the runs and for what is kept of them.
func (r *rig) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.loop.Processes.Wait(ctx); err != nil {
		r.tb.Error(err)
	}
	r.loop.Stop(fault.New(fault.Killed, "the test ends"))
	if r.loop.history != nil {
		r.loop.history.Close(ctx)
	}
}

func (r *rig) version() *apps.Version {
	r.tb.Helper()
	v, err := r.apps.Current(context.Background(), "app")
	if err != nil {
		r.tb.Fatal(err)
	}
	return v
}

// do sends a request of a browser that keeps its cookies.
func (r *rig) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	r.tb.Helper()
	q := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range r.cookies {
		q.AddCookie(c)
	}
	to := httptest.NewRecorder()
	c := echo.New().NewContext(q, to)
	v := r.version()
	m, ok := v.Graph.Match(method, q.URL.Path)
	if !ok {
		r.tb.Fatalf("%s is not there: %v", path, v.Graph.Problems)
	}
	if err := r.loop.Serve(c, v, m); err != nil {
		r.loop.HandleError(err, c)
	}
	if got := to.Result().Cookies(); len(got) > 0 {
		r.cookies = got
	}
	return to
}

func (r *rig) expect(got *httptest.ResponseRecorder, status int, body string) {
	r.tb.Helper()
	if got.Code != status || !strings.Contains(got.Body.String(), body) {
		r.tb.Errorf("got %d %s\nwant %d with %q\nlog:\n%s", got.Code, got.Body, status, body, r.log)
	}
}

// stories returns each run that was kept: how it ended, and its visits.
func (r *rig) stories() (all []string) {
	r.close()
	r.history.mu.Lock()
	defer r.history.mu.Unlock()
	for _, run := range r.history.runs {
		s := run.Kind + " " + string(run.Status) + ":"
		for _, v := range run.Visits {
			s += " " + v.Place.Node
			if v.Status != store.RunOK {
				s += "!"
			}
		}
		all = append(all, s)
	}
	return all
}
