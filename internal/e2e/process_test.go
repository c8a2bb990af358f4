package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// binaries is where build puts what it makes; TestMain removes it.
var binaries = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "nflow-e2e") })

// build makes the real binary once for all tests of this package.
var build = sync.OnceValues(func() (string, error) {
	dir, err := binaries()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "nflow-runtime")
	out, err := exec.Command("go", "build", "-o", binary, "../..").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return binary, nil
})

// server is the real binary, running.
type server struct {
	cmd     *exec.Cmd
	url     string
	log     *servertest.Record
	serving chan string // its URL, as the log says it
	done    chan struct{}
	deaf    bool // has a native that cannot be stopped, on purpose
}

// stuck is the exit code of a process that has a run which does not stop. No test but that of such a run may see it.
const stuck = 75

var address = regexp.MustCompile(`"address":"([^"]+)"`)

// start runs the binary on a port that is free, and waits until it serves.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	return startCommand(t, command(t, append([]string{"--addr", "127.0.0.1:0"}, args...)...))
}

// command returns the binary, to be run in a folder of its own.
func command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Dir = t.TempDir()
	return cmd
}

// startCommand starts a command that is the binary in the end, and waits until it serves.
func startCommand(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	s := launch(t, cmd)
	select {
	case s.url = <-s.serving:
	case <-s.done:
		t.Fatalf("it ended at once:\n%s", s.log)
	case <-time.After(30 * time.Second):
		t.Fatalf("it does not serve:\n%s", s.log)
	}
	return s
}

// launch starts a command that is the binary in the end.
func launch(t testing.TB, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{cmd: cmd, log: &servertest.Record{Keep: 16 << 20}, done: make(chan struct{}), serving: make(chan string, 1)}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "NFLOW_LOG_FORMAT=json")
	pipe, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.done)
		lines := bufio.NewReaderSize(pipe, 64<<10)
		for err := error(nil); err == nil || errors.Is(err, bufio.ErrBufferFull); {
			var line []byte
			line, err = lines.ReadSlice('\n')
			_, _ = s.log.Write(line)
			if bytes.Contains(line, []byte("serving")) {
				if m := address.FindSubmatch(line); m != nil {
					select {
					case s.serving <- "http://" + string(m[1]):
					default: // somebody logs like the server
					}
				}
			}
		}
	}()
	t.Cleanup(func() {
		s.kill()
		if s.cmd.ProcessState.ExitCode() == stuck && !s.deaf {
			t.Errorf("it gave up with exit code %d, as if a run did not stop:\n%s", stuck, s.log)
		}
	})
	return s
}

// kill ends the process as kill -9 does.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
	_ = s.cmd.Wait()
}

// stop ends the process as a supervisor does, and returns how it ended.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-s.done
	return s.cmd.Wait()
}

// resident returns the memory that the process holds, in KiB, on Linux.
func (s *server) resident() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	return strconv.Atoi(strings.Fields(after + " none")[0])
}

// writeFiles writes files, by name, into a folder that is there.
func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// browser keeps cookies and follows no redirects.
type browser struct {
	t    *testing.T
	c    *http.Client
	base string
}

func newBrowser(t *testing.T, base string) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t: t, base: base, c: &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type page struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(method, path string, form url.Values) page {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	q, err := http.NewRequestWithContext(context.Background(), method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.c.Do(q)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res.StatusCode, res.Header, string(text)}
}

func (b *browser) get(path string) page { b.t.Helper(); return b.do("GET", path, nil) }
func (b *browser) post(path string, form url.Values) page {
	b.t.Helper()
	return b.do("POST", path, form)
}

func (b *browser) expect(p page, status int, words ...string) {
	b.t.Helper()
	if p.status != status {
		b.t.Errorf("got %d, want %d: %.300s", p.status, status, p.body)
	}
	for _, w := range words {
		if !strings.Contains(p.body, w) {
			b.t.Errorf("the page lacks %q: %.600s", w, p.body)
		}
	}
}

var (
	action = regexp.MustCompile(`<form[^>]*action="([^"]*)"`)
	hidden = regexp.MustCompile(`name=["']nflow_next_node_run["'] value=["']([^"']*)["']`)
)

// submit fills in the form of a page and sends it where the page says.
func (b *browser) submit(p page, at string, fields ...string) page {
	b.t.Helper()
	return b.post(p.next(at, fields...))
}

// next returns what the form of a page sends, and where to: at, unless the page says.
func (p page) next(at string, fields ...string) (string, url.Values) {
	form := url.Values{}
	for _, f := range fields {
		k, v, _ := strings.Cut(f, "=")
		form.Set(k, v)
	}
	if m := hidden.FindStringSubmatch(p.body); m != nil {
		form.Set("nflow_next_node_run", m[1])
	}
	if m := action.FindStringSubmatch(p.body); m != nil {
		at = m[1]
	}
	return at, form
}

// waitFor waits until the log holds the words.
func waitFor(t *testing.T, s *server, words ...string) {
	t.Helper()
	for _, w := range words {
		deadline := time.Now().Add(10 * time.Second)
		for !strings.Contains(s.log.String(), w) {
			if time.Now().After(deadline) {
				t.Fatalf("the log lacks %q:\n%s", w, s.log)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}
