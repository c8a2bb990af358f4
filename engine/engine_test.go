package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
	"github.com/arturoeanton/nflow-runtime/logger"
	"github.com/arturoeanton/nflow-runtime/replay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a runtime that serves one app over a real connection.
type world struct {
	t      *testing.T
	rt     *Runtime
	store  store.Store
	server *httptest.Server
	client *http.Client
	log    *servertest.Record
}

// node writes one node of an app; outs are output=node pairs.
func node(id, data string, outs ...string) string {
	var o []string
	for _, out := range outs {
		name, to, _ := strings.Cut(out, "=")
		o = append(o, fmt.Sprintf(`%q:{"connections":[{"node":%q,"output":"input_1"}]}`, name, to))
	}
	return fmt.Sprintf(`%q:{"id":%q,"data":%s,"outputs":{%s}}`, id, id, data, strings.Join(o, ","))
}

// starter writes a starter on a path that leads to first.
func starter(id, path, first string) string {
	return node(id, fmt.Sprintf(`{"type":"starter","urlpattern":%q,"method":"ANY"}`, path), "output_1="+first)
}

// js writes a node with code of its own.
func js(id, code string, outs ...string) string {
	text, _ := json.Marshal(code)
	return node(id, fmt.Sprintf(`{"type":"js","name_box":%q,"code":%s}`, id, text), outs...)
}

func app(nodes ...string) string {
	return `{"drawflow":{"home":{"data":{` + strings.Join(nodes, ",") + `}}}}`
}

type setup struct {
	app       string
	defaultJS string
	config    ConfigWorkspace
	prepare   func(*Runtime)
	serve     string // path of an app file to serve in place of the database's
	effects   func(flow string) replay.Effects
	log       *slog.Logger // in place of the world's own
	mask      *logger.Masker
}

func newWorld(t *testing.T, s setup) *world {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(s.app), DefaultJS: s.defaultJS}); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: st, log: &servertest.Record{}}
	if s.log == nil {
		s.log = slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	w.rt, err = New(Options{Store: st, Config: s.config, Effects: s.effects, Log: s.log, Mask: s.mask})
	if err != nil {
		t.Fatal(err)
	}
	if s.prepare != nil {
		s.prepare(w.rt)
	}
	name := "app"
	if s.serve != "" {
		name = s.serve
	}
	if err := w.rt.Load(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Any("/*", w.rt.Handler(name))
	e.HTTPErrorHandler = w.rt.HandleError
	w.server = httptest.NewServer(e)
	w.client = w.newClient()
	t.Cleanup(func() {
		w.server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		w.rt.Close(ctx)
		_ = st.Close()
		if s := w.rt.Stats(); s.SlotsUsed != 0 || s.PlacesUsed != 0 {
			t.Errorf("no run lives, and %d slots and %d places are used", s.SlotsUsed, s.PlacesUsed)
		}
	})
	return w
}

// newClient is a browser of its own that follows no redirects.
func (w *world) newClient() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, Timeout: 60 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// reply is a response that was read whole.
type reply struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(method, path string, body io.Reader, header ...string) reply {
	w.t.Helper()
	q, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range header {
		k, v, _ := strings.Cut(h, ": ")
		q.Header.Set(k, v)
	}
	res, err := w.client.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

func (w *world) get(path string) reply { w.t.Helper(); return w.do("GET", path, nil) }

func (w *world) post(path string, form url.Values) reply {
	w.t.Helper()
	return w.do("POST", path, strings.NewReader(form.Encode()), "Content-Type: application/x-www-form-urlencoded")
}

func (w *world) expect(got reply, status int, body string) {
	w.t.Helper()
	if got.status != status || !strings.Contains(got.body, body) {
		w.t.Errorf("got %d %s\nwant %d with %q\nlog:\n%s", got.status, got.body, status, body, w.log)
	}
}
