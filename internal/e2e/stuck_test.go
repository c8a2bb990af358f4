//go:build long

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// buildDeaf makes the real binary, once, with one fault: sleep() does not hear that its run was stopped.
var buildDeaf = sync.OnceValues(func() (string, error) {
	dir, err := binaries()
	if err != nil {
		return "", err
	}
	source, err := filepath.Abs("../jsapi/general.go")
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	const hears = "r.Sleep(d)"
	if strings.Count(string(text), hears) != 1 {
		return "", fmt.Errorf("%s is not once in %s", hears, source)
	}
	deaf := strings.Replace(string(text), hears, "func() error { time.Sleep(d); return nil }()", 1)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: filepath.Join(dir, "general.go")}})
	if err != nil {
		return "", err
	}
	for name, content := range map[string]string{"general.go": deaf, "overlay.json": string(overlay)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return "", err
		}
	}
	binary := filepath.Join(dir, "nflow-deaf")
	if out, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "../..").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return binary, nil
})

// deafCommand is that binary, to be run on stuckApp in a folder of its own.
func deafCommand(t *testing.T, config string, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := buildDeaf()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, append([]string{"-c", "config.toml", "-a", "./app.json"}, args...)...)
	cmd.Dir = t.TempDir()
	writeFiles(t, cmd.Dir, map[string]string{"app.json": stuckApp, "config.toml": config})
	return cmd
}

const stuckApp = `{"drawflow":{"Main":{"data":{
"1":{"data":{"type":"starter","urlpattern":"/deaf","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"2"}]}}},
"2":{"data":{"type":"js","timeout_ms":50,"code":"function main(){ sleep(3600000) }"}},
"3":{"data":{"type":"starter","urlpattern":"/slow","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"4"}]}}},
"4":{"data":{"type":"js","code":"async function main(){ for (;;) try { return c.JSON(200, file_to_string('go')) } catch (e) { await new Promise(r => setTimeout(r, 20)) } }"}},
"5":{"data":{"type":"starter","urlpattern":"/good/:n","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"6"}]}}},
"6":{"data":{"type":"js","code":"function main(){ c.JSON(200, {n: vars.n, l: 100}) }"}},
"7":{"data":{"type":"starter","urlpattern":"/rests","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"8"}]}}},
"8":{"data":{"type":"js","code":"function main(){ sleep(9000); c.JSON(200, 'rested') }"}}
}}}}`

