package app

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func TestDemoLogin(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.get("/") // the banner is there
	shown := passwordShown.FindStringSubmatch(s.out.String())
	if shown == nil {
		t.Fatal(s.out.String())
	}
	login := func(password string) answer {
		page := s.get("/login").body
		next := between(page, `name="nflow_next_node_run" value="`, `"`)
		if next == "" {
			t.Fatal("no form in:\n" + page)
		}
		return s.post("/login", "username=demo&password="+password+"&nflow_next_node_run="+next)
	}
	has(t, login("wrong").body, "alert")
	equal(t, "private after a wrong password", s.get("/private").StatusCode, 307)
	equal(t, "login", login(shown[1]).Header.Get("Location"), "/private")
	a := s.get("/private")
	equal(t, "private after login", a.StatusCode, 200)
	has(t, a.body, "demo")
}

// between returns what stands between two texts.
func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}

func TestSurroundings(t *testing.T) {
	t.Parallel()
	s := start(t, Options{App: flows(t, map[string]string{
		"/who":      `set_session("s", "k", "v"); return c.JSON(200, [c.RealIP(), c.Scheme(), c.Request().Host])`,
		"/page":     `return c.HTML(200, "<p>" + "word ".repeat(1000))`,
		"/body":     `return c.JSON(200, post_data)`,
		"/any/:one": `return c.String(200, path_vars.one)`,
		"/health":   `return c.String(200, "shadow")`,
		"/broken":   `this is no script`,
	})}, "NFLOW_SERVER_TRUSTED_PROXIES=127.0.0.1", "NFLOW_SERVER_MAX_BODY_MB=1")

	equal(t, "not found", message(t, s.get("/nowhere")), "404 not found")
	has(t, message(t, s.get("/broken")), "503 flow")

	a := s.get("/who", "X-Forwarded-For", "9.9.9.9, 1.2.3.4", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "shop.example")
	equal(t, "behind a trusted proxy", a.body, `["1.2.3.4","https","shop.example"]`)
	equal(t, "cookie over TLS in front", a.Cookies()[0].Secure, true)

	a = s.do("HEAD", "/page", nil)
	equal(t, "HEAD", a.StatusCode, 200)
	equal(t, "HEAD body", a.body, "")
	a = s.do("OPTIONS", "/any/x", nil)
	equal(t, "OPTIONS of a flow of method ANY", a.StatusCode, 200)
	equal(t, "its answer", a.body, "x")
	equal(t, "OPTIONS of nothing", s.do("OPTIONS", "/nowhere", nil).StatusCode, 404)

	a = s.get("/page")
	equal(t, "gzip", a.Uncompressed, true)
	equal(t, "page", len(a.body), len("<p>")+5*1000)
	has(t, a.Header.Get("Nflow-Wid-1"), "-")

	equal(t, "slash", s.get("/any/a%2fb").body, "a/b")
	equal(t, "dots", s.get("/any/..%2f..").body, "../..")

	equal(t, "small body", s.do("POST", "/body", strings.NewReader(`{"a":1}`), "Content-Type", "application/json").body, `{"a":1}`)
	large := strings.Repeat("a=b&", 10<<18)
	for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", "text/plain"} {
		has(t, message(t, s.do("POST", "/body", strings.NewReader(large), "Content-Type", kind)), "413 ")
		has(t, message(t, s.do("POST", "/body", io.MultiReader(strings.NewReader(large)), "Content-Type", kind)), "413 ") // chunked
	}
}

func TestUntrustedPeer(t *testing.T) {
	t.Parallel()
	s := start(t, Options{App: flows(t, map[string]string{
		"/who": `set_session("s", "k", "v"); return c.JSON(200, [c.RealIP(), c.Scheme(), header["X-Forwarded-For"] || "none"])`,
	})})
	a := s.get("/who", "X-Forwarded-For", "1.2.3.4", "X-Real-Ip", "1.2.3.4", "X-Forwarded-Proto", "https", "X-Forwarded-Ssl", "on")
	equal(t, "who", a.body, `["127.0.0.1","http","none"]`)
	equal(t, "cookie", a.Cookies()[0].Secure, false)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Version: "v9", App: flows(t, map[string]string{"/alive": `return c.String(200, "shadow")`})}, "NFLOW_MONITOR_HEALTH_CHECK_PATH=/alive")
	var got struct {
		Status, Version, Uptime string
		Timestamp               time.Time
		Components              map[string]struct {
			Status string
			Live   *int
			Bytes  int
		}
	}
	a := s.get("/alive")
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		t.Fatal(a.body)
	}
	c := got.Components
	if a.StatusCode != 200 || got.Status != "healthy" || got.Version != "v9" || got.Uptime == "" || time.Since(got.Timestamp).Abs() > time.Minute ||
		len(c) != 5 || c["history"].Status != "healthy" || c["database"].Status != "healthy" || c["processes"].Live == nil || c["memory"].Bytes < 1<<20 {
		t.Error(a.body)
	}
	equal(t, "elsewhere", s.get("/health").StatusCode, 404)

	off := start(t, Options{App: flows(t, map[string]string{"/health": `return c.String(200, "mine")`})}, "NFLOW_MONITOR_ENABLED=false")
	equal(t, "switched off", off.get("/health").body, "mine")
}

