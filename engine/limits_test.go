package engine

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
)

// TestCapabilitiesNarrow: a starter may close what [vm_pool] opens, and open nothing.
func TestCapabilitiesNarrow(t *testing.T) {
	t.Parallel()
	const code = `function main(){ const out = []; for (const f of [() => get_env("X"), () => http_get("http://127.0.0.1:1/")]) try { out.push(f() === undefined ? "undefined" : "went") } catch (e) { out.push(e.message) } c.JSON(200, out) }`
	narrowed := func(id, path, list string) string {
		return node(id, `{"type":"starter","urlpattern":"`+path+`","method":"ANY","capabilities":`+list+`}`, "output_1=n")
	}
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{EnableProcess: true}},
		app: app(js("n", code), starter("s", "/open", "n"), narrowed("s2", "/none", `""`), narrowed("s3", "/list", `["process"]`),
			narrowed("s4", "/text", `"enable_process, network"`), narrowed("s5", "/other", `"filesystem"`)),
	})
	const closed = `get_env is off in this flow: the capabilities of its starter do not include enable_process`
	for path, denied := range map[string]bool{"/open": false, "/list": false, "/text": false, "/none": true, "/other": true} {
		got := w.get(path)
		if got.status != http.StatusOK || strings.Contains(got.body, closed) != denied {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if !strings.Contains(got.body, "enable_network") { // no starter widens
			t.Errorf("%s: the network is open, or the error does not name its setting: %s", path, got.body)
		}
	}
}

// TestLimitsShow: the log shows what a run used, at debug level for each node.
func TestLimitsShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(starter("s", "/x", "a"), js("a", `function main(){ for (let i = 0; i < 100; i++); }`, "output_1=b"), js("b", `function main(){ sleep(30); c.JSON(200, 1) }`))})
	w.expect(w.get("/x"), 200, "1")
	w.rt.Close(t.Context())
	log := w.log.String()
	for _, want := range []string{`msg="node leave".* node=a .*operations=[1-9]\d\d .*peak_memory=\d+`, `msg="node leave".* node=b .*operations=\d{1,2} .*peak_memory=\d+`, `msg=run .*operations=[1-9]\d\d peak_memory=\d+ vm_ms=[\d.]+`} {
		if !regexp.MustCompile(want).MatchString(log) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	// What a run waits for is not time in the VM.
	if m := regexp.MustCompile(`msg="node leave".* node=b .* us=(\d+) .*vm_us=(\d+)`).FindStringSubmatch(log); m == nil || number(m[1])-number(m[2]) < 25_000 {
		t.Errorf("of a node that slept 30 ms the log tells %q", m)
	}
	var ms, inVM float64
	if m := regexp.MustCompile(`msg=run .* ms=([\d.]+) .*vm_ms=([\d.]+)`).FindStringSubmatch(log); m != nil {
		ms, inVM = number(m[1]), number(m[2])
	}
	if ms < 30 || inVM > ms-25 {
		t.Errorf("a run of %v ms, 30 of them asleep, was %v ms in its VM", ms, inVM)
	}
}

func number(s string) float64 {
	d, err := time.ParseDuration(s + "ms")
	if err != nil {
		return 0
	}
	return float64(d) / float64(time.Millisecond)
}

// TestNoLimits: what is set to 0 in the file is unlimited, and the log warns of it at the start.
func TestNoLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxOperations: None, MaxMemoryMB: None, MaxExecutionSeconds: None, MaxSize: None}},
		app:    app(starter("s", "/x", "a"), js("a", `function main(){ for (let i = 0; i < 6e6; i++); c.JSON(200, 'x'.repeat(2e8).length) }`)),
	})
	for _, key := range []string{"max_operations", "max_memory_mb", "max_execution_seconds", "max_size"} {
		if !regexp.MustCompile(`level=WARN msg="vm_pool\.` + key + ` = (0|none): no limit"`).MatchString(w.log.String()) {
			t.Errorf("no warning of %s:\n%s", key, w.log)
		}
	}
	if testing.Short() {
		return
	}
	w.expect(w.get("/x"), 200, "200000000")
}

// TestClientLeavesAndRunGoesOn: cancel_on_disconnect = false.
func TestClientLeavesAndRunGoesOn(t *testing.T) {
	t.Parallel()
	started := make(chan string, 2)
	w := newWorld(t, setup{
		config:  ConfigWorkspace{VMPoolConfig: VMPoolConfig{CancelOnDisconnect: new(false)}},
		prepare: func(rt *Runtime) { rt.RegisterStep("probe", probe{started}) },
		app: app(starter("s", "/x", "tell"), node("tell", `{"type":"probe","tell":"up"}`, "output_1=wait"), js("wait", `function main(){ sleep(60) }`, "output_1=last"),
			node("last", `{"type":"probe","tell":"reached"}`)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { wait(t, started); cancel() }()
	q, _ := http.NewRequestWithContext(ctx, "GET", w.server.URL+"/x", nil)
	if res, err := w.client.Do(q); err == nil {
		res.Body.Close()
		t.Fatal("the request was answered")
	}
	if got := wait(t, started); !strings.HasPrefix(got, "reached") {
		t.Errorf("got %q", got)
	}
}

// TestWaitingInAFormCostsNoTime: an open form is no run, and each step has the whole time.
func TestWaitingInAFormCostsNoTime(t *testing.T) {
	t.Parallel()
	step := func(answer string) string {
		return `function main(){ sleep(400); c.JSON(200, "` + answer + `"); payload.break = ` + fmt.Sprint(answer != "done") + ` }`
	}
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxExecutionSeconds: 1}},
		app:    app(starter("s", "/w", "a"), js("a", step("one"), "output_1=b"), js("b", step("two"), "output_1=c"), js("c", step("done"))),
	})
	began := time.Now()
	w.expect(w.get("/w"), 200, "one")
	for _, next := range []struct{ node, want string }{{"b", "two"}, {"c", "done"}} {
		if n := w.rt.Processes().Live(); n != 0 {
			t.Errorf("%d runs live while the form is open", n)
		}
		w.expect(w.post("/w", url.Values{exchange.NextField: {next.node}}), 200, next.want)
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("the steps took %v, less than one run may", took)
	}
}

