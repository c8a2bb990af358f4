package cli

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/app"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

const runsApp = `{"drawflow":{"home":{"data":{
	"s":{"id":"s","data":{"type":"starter","urlpattern":"/ok","method":"ANY"},"outputs":{"output_1":{"connections":[{"node":"a","output":"input_1"}]}}},
	"a":{"id":"a","data":{"type":"js","name_box":"first","code":"payload.n = 1; console.log('seen \u001b[2J')"},"outputs":{"output_1":{"connections":[{"node":"b","output":"input_1"}]}}},
	"b":{"id":"b","data":{"type":"js","name_box":"second","code":"throw new Error('boom')"},"outputs":{}},
	"s3":{"id":"s3","data":{"type":"starter","urlpattern":"/slow","method":"ANY"},"outputs":{"output_1":{"connections":[{"node":"y","output":"input_1"}]}}},
	"y":{"id":"y","data":{"type":"js","name_box":"slow","code":"sleep(60000)"},"outputs":{}}
	}}}}`

// lines is a stdout that tells when a line is there.
type lines struct {
	servertest.Record
	more chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	n, err := l.Record.Write(p)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return n, err
}

// await waits until the output holds a text.
func (l *lines) await(t *testing.T, text string) string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for !strings.Contains(l.String(), text) {
		select {
		case <-l.more:
		case <-timeout:
			t.Fatalf("no %q in %s", text, l)
		}
	}
	return l.String()
}

// runsWorld is a server with its command line.
type runsWorld struct {
	t           *testing.T
	dir, server string
	env         []string
}

// serveRuns serves the app until the test ends, and returns its address.
func serveRuns(t *testing.T, dir, path string, env []string) string {
	t.Helper()
	c, _, err := engine.ConfigFile{Path: filepath.Join(dir, "config.toml"), Environ: env}.Load()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, app.Options{Config: c, App: path, Data: dir, Listener: l}) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

func (w *runsWorld) run(code int, args ...string) (stdout, stderr string) {
	w.t.Helper()
	var out, errs bytes.Buffer
	file := filepath.Join(w.dir, "config.toml")
	args = append(args, "--data", w.dir, "-c", file)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		w.t.Fatal(err)
	}
	if got := Main(w.t.Context(), args, strings.NewReader(""), &out, &errs, w.env); got != code {
		w.t.Errorf("%v: exit code %d, %s%s", args, got, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

func (w *runsWorld) get(path string) (wid string) {
	w.t.Helper()
	q, _ := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.server+path, nil)
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	return res.Header.Get("Nflow-Wid-1")
}

// kill ends a run that watched shows.
func (w *runsWorld) kill(watched *lines) {
	w.t.Helper()
	slow := make(chan string, 1)
	go func() { slow <- w.get("/slow") }()
	events := watched.await(w.t, `"path":"/slow"`)
	at := events[strings.LastIndex(events[:strings.Index(events, `"path":"/slow"`)], "\n")+1:]
	running := gjson.Get(at, "data.wid").Str
	w.run(0, "runs", "kill", running, "--url", w.server)
	if got := <-slow; got != running {
		w.t.Errorf("killed %q, ended %q", running, got)
	}
	watched.await(w.t, `"status":"killed"`)
	_, text := w.run(1, "runs", "kill", running, "--url", w.server)
	if !strings.Contains(text, "no run") {
		w.t.Errorf("%s", text)
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "app.json")
	if err := os.WriteFile(path, []byte(runsApp), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"NFLOW_ADMIN_TOKEN=t0ken", "NFLOW_HISTORY_RECORD=all", "NFLOW_HISTORY_PAYLOADS=true"}
	w := &runsWorld{t: t, dir: dir, env: env, server: serveRuns(t, dir, path, env)}
	watched := &lines{more: make(chan struct{}, 1)}
	tailing, stop := context.WithCancel(t.Context())
	tailed := make(chan int, 1)
	go func() {
		tailed <- Main(tailing, []string{"runs", "tail", "--url", w.server, "--json", "--data", dir}, strings.NewReader(""), watched, io.Discard, env)
	}()
	var wid string
	for !strings.Contains(watched.String(), `"end"`) { // the first runs may come before it watches
		wid = w.get("/ok")
	}
	var out string
	for !strings.Contains(out, wid) {
		out, _ = w.run(0, "runs", "list", "--status", "error", "--since", "1h", "--node", "second")
	}
	if !strings.Contains(out, "GET /ok") || !strings.Contains(out, `the code of node "second" failed`) {
		t.Errorf("%s", out)
	}
	for app, want := range map[string]bool{"app": true, path: true, "other": false} {
		if out, _ := w.run(0, "runs", "list", "-a", app); strings.Contains(out, wid) != want {
			t.Errorf("-a %s: %s", app, out)
		}
	}
	asJSON, _ := w.run(0, "runs", "list", "--json", "--limit", "1")
	if gjson.Get(asJSON, "#").Int() != 1 || gjson.Get(asJSON, "0.flow").Str != "home" {
		t.Errorf("%s", asJSON)
	}
	out, _ = w.run(0, "runs", "show", wid)
	for _, want := range []string{"run " + wid + "  error", "├─ 1 first (js a)", "→ output_1", `changed {"set":{"n":1}}`, "info seen ·[2J", "└─ 2 second (js b)", "boom", "at home/second"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if asJSON, _ := w.run(0, "runs", "show", wid, "--json"); gjson.Get(asJSON, "visits.#").Int() != 2 {
		t.Errorf("%s", asJSON)
	}
	w.kill(watched)
	w.run(1, "runs", "show", "none")
	w.run(2, "runs", "list", "--status", "fine")
	w.run(2, "runs", "list", "--since", "tomorrow")
	stop()
	if code := <-tailed; code != 0 {
		t.Errorf("tail ended with %d", code)
	}
}