// TestStuckProcessEnds has a run that does not yield 5 s after its deadline: /health says so, new runs are refused, those
// that live may end, and the process exits with 75.
func TestStuckProcessEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program of its own")
	}
	t.Parallel()
	cmd := deafCommand(t, "[vm_pool]\nmax_execution_seconds = 120\nenable_filesystem = true\nfilesystem_root = \"files\"\n[server]\ndrain_seconds = 120\n",
		"--addr", "127.0.0.1:0")
	files := filepath.Join(cmd.Dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	s := startCommand(t, cmd)
	s.deaf = true
	if p := <-visit(t, s, "/good/1"); p.status != http.StatusOK {
		t.Fatalf("a good run: %d", p.status)
	}
	slow, deaf := visit(t, s, "/slow"), visit(t, s, "/deaf")
	b := newBrowser(t, s.url)
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	var health page
	for late := time.After(time.Minute); health.status != http.StatusServiceUnavailable; {
		select {
		case <-poll.C:
			health = b.get("/health")
		case <-late:
			t.Fatalf("health still says %d %s", health.status, health.body)
		}
	}
	if !strings.Contains(health.body, `"draining"`) {
		t.Errorf("health says %s", health.body)
	}
	for b.get("/good/2").status == http.StatusOK { // it takes nothing more as soon as it knows
	}
	if p := b.get("/good/3"); p.status != http.StatusServiceUnavailable || p.header.Get("Retry-After") == "" {
		t.Errorf("a new run: %d, Retry-After %q", p.status, p.header.Get("Retry-After"))
	}
	if err := os.WriteFile(filepath.Join(files, "go"), []byte("went on"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := <-slow; p.status != http.StatusOK {
		t.Errorf("the run that could end: %d", p.status)
	}
	select {
	case <-s.done:
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	_ = s.cmd.Wait()
	if code := s.cmd.ProcessState.ExitCode(); code != stuck {
		t.Errorf("it ended with %d:\n%s", code, s.log)
	}
	if p := <-deaf; p.status == http.StatusOK {
		t.Error("the run that hangs was answered 200")
	}
}

// visit requests a path of a server, and sends the response.
func visit(t *testing.T, s *server, path string) <-chan page {
	answers := make(chan page, 1)
	b := newBrowser(t, s.url)
	b.c.Timeout = 2 * time.Minute
	go func() {
		res, err := b.c.Get(s.url + path)
		if err != nil { // that of the run that hangs dies with the process
			answers <- page{}
			return
		}
		res.Body.Close()
		answers <- page{status: res.StatusCode, header: res.Header}
	}()
	return answers
}

// supervise starts a process again whenever it ends with a failure, as Restart=on-failure of systemd does, until the test
// ends. It sends each process, and how each ended.
func supervise(t *testing.T, command func() *exec.Cmd) (started <-chan *server, ended <-chan int) {
	processes, codes, over := make(chan *server, 10), make(chan int, 10), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for code := 1; code != 0; {
			s := launch(t, command())
			s.deaf = true
			processes <- s
			select {
			case <-s.done:
			case <-over:
				_ = s.stop() // what is stuck on purpose need not end well
			}
			_ = s.cmd.Wait()
			if code = s.cmd.ProcessState.ExitCode(); code == -1 {
				return
			}
			select {
			case <-over:
				return
			case codes <- code:
			}
		}
	})
	t.Cleanup(func() { close(over); running.Wait() })
	return processes, codes
}

// TestStuckProcessLosesNothing has two processes behind a balancer, one of which gets a run that does not stop, and a
// supervisor. No request fails but the one that hangs: the balancer sees on /ready that the process leaves, what was in
// flight there ends, and the process comes back.
func TestStuckProcessLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program of its own")
	}
	t.Parallel()
	const config = "[server]\nleave_seconds = 2\ndrain_seconds = 30\n"
	addresses := []string{"127.0.0.1:" + servertest.Port(t), "127.0.0.1:" + servertest.Port(t)}
	cmd := deafCommand(t, config, "--addr", addresses[0])
	started, ended := supervise(t, func() *exec.Cmd { // each time the same
		again := exec.Command(cmd.Path, cmd.Args[1:]...)
		again.Dir = cmd.Dir
		return again
	})
	first := <-started
	other := launch(t, deafCommand(t, config, "--addr", addresses[1]))
	b := newBalancer(t, addresses...)
	b.await(t, 2, first)
	stop := traffic(t, &http.Client{Timeout: 30 * time.Second}, b.url)
	inFlight := statusOf("http://" + addresses[0] + "/rests")
	go func() { // no caller waits for it: it dies with the process
		if res, err := http.Get("http://" + addresses[0] + "/deaf"); err == nil {
			res.Body.Close()
		}
	}()
	select {
	case code := <-ended:
		if code != stuck {
			t.Errorf("the process ended with %d:\n%s", code, first.log)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("the process does not end")
	}
	if status := <-inFlight; status != http.StatusOK {
		t.Errorf("what was in flight: %d", status)
	}
	second := <-started
	b.await(t, 2, first)
	answered := b.members[0].answered.Load()
	for late := time.Now().Add(time.Minute); b.members[0].answered.Load() == answered && time.Now().Before(late); {
		time.Sleep(checkEvery) // until the process that came back answers
	}
	if n := stop(); n.failed+n.refused > 0 || len(n.took) == 0 {
		t.Errorf("%v", n)
	} else {
		t.Log(n)
	}
	if first.cmd.Process.Pid == second.cmd.Process.Pid {
		t.Error("the process was not started again")
	}
	if log := other.log.String(); strings.Contains(log, "does not stop") {
		t.Errorf("the other process:\n%s", log)
	}
	http.DefaultClient.CloseIdleConnections()
}

// await waits until so many members are ready.
func (b *balancer) await(t *testing.T, n int, first *server) {
	t.Helper()
	for late := time.Now().Add(2 * time.Minute); b.ready() != n; time.Sleep(checkEvery) {
		if time.Now().After(late) {
			t.Fatalf("%d processes are ready, not %d:\n%s", b.ready(), n, first.log)
		}
	}
}

// statusOf requests a URL, and sends the status of the response, 0 for none.
func statusOf(url string) <-chan int {
	status := make(chan int, 1)
	go func() {
		res, err := http.Get(url)
		if err != nil {
			status <- 0
			return
		}
		res.Body.Close()
		status <- res.StatusCode
	}()
	return status
}
