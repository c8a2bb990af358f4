package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// The test binary stands for the program when this is set.
const asProgram = "NFLOW_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Unsetenv(asProgram)
		main()
	}
	os.Exit(m.Run())
}

// slow is an app with a run that outlives every patience.
const slow = `{"drawflow":{"Main":{"data":{
"1":{"data":{"type":"starter","urlpattern":"/slow","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"2","output":"input_1"}]}}},
"2":{"data":{"type":"js","code":"function main(){ console.log('at work'); sleep(20000) }"},"outputs":{}}
}}}}`

func TestSignals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send these signals to another process")
	}
	t.Run("one signal stops it properly", func(t *testing.T) {
		t.Parallel()
		p := start(t)
		p.signal(t)
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("exit: %v", err)
		}
	})
	t.Run("a second one ends it at once", func(t *testing.T) {
		t.Parallel()
		p := start(t)
		go func() { // its response never comes
			if answer, err := http.Get("http://" + p.address + "/slow"); err == nil {
				answer.Body.Close()
			}
		}()
		p.wait(t, "at work")
		p.signal(t)
		p.wait(t, "stopping")
		p.signal(t)
		err := p.cmd.Wait()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
			t.Errorf("exit: %v", err)
		}
	})
}

// running is the program as a process that serves.
type running struct {
	cmd     *exec.Cmd
	address string
	logs    chan string // messages
}

func start(t *testing.T) *running {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "app.json"), []byte(slow), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-a", "./app.json", "--addr", "127.0.0.1:0")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), asProgram+"=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &running{cmd: cmd, logs: make(chan string, 1000)}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	addresses := make(chan string, 1)
	go p.read(stderr, addresses)
	select {
	case p.address = <-addresses:
	case <-time.After(30 * time.Second):
		t.Fatal("it does not serve")
	}
	return p
}

func (p *running) read(stderr io.Reader, addresses chan<- string) {
	defer close(p.logs)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		if line.Msg == "serving" {
			addresses <- line.Address
		}
		p.logs <- line.Msg
	}
}

// wait waits for a message in the log.
func (p *running) wait(t *testing.T, message string) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case m, ok := <-p.logs:
			if !ok {
				t.Fatalf("it ended before it said %q", message)
			}
			if m == message {
				return
			}
		case <-timeout:
			t.Fatalf("it does not say %q", message)
		}
	}
}

func (p *running) signal(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}
