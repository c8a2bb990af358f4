package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

var update = flag.Bool("update", false, "write what came back into the scenarios")

func TestMain(m *testing.M) {
	if base := os.Getenv(trafficURL); base != "" {
		if err := sendTraffic(base); err != nil {
			log.Fatal(err)
		}
		return
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if dir, err := binaries(); err == nil {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}))
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			s, err := readScenario(path)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, s)
			for _, st := range s.steps {
				w.step(st)
			}
			if *update {
				if err := s.save(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// world is a server that serves a scenario's app, and its visitors.
type world struct {
	t        *testing.T
	options  engine.Options
	rt       *engine.Runtime
	server   *httptest.Server
	stop     func()
	log      *logBuffer
	browsers map[string]*http.Client
}

// logBuffer takes log lines from many goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take returns the lines written since it was last called.
func (l *logBuffer) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.b.String()
	l.b.Reset()
	return s
}

func newWorld(t *testing.T, s *scenario) *world {
	t.Helper()
	w := &world{t: t, log: &logBuffer{}, browsers: map[string]*http.Client{}}
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	w.options = engine.Options{Store: st, Log: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	w.fill(st, s)
	w.start()
	w.addUsers(s)
	t.Cleanup(func() {
		w.stop()
		_ = st.Close()
	})
	return w
}

// fill writes the scenario into the database and the places beside it.
func (w *world) fill(st store.Store, s *scenario) {
	w.t.Helper()
	ctx := w.t.Context()
	text, err := s.app()
	w.must(err)
	w.must(st.SaveApp(ctx, store.App{Name: "app", JSON: text, DefaultJS: s.files["default.js"]}))
	for name, code := range s.named("modules", ".js") {
		w.must(st.SaveModule(ctx, store.Module{Name: name, Code: code}))
	}
	for name, content := range s.named("templates", ".html") {
		w.must(st.SaveTemplate(ctx, store.Template{Name: name, Content: content}))
	}
	for text := range strings.Lines(s.files["tokens.txt"]) {
		f := append(strings.Fields(text), "", "")
		w.must(st.AddToken(ctx, store.Token{Name: f[0], Token: f[1], Active: true, Header: cmp.Or(f[2], "Authorization"), Type: cmp.Or(f[3], "Bearer")}))
	}
	dir := w.t.TempDir()
	w.options.Environ = []string{"NFLOW_TEMPLATE_PATH=" + filepath.Join(dir, "none"), "NFLOW_TRIGGERS_FOLD=" + dir}
	if auth, ok := s.files["triggers/auth.js"]; ok {
		w.must(os.WriteFile(filepath.Join(dir, "auth.js"), []byte(auth), 0o600))
	}
	toml := filepath.Join(dir, "config.toml")
	w.must(os.WriteFile(toml, []byte(s.files["config.toml"]), 0o600))
	conf, _, err := engine.ConfigFile{Path: toml}.Load()
	w.must(err)
	w.options.Config = *conf
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) addUsers(s *scenario) {
	for text := range strings.Lines(s.files["users.txt"]) {
		f := append(strings.Fields(text), "")
		w.must(w.rt.Accounts().AddUser(w.t.Context(), f[0], f[1], f[2]))
	}
}

// start serves the app, at the address that it had before when this is a restart.
func (w *world) start() {
	w.t.Helper()
	rt, err := engine.New(w.options)
	w.must(err)
	w.must(rt.Load(w.t.Context(), "app"))
	e := echo.New()
	e.Any("/*", rt.Handler("app"))
	e.HTTPErrorHandler = rt.HandleError
	w.rt, w.server = rt, httptest.NewServer(e)
	w.stop = sync.OnceFunc(func() {
		w.server.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		rt.Close(ctx)
	})
}

func (w *world) browser(name string) *http.Client {
	if w.browsers[name] == nil {
		jar, _ := cookiejar.New(nil)
		w.browsers[name] = &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return w.browsers[name]
}

// got is what came back for a step.
type got struct {
	status  string
	header  http.Header
	body    string
	visited string
	forks   []string
	log     string
}

func (w *world) step(s *step) {
	w.t.Helper()
	if s.method == "restart" {
		w.stop()
		w.start()
		return
	}
	g := w.send(s)
	if *update {
		s.update(g.status, strings.Split(g.body, "\n"), g.visited, g.forks)
		return
	}
	if problems := g.check(s); len(problems) > 0 {
		w.t.Errorf("%s\n  %s\nanswer: %s %v\n%s\nlog:\n%s", s.lines[0], strings.Join(problems, "\n  "), g.status, g.header, g.body, g.log)
	}
}

func (w *world) send(s *step) *got {
	w.t.Helper()
	kind, body := s.body(w.t)
	q, err := http.NewRequestWithContext(w.t.Context(), s.method, w.server.URL+s.path, body)
	w.must(err)
	if kind != "" {
		q.Header.Set("Content-Type", kind)
	}
	for _, l := range s.sends {
		if name, value, _ := strings.Cut(l.rest, ":"); l.word == "header" {
			if strings.EqualFold(name, "Content-Type") { // in place of the one that goes with the body
				q.Header.Del(name)
			}
			q.Header.Add(name, strings.TrimSpace(value))
		}
	}
	w.log.take()
	res, err := w.browser(s.browser).Do(q)
	w.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	w.must(err)
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	w.must(w.rt.Processes().Wait(ctx)) // forks too
	g := &got{status: strconv.Itoa(res.StatusCode), header: res.Header, body: strings.TrimRight(string(text), "\n"), log: w.log.take()}
	g.readVisits()
	return g
}

func (s *step) body(t *testing.T) (kind string, body io.Reader) {
	for _, l := range s.sends {
		switch l.word {
		case "form":
			return "application/x-www-form-urlencoded", strings.NewReader(l.rest)
		case "json":
			return "application/json", strings.NewReader(l.rest)
		case "text":
			return "text/plain", strings.NewReader(l.rest)
		case "multipart":
			var b bytes.Buffer
			m := multipart.NewWriter(&b)
			for pair := range strings.SplitSeq(l.rest, "&") {
				name, value, _ := strings.Cut(pair, "=")
				_ = m.WriteField(name, value)
			}
			_ = m.Close()
			return m.FormDataContentType(), &b
		case "header":
		default:
			t.Fatalf("%s: nothing is known of %q", s.lines[0], l.word)
		}
	}
	return "", http.NoBody
}

// readVisits takes from the log which nodes ran, run by run.
func (g *got) readVisits() {
	runs := map[string][]string{}
	var order []string
	for text := range strings.Lines(g.log) {
		var l struct{ Msg, Wid, Node string }
		if json.Unmarshal([]byte(text), &l) != nil || l.Msg != "node leave" {
			continue
		}
		if runs[l.Wid] == nil {
			order = append(order, l.Wid)
		}
		runs[l.Wid] = append(runs[l.Wid], l.Node)
	}
	own := g.header.Get("Nflow-Wid-1")
	g.visited = strings.Join(runs[own], " ")
	for _, wid := range order {
		if wid != own {
			g.forks = append(g.forks, strings.Join(runs[wid], " "))
		}
	}
	slices.Sort(g.forks)
}

// check returns what is not as it should be.
func (g *got) check(s *step) (problems []string) {
	want := func(what, got, want string) {
		if re, ok := strings.CutPrefix(want, "~"); ok {
			if !regexp.MustCompile(strings.TrimSpace(re)).MatchString(got) {
				problems = append(problems, what+" is "+got+"\n  which does not match "+re)
			}
		} else if got != want {
			problems = append(problems, what+" is  "+got+"\n  want "+want)
		}
	}
	var body, forks []string
	pattern := false
	for _, l := range s.expects {
		switch l.word {
		case "->":
			want("status", g.status, l.rest)
		case "body":
			if pattern = pattern || strings.HasPrefix(l.rest, "~"); pattern {
				want("body", g.body, l.rest)
			}
			body = append(body, l.rest)
		case "header":
			name, value, _ := strings.Cut(l.rest, ":")
			want("header "+name, strings.Join(g.header.Values(name), ", "), strings.TrimSpace(value))
		case "visited":
			want("visited", g.visited, l.rest)
		case "fork":
			forks = append(forks, l.rest)
		case "never":
			if all := g.body + "\n" + values(g.header); strings.Contains(all, l.rest) {
				problems = append(problems, "the answer tells "+l.rest)
			}
		case "log":
			want("log", g.log, l.rest)
		}
	}
	if !pattern {
		want("body", g.body, strings.Join(body, "\n"))
	}
	if slices.Sort(forks); !slices.Equal(forks, g.forks) {
		problems = append(problems, "forks visited "+strings.Join(g.forks, "; ")+"\n  want "+strings.Join(forks, "; "))
	}
	return problems
}

func values(h http.Header) string {
	var b strings.Builder
	_ = h.Write(&b)
	text, err := url.QueryUnescape(b.String())
	if err != nil {
		return b.String()
	}
	return b.String() + text
}