// TestHostObjectsCountAsMemory: what a run reads from outside is its own, and a run that is over its limit disturbs no
// other.
func TestHostObjectsCountAsMemory(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20)) }))
	t.Cleanup(service.Close)
	keep := func(what string) string {
		return `function main(){ const kept = []; for (let i = 0; i < 100; i++) try { kept.push(` + what + `) } catch (e) { if (!/memory|MB/.test(e.message)) throw e } c.JSON(200, kept.length) }`
	}
	started := make(chan string, 1)
	w := newWorld(t, setup{
		config: ConfigWorkspace{
			VMPoolConfig: VMPoolConfig{MaxMemoryMB: 16, EnableNetwork: true, NetworkAllow: []string{"127.0.0.0/8"}},
			DB:           map[string]FlowDatabase{"default": {Driver: "sqlite", DSN: filepath.Join(t.TempDir(), "flow.db")}},
		},
		prepare: func(rt *Runtime) { rt.RegisterStep("probe", probe{started}) },
		app: app(
			starter("s", "/http", "http"), js("http", keep(`http_get("`+service.URL+`")`)),
			starter("s1", "/fetch", "fetch"), js("fetch", `async function main(){ const kept = []; for (let i = 0; i < 100; i++) kept.push(await (await fetch("`+service.URL+`")).text()); c.JSON(200, kept.length) }`),
			starter("s2", "/rows", "rows"), js("rows", keep(`db.query("SELECT hex(zeroblob(524288)) AS t")`)),
			starter("s3", "/body", "body"), js("body", keep(`post_data + i`)),
			starter("s4", "/answer", "answer"), js("answer", `function main(){ const t = "x".repeat(12 << 20); c.String(200, t + "y"); [t].concat(Array(100000).fill(t + "z")).join("").length }`),
			starter("s5", "/other", "tell"), node("tell", `{"type":"probe","tell":"up"}`, "output_1=other"), js("other", `function main(){ while (!kv.get("go")) sleep(5); c.JSON(200, "other") }`),
			starter("s6", "/go", "go"), js("go", `function main(){ kv.set("go", 1); c.JSON(200, "go") }`),
		),
	})
	other := make(chan reply, 1)
	go func() { other <- w.get("/other") }()
	wait(t, started)
	for _, path := range []string{"/http", "/fetch", "/rows", "/answer"} {
		w.expect(w.get(path), 408, `"limit":"memory"`)
	}
	w.expect(w.do("POST", "/body", strings.NewReader(strings.Repeat("x", 2<<20)), "Content-Type: text/plain"), 408, `"limit":"memory"`)
	w.expect(w.get("/go"), 200, "go")
	w.expect(wait(t, other), 200, "other")
}

// TestFullServerSaysSo: a request that finds no place queues for a while, and gets a Retry-After.
func TestFullServerSaysSo(t *testing.T) {
	t.Parallel()
	d := deaf{make(chan struct{})}
	started := make(chan string, 1)
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxSize: 1, MaxShare: 100, QueueSeconds: 0.05}},
		prepare: func(rt *Runtime) {
			rt.RegisterStep("deaf", d)
			rt.RegisterStep("probe", probe{started})
		},
		app: app(starter("s", "/hold", "tell"), node("tell", `{"type":"probe","tell":"up"}`, "output_1=d"), node("d", `{"type":"deaf"}`, "output_1=g"), starter("s2", "/good", "g"), js("g", `function main(){ c.JSON(200, 1) }`)),
	})
	held := make(chan reply, 1)
	go func() { held <- w.get("/hold") }()
	wait(t, started)
	got := w.get("/good")
	w.expect(got, 503, "the server is full")
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	close(d.until)
	wait(t, held)
	w.expect(w.get("/good"), 200, "1")
}

// TestOperationsEnd: the count is the same each time, so the run that uses one more than it may always ends.
func TestOperationsEnd(t *testing.T) {
	t.Parallel()
	nodes := app(starter("s", "/x", "a"), js("a", `function main(){ for (let i = 0; i < 100; i++); c.JSON(200, "ended") }`))
	w := newWorld(t, setup{app: nodes})
	w.expect(w.get("/x"), 200, "ended")
	m := regexp.MustCompile(`msg=run .*operations=(\d+)`).FindStringSubmatch(w.log.String())
	if m == nil {
		t.Fatalf("no operations in the log:\n%s", w.log)
	}
	used, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	enough := newWorld(t, setup{app: nodes, config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxOperations: Limit(used)}}})
	enough.expect(enough.get("/x"), 200, "ended")
	short := newWorld(t, setup{app: nodes, config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxOperations: Limit(used - 1)}}})
	short.expect(short.get("/x"), 408, `"limit":"operations"`)
}
