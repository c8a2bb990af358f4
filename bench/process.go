package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of /proc/PID/stat: USER_HZ, 100 on all systems that Go knows.
const ticksPerSecond = 100

// process is a server that was started.
type process struct {
	cmd     *exec.Cmd
	address string
	started time.Duration // until the first 200
	idle    int           // resident memory some seconds after, in kB
}

func buildServer(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "nflow-runtime")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/arturoeanton/nflow-runtime")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the server cannot be built: %s", out)
	}
	return binary, nil
}

// freeAddress finds one that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func startServer(ctx context.Context, dir, binary, app string) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, address, exec.CommandContext(ctx, binary, "-a", filepath.Join(dir, app), "--data", filepath.Join(dir, app+"-data"),
		"-c", filepath.Join(dir, "config.toml"), "--addr", address))
	if err != nil {
		return nil, err
	}
	if app == "app" {
		time.Sleep(4 * time.Second)
		p.idle = p.field("VmRSS")
	}
	return p, nil
}

func startFloors(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	return start(ctx, address, exec.CommandContext(ctx, self, "-floor", address))
}

// start starts a server and waits until it answers /hello. Where taskset is there, it runs on the first two processors: more
// would not be comparable.
func start(ctx context.Context, address string, cmd *exec.Cmd) (*process, error) {
	if taskset, err := exec.LookPath("taskset"); err == nil {
		cmd.Args = append([]string{taskset, "-c", "0,1", cmd.Path}, cmd.Args[1:]...)
		cmd.Path = taskset
	}
	cmd.Stderr = os.Stderr
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, address: address}
	for time.Since(begun) < time.Minute {
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/hello", nil)
		if err != nil {
			break
		}
		if res, err := http.DefaultClient.Do(q); err == nil {
			res.Body.Close() //nolint:errcheck // its status is all that counts
			if res.StatusCode == http.StatusOK {
				p.started = time.Since(begun)
				return p, nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	p.stop()
	return nil, errors.New("it does not answer /hello with 200")
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

func (p *process) file(name string) string {
	return fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name)
}

// cpu tells what the process has used of the processors.
func (p *process) cpu() time.Duration {
	text, err := os.ReadFile(p.file("stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before it may hold blanks
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticksPerSecond
}

// resetPeak makes VmHWM begin anew: proc(5), clear_refs.
func (p *process) resetPeak() { _ = os.WriteFile(p.file("clear_refs"), []byte("5"), 0) }

// peak gives the most resident memory since resetPeak, in kB.
func (p *process) peak() int { return p.field("VmHWM") }

func (p *process) field(name string) int {
	text, err := os.ReadFile(p.file("status"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), name+":")
	kb, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return kb
}

// median gives the line whose CPU is in the middle; failures add up.
func median(lines []line) line {
	failed := 0
	for _, l := range lines {
		failed += l.Failed
	}
	slices.SortFunc(lines, func(a, b line) int { return int(1000 * (a.CPU - b.CPU)) })
	m := lines[len(lines)/2]
	m.Failed = failed
	return m
}
