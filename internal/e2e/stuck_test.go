package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// buildDeaf makes the real binary with one fault: sleep() does not hear that its run was stopped.
func buildDeaf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source, err := filepath.Abs("../jsapi/general.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	const hears = "r.Sleep(d)"
	if strings.Count(string(text), hears) != 1 {
		t.Fatalf("%s is not once in %s", hears, source)
	}
	deaf := strings.Replace(string(text), hears, "func() error { time.Sleep(d); return nil }()", 1)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: filepath.Join(dir, "general.go")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"general.go": deaf, "overlay.json": string(overlay)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(dir, "nflow-runtime")
	if out, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "../..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

const stuckApp = `{"drawflow":{"Main":{"data":{
"1":{"data":{"type":"starter","urlpattern":"/deaf","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"2"}]}}},
"2":{"data":{"type":"js","timeout_ms":50,"code":"function main(){ sleep(3600000) }"}},
"3":{"data":{"type":"starter","urlpattern":"/slow","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"4"}]}}},
"4":{"data":{"type":"js","code":"async function main(){ for (;;) try { return c.JSON(200, file_to_string('go')) } catch (e) { await new Promise(r => setTimeout(r, 20)) } }"}},
"5":{"data":{"type":"starter","urlpattern":"/good","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"6"}]}}},
"6":{"data":{"type":"js","code":"function main(){ c.JSON(200, 'good') }"}}
}}}}`

// TestStuckProcessEnds has a run that does not yield 5 s after its deadline: /health says so, new runs are refused, those
// that live may end, and the process exits with 75.
func TestStuckProcessEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program of its own")
	}
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"app.json":    stuckApp,
		"config.toml": "[vm_pool]\nmax_execution_seconds = 120\nenable_filesystem = true\nfilesystem_root = " + `"files"` + "\n[server]\ndrain_seconds = 120\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(buildDeaf(t), "--addr", "127.0.0.1:0", "-c", "config.toml", "-a", "./app.json", "--data", dir)
	cmd.Dir = dir
	s := startCommand(t, cmd)
	visit := func(path string) chan page {
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
	if p := <-visit("/good"); p.status != http.StatusOK {
		t.Fatalf("a good run: %d", p.status)
	}
	slow, deaf := visit("/slow"), visit("/deaf")
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
	if p := b.get("/good"); p.status != http.StatusServiceUnavailable || p.header.Get("Retry-After") == "" {
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
	if code := s.cmd.ProcessState.ExitCode(); code != 75 {
		t.Errorf("it ended with %d:\n%s", code, s.log)
	}
	if p := <-deaf; p.status == http.StatusOK {
		t.Error("the run that hangs was answered 200")
	}
}