// deadStore is a database that does not answer.
type deadStore struct{ store.Store }

func (deadStore) Ping(context.Context) error { return errors.New("postgres://user:secret@host") }

func TestHealthWithoutDatabase(t *testing.T) {
	t.Parallel()
	c, _, err := engine.ConfigFile{}.Load()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	st, err := engine.OpenStore(t.Context(), c, t.TempDir(), log)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	rt, err := engine.New(engine.Options{Store: st, Config: *c, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close(t.Context())
	a := &app{Options: Options{Log: log}, store: deadStore{st}, engine: rt}
	r := a.health(t.Context())
	equal(t, "status", r.Status, "unhealthy")
	equal(t, "database", r.Components["database"].Status, "unhealthy")
	text, _ := json.Marshal(r)
	hasNot(t, string(text), "secret")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	made := httptest.NewTLSServer(nil)
	made.Close()
	pair := made.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, Options{App: flows(t, map[string]string{
		"/": `set_session("s", "k", "v"); return c.JSON(200, [c.Scheme(), c.IsTLS()])`,
	})}, "NFLOW_HTTPS_ENGINE_ENABLE=true", "NFLOW_HTTPS_ENGINE_CERT="+filepath.Join(dir, "cert.pem"), "NFLOW_HTTPS_ENGINE_KEY="+filepath.Join(dir, "key.pem"))
	a := s.get("/")
	equal(t, "answer", a.Proto+a.body, `HTTP/2.0["https",true]`)
	equal(t, "cookie", a.Cookies()[0].Secure, true)
	has(t, s.out.String(), s.url+"/")
}

func TestStopLetsRunsEnd(t *testing.T) {
	t.Parallel()
	s := launch(t, Options{App: flows(t, map[string]string{"/slow": `sleep(700); return c.String(200, "whole")`})})
	got := make(chan answer, 1)
	go func() { got <- s.get("/slow") }()
	s.until("/health", `"live":1`)
	kept, err := net.Dial("tcp", s.addr) // open before the stop
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if err := s.stop(); err != nil {
		t.Error("Run:", err)
	}
	a := <-got
	equal(t, "answer", a.body, "whole")
	if _, err := s.try("GET", "/slow", nil); err == nil {
		t.Error("a stopped runtime answers")
	}
	hasNot(t, s.log.String(), "stopping the runs")
	has(t, s.log.String(), "msg=stopped")
}

func TestStopKillsRunsThatDoNotEnd(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{"waiting": `sleep(20000); return c.String(200, "whole")`, "looping": `for (;;) {}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := launch(t, Options{App: flows(t, map[string]string{"/slow": code})}, "NFLOW_SERVER_DRAIN_SECONDS=0.3", "NFLOW_VM_POOL_MAX_OPERATIONS=none")
			got := make(chan answer, 1)
			go func() { got <- s.get("/slow") }()
			s.until("/health", `"live":1`)
			begun := time.Now()
			if err := s.stop(); err != nil {
				t.Error("Run:", err)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Error("the stop took", took)
			}
			has(t, message(t, <-got), "503 the server is stopping")
			has(t, s.log.String(), "stopping the runs")
		})
	}
}

func TestChangedAppServesWithoutRestart(t *testing.T) {
	t.Parallel()
	path := flows(t, map[string]string{"/v": `return c.String(200, "one")`})
	s := start(t, Options{App: path})
	equal(t, "before", s.get("/v").body, "one")
	writeFlows(t, path, map[string]string{"/v": `return c.String(200, "two")`})
	s.until("/v", "two")
	writeFlows(t, path, map[string]string{"/v": `this is no script`})
	for end := time.Now().Add(long); !strings.Contains(s.log.String(), "was not loaded") && time.Now().Before(end); {
		equal(t, "while broken", s.get("/v").body, "two")
	}
	has(t, s.log.String(), "was not loaded")
	equal(t, "after", s.get("/v").body, "two")
}

// TestThrownGettersEndNothing: an error whose own message throws, thrown by a request, a fork or a timer, ends its run and nothing
// else.
func TestThrownGettersEndNothing(t *testing.T) {
	t.Parallel()
	const hostile = `Object.defineProperty(new Error("x"), "message", { get() { throw this } })`
	s := start(t, Options{App: flows(t, map[string]string{
		"/throw": "throw " + hostile, "/reject": "return Promise.reject(" + hostile + ")", "/late": "setTimeout(() => { throw " + hostile + " }, 1); return c.String(200, 'x')",
		"/hi": `return c.String(200, "hi")`,
	})}, "NFLOW_VM_POOL_MAX_SIZE=4", "NFLOW_VM_POOL_QUEUE_SECONDS=1")
	for range 10 { // more than there are places
		for _, path := range []string{"/throw", "/reject"} {
			has(t, message(t, s.get(path)), "the code of node \"work\" failed")
		}
		s.get("/late")
		equal(t, "another flow", s.get("/hi").body, "hi")
	}
	has(t, s.log.String(), "cannot be read")
	s.until("/health", `"live":0`)
}
