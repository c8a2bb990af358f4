package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/gomodule/redigo/redis"
	"github.com/labstack/echo/v4"
	"golang.org/x/sys/unix"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// walkStep and walkPlugin are a step and a plugin of a Go program. They hand on what they get.
type walkStep struct{}

func (walkStep) Run(_ *model.Controller, actor *model.Node, _ echo.Context, _ *goja.Runtime, output string, _ model.Vars, _ *process.Process, payload goja.Value) (string, goja.Value, error) {
	return actor.Outputs[output].Connections[0].Node, payload, nil
}

type walkPlugin struct {
	mu   *sync.Mutex
	used map[string]*walkUse // by the path of the call
	many map[int]bool        // threads that make one call after the other
}

// walkUse is what a call takes: the time of a processor, and bytes that the process allocates meanwhile.
type walkUse struct {
	Began time.Time
	Done  bool
	CPU   time.Duration
	Bytes int64
	Late  time.Duration // of a processor, that the run computed after it was stopped

	tid     int
	stopped time.Duration // of the thread when the run was stopped; 0 where it was not
}

func newWalkPlugin() walkPlugin {
	return walkPlugin{&sync.Mutex{}, map[string]*walkUse{}, map[int]bool{}}
}

func (walkPlugin) Name() string { return "walk" }

// AddFeatureJS adds functions that take what goja makes of a script's values, and two that a test sets as traps: they take
// time and memory that nothing charges.
func (p walkPlugin) AddFeatureJS() map[string]interface{} {
	all := map[string]interface{}{
		"walk_any": func(v any, more ...any) int { return len(more) }, "walk_list": func(v []any) int { return len(v) },
		"walk_words": func(v []string, m map[string]any) int { return len(v) + len(m) },
		"walk_call":  func(f func(any) string, v any) string { return f(v) },
		"walk_more":  map[string]any{"any": func(v any) bool { return v != nil }},
	}
	if walkTraps() {
		all["walk_trap_time"] = func(text string) int { // 32 ms for 2,000, 2 s for 16,000 and more
			thread, n := unix.Gettid(), time.Duration(min(len(text), 16_000))
			for until := processorTime(thread) + 8*n*n; processorTime(thread) < until; {
			}
			return len(text)
		}
		all["walk_trap_memory"] = func(text string) int { return len(bytes.Repeat([]byte("x"), 20_000*min(len(text), 16_000))) }
	}
	return all
}

// rows are walk_began and walk_used, between which a call is measured. It stays on this thread until its end.
func (p walkPlugin) rows() []hostfn.Row {
	return []hostfn.Row{
		{Name: "walk_began", Bind: hostfn.Func(func(r *hostfn.Run, c goja.FunctionCall) goja.Value {
			p.begin(r, c.Argument(0).String())
			return goja.Undefined()
		})},
		{Name: "walk_used", Bind: hostfn.Func(func(r *hostfn.Run, c goja.FunctionCall) goja.Value {
			return r.VM.NewArray(p.end(c.Argument(0).String())...)
		})},
	}
}

func (p walkPlugin) begin(r *hostfn.Run, call string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	thread := unix.Gettid()
	if p.many[thread] {
		p.used[call] = &walkUse{tid: thread}
	}
	use := p.used[call]
	if use == nil || thread != use.tid { // a fork's
		return
	}
	now := threadUse()
	use.Began, use.CPU, use.Bytes = time.Now(), now.CPU, now.Bytes
	if p.many[thread] {
		return
	}
	context.AfterFunc(r.Ctx(), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if use.tid != 0 {
			use.stopped = processorTime(use.tid)
		}
	})
}

// end returns how many nanoseconds a call computed, and how many bytes it allocated.
func (p walkPlugin) end(call string) []any {
	p.mu.Lock()
	defer p.mu.Unlock()
	use := p.used[call]
	if use == nil || use.Began.IsZero() || unix.Gettid() != use.tid {
		return nil
	}
	now := threadUse()
	use.Done, use.CPU, use.Bytes = true, now.CPU-use.CPU, now.Bytes-use.Bytes
	if p.many[use.tid] {
		delete(p.used, call)
	}
	return []any{int64(use.CPU), use.Bytes}
}

