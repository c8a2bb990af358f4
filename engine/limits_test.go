package engine

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/config"
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
	const closed = `get_env is off in this flow: its starter's capabilities do not name enable_process`
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

// TestLimitsShow: the log tells what a run used, at debug level for each node.
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
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxOperations: config.None, MaxMemoryMB: config.None, MaxExecutionSeconds: config.None, MaxSize: config.None}},
		app:    app(starter("s", "/x", "a"), js("a", `function main(){ for (let i = 0; i < 6e6; i++); c.JSON(200, 'x'.repeat(2e8).length) }`)),
	})
	for _, key := range []string{"max_operations", "max_memory_mb", "max_execution_seconds", "max_size"} {
		if !regexp.MustCompile(`level=WARN msg="vm_pool\.` + key + ` = 0: no limit"`).MatchString(w.log.String()) {
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
