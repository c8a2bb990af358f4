package engine

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// walker drives the process of the walk.
type walker struct {
	t      *testing.T
	fail   func(format string, args ...any) // notes what is wrong
	base   string
	pid    int
	died   chan struct{}
	client *http.Client

	started int64        // bytes that the process held before
	floor   atomic.Int64 // and after it last gave memory back
	mu      sync.Mutex
	active  map[*walked]bool
	pings   []time.Duration
	lost    time.Duration // in which this process did not run, and the other one hardly: a busy machine
	looked  time.Time
}

func startWalk(t *testing.T, fail func(string, ...any), redis string) *walker {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestWalkServer$", "-test.timeout=5h")
	cmd.Env = append(os.Environ(), "NFLOW_WALK_SERVER=1", "GOMAXPROCS=2", "NFLOW_WALK_REDIS="+cmp.Or(redis, "127.0.0.1:1"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := &walker{
		t: t, fail: fail, pid: cmd.Process.Pid, died: make(chan struct{}), active: map[*walked]bool{},
		client: &http.Client{
			Timeout: walkReply, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * walkEndlessAtOnce},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	lines := bufio.NewScanner(out)
	for w.base == "" && lines.Scan() {
		w.base, _ = strings.CutPrefix(lines.Text(), "WALK ")
	}
	go w.watch(cmd, out, &said)
	t.Cleanup(func() {
		_ = in.Close()
		select {
		case <-w.died:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			<-w.died
		}
		if cmd.ProcessState.ExitCode() != 0 {
			text := said.String()
			t.Errorf("the server ended with %s:\n%s", cmd.ProcessState, text[:min(len(text), 4000)])
		}
	})
	if w.base == "" {
		t.Fatal("the server did not start")
	}
	w.started = w.held()
	w.floor.Store(w.started)
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go every(stop, walkLook, w.look)
	go every(stop, 25*time.Millisecond, w.visit)
	return w
}

// watch waits for the end of the process, and says which calls it died in.
func (w *walker) watch(cmd *exec.Cmd, out io.Reader, said *bytes.Buffer) {
	defer close(w.died)
	text, _ := io.ReadAll(out)
	_ = cmd.Wait()
	said.Write(text)
	w.mu.Lock()
	defer w.mu.Unlock()
	for got := range w.active {
		w.fail("the process died in %s", got)
	}
}

func every(stop <-chan struct{}, pause time.Duration, f func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			f()
		case <-stop:
			return
		}
	}
}

// held returns how much memory the process holds.
func (w *walker) held() int64 {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(w.pid) + "/statm")
	if fields := strings.Fields(string(text)); len(fields) > 1 {
		pages, _ := strconv.ParseInt(fields[1], 10, 64)
		return pages * int64(os.Getpagesize())
	}
	return 0
}

// look is what the walk does all the time.
func (w *walker) look() {
	w.note(w.held(), 0)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if gap := now.Sub(w.looked); !w.looked.IsZero() && gap > 4*walkLook {
		w.lost += gap - walkLook
	}
	w.looked = now
}

// clock starts to measure time, without what was lost.
func (w *walker) clock() (since func() time.Duration) {
	lost := func() time.Duration {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.lost
	}
	began, before := time.Now(), lost()
	return func() time.Duration { return max(0, time.Since(began)-(lost()-before)) }
}

// starved returns for each thread of the process how long it has waited for a processor that others had.
func (w *walker) starved() map[string]time.Duration {
	waited := map[string]time.Duration{}
	files, _ := filepath.Glob("/proc/" + strconv.Itoa(w.pid) + "/task/*/schedstat")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			ns, _ := strconv.ParseInt(fields[1], 10, 64)
			waited[file] = time.Duration(ns)
		}
	}
	return waited
}

// processors returns how long the process has computed.
func (w *walker) processors() time.Duration {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(w.pid) + "/stat")
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// gone reports whether the process has died.
func (w *walker) gone() bool {
	select {
	case <-w.died:
		return true
	default:
		return false
	}
}

// tidy lets a process give back what calls left, so that what it holds is of the next one.
func (w *walker) tidy() {
	if w.held()-w.floor.Load() > walkTidy {
		w.free()
	}
}

func (w *walker) free() {
	if res, err := w.client.Get(w.base + "/free"); err == nil {
		_ = res.Body.Close()
	}
	w.floor.Store(w.held())
}

// alone is call where nothing else is asked for, and a busy machine does not count.
func (w *walker) alone(j walkJob) *walked {
	w.free()
	before := w.starved()
	got := w.call(j)
	var waited time.Duration // by all threads: the call may have needed one after the other
	for thread, d := range w.starved() {
		waited += d - before[thread]
	}
	got.took, got.ping = max(0, got.took-waited), max(0, got.ping-waited)
	return got
}

// note keeps what was seen for the calls that are under way.
func (w *walker) note(rss int64, ping time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for got := range w.active {
		got.rss, got.ping = max(got.rss, rss-w.started), max(got.ping, ping)
	}
}

// visit is another visitor.
func (w *walker) visit() {
	since := w.clock()
	if res, err := w.client.Get(w.base + "/ping"); err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		took := since()
		w.note(0, took)
		w.mu.Lock()
		w.pings = append(w.pings, took)
		w.mu.Unlock()
	}
}