// measured has a request served on a thread of its own, and notes how long it computed after its run was stopped.
func (p walkPlugin) measured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		call := q.URL.EscapedPath()
		many := strings.HasPrefix(call, "/many/")
		if !many && !strings.HasPrefix(call, "/call/") && !strings.HasPrefix(call, "/client/") {
			next.ServeHTTP(w, q)
			return
		}
		goruntime.LockOSThread()
		defer goruntime.UnlockOSThread()
		if many {
			p.together(unix.Gettid(), true)
			defer p.together(unix.Gettid(), false)
			next.ServeHTTP(w, q)
			return
		}
		use := &walkUse{tid: unix.Gettid()}
		p.mu.Lock()
		p.used[call] = use
		p.mu.Unlock()
		defer func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if use.stopped > 0 {
				use.Late = max(0, processorTime(use.tid)-use.stopped)
			}
			use.tid = 0
		}()
		next.ServeHTTP(w, q)
	})
}

// together notes whether a thread makes one call after the other.
func (p walkPlugin) together(thread int, many bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.many[thread] = many
}

// processorTime returns how long a thread of this process has computed.
func processorTime(tid int) time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(int32(^tid<<3|6), &ts) // what pthread_getcpuclockid returns
	return time.Duration(ts.Nano())
}

func threadUse() walkUse {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return walkUse{CPU: processorTime(unix.Gettid()), Bytes: int64(s[0].Value.Uint64())}
}

// serve adds the pages that report what a call took, and that free memory.
func (p walkPlugin) serve(e *echo.Echo) {
	e.GET("/used", func(c echo.Context) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		call := c.QueryParam("call")
		defer delete(p.used, call)
		if p.used[call] == nil {
			return c.JSON(http.StatusOK, walkUse{})
		}
		return c.JSON(http.StatusOK, p.used[call])
	})
	e.GET("/free", func(c echo.Context) error {
		debug.FreeOSMemory()
		return c.NoContent(http.StatusNoContent)
	})
}

func (walkPlugin) Run(_ echo.Context, _ map[string]string, payload interface{}, _ string, callback chan string) (interface{}, string, error) {
	if text, ok := payload.(string); ok {
		callback <- text
	}
	return payload, "", nil
}

// walkConfig is what the walk's server allows: everything, with little time and memory.
func walkConfig(base, dir string) ConfigWorkspace {
	on := true
	conf := ConfigWorkspace{
		VMPoolConfig: VMPoolConfig{
			EnableNetwork: on, EnableFilesystem: on, EnableProcess: on, NetworkAllow: []string{"127.0.0.1"}, FilesystemRoot: dir,
			MaxMemoryMB: walkMemory >> 20, MaxOperations: walkOperations, MaxExecutionSeconds: Seconds(walkTime().Seconds()),
		},
		Session:     SessionConfig{Store: "cookie"},
		ConfigMail:  MailConfig{Enabled: true, SMTPHost: "127.0.0.1", SMTPPort: 1, SMTPFrom: "a@example.com"},
		DB:          map[string]FlowDatabase{"default": {Driver: "sqlite", DSN: filepath.Join(dir, "flows.db")}},
		RedisConfig: RedisConfig{Host: os.Getenv("NFLOW_WALK_REDIS")},
	}
	conf.AI.Providers = map[string]AIProvider{"openai": {BaseURL: base + "/ai", Model: "m"}, "large": {BaseURL: base + "/ai/large", Model: "m"}}
	for name, d := range map[string]FlowDatabase{
		"postgres": {Driver: "postgres", DSN: os.Getenv("NFLOW_TEST_POSTGRES")}, "mysql": {Driver: "mysql", DSN: os.Getenv("NFLOW_TEST_MYSQL")},
	} {
		if d.DSN != "" {
			conf.DB[name] = d
		}
	}
	return conf
}

// walkStore is a database with the walk's app, its pages and a file.
func walkStore(t *testing.T, base, dir string) store.Store {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", "walk.js"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: filepath.Join(dir, "nflow.db")})
	if err != nil {
		t.Fatal(err)
	}
	err = st.SaveApp(t.Context(), store.App{
		Name: "app", JSON: []byte(walkApp(walkCalls(t))), DefaultJS: "var WALK_BASE = " + strconv.Quote(base) + "\n" + string(script),
	})
	for name, page := range map[string]string{
		"page": "{{range .list}}{{.}}{{end}}{{#list}}{{.}}{{/list}}", "self": `{{template "self" .}}`, "again": "{{> again}}{{> again}}",
	} {
		if err == nil {
			err = st.SaveTemplate(t.Context(), store.Template{Name: name, Content: page})
		}
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "file"), make([]byte, 20<<20), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// walkServices are what flows of the walk call: a large response, and a language model that says much.
func walkServices(e *echo.Echo) {
	large := `[` + strings.Repeat(`{"a":[1,2,"ñ"]},`, 1<<18) + `1]`
	e.GET("/large", func(c echo.Context) error {
		for i := range 300 {
			c.Response().Header().Set("X-"+strconv.Itoa(i), strings.Repeat("v", 1000))
		}
		return c.Blob(http.StatusOK, "application/json", []byte(large))
	})
	e.POST("/ai/*", func(c echo.Context) error {
		var asked struct{ Stream bool }
		_ = json.NewDecoder(c.Request().Body).Decode(&asked)
		events, text := 10, "text"
		if strings.HasPrefix(c.Request().URL.Path, "/ai/large") {
			events, text = 4000, large
		}
		if asked.Stream {
			c.Response().Header().Set("Content-Type", "text/event-stream")
			for range events {
				_, _ = io.WriteString(c.Response(), `data: {"choices":[{"delta":{"content":"`+strings.Repeat("ñ", 100)+`"}}]}`+"\n\n")
			}
			_, err := io.WriteString(c.Response(), "data: [DONE]\n\n")
			return err
		}
		return c.JSONBlob(http.StatusOK, []byte(`{"choices":[{"message":{"role":"assistant","content":`+strconv.Quote(text)+`}}]}`))
	})
}

// TestWalkServer is the process of the walk. It serves until its standard input ends.
func TestWalkServer(t *testing.T) {
	if os.Getenv("NFLOW_WALK_SERVER") == "" {
		t.Skip("this is the other process of TestWalk")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base, dir := "http://"+l.Addr().String(), t.TempDir()
	st := walkStore(t, base, dir)
	rt, err := New(Options{Store: st, Config: walkConfig(base, dir), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	rt.RegisterStep("walk_step", walkStep{})
	plugin := newWalkPlugin()
	rt.RegisterPlugin(plugin)
	rt.globals.Add(plugin.rows()...)
	if err := rt.Load(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	walkServices(e)
	plugin.serve(e)
	e.Any("/*", rt.Handler("app"))
	e.HTTPErrorHandler = rt.HandleError
	server := &http.Server{Handler: plugin.measured(e), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	fmt.Println("WALK", base)
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	rt.Close(ctx)
	_ = st.Close()
}

// walkRedis starts a Redis of the walk's own, whose keys are as hostile as all else, and returns its address; "" where there is
// no such program.
func walkRedis(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Logf("redis-server is not installed, so redis.* is walked without a server: install it, see .ci/services.sh")
		return ""
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(address)
	cmd := exec.Command(program, "--bind", "127.0.0.1", "--port", port, "--dir", t.TempDir(), "--save", "", "--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	fillRedis(t, address)
	return address
}

// fillRedis makes values there that are larger than a run may hold.
func fillRedis(t *testing.T, address string) {
	t.Helper()
	client, err := redis.Dial("tcp", address)
	for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		client, err = redis.Dial("tcp", address) // it starts
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Do("SETRANGE", "huge", 100<<20, "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do("EVAL", `return redis.call("HSET", "hash", "huge", redis.call("GET", "huge"))`, 0); err != nil {
		t.Fatal(err)
	}
}
