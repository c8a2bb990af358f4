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
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of /proc/PID/stat: USER_HZ, 100 on all systems that Go knows.
const ticksPerSecond = 100

// process is a server that was started.
type process struct {
	name    string
	cmd     *exec.Cmd
	ended   chan struct{}
	address string
	started time.Duration // until the first 200
	idle    int           // resident memory some seconds after, in kB
}

func buildServer(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "nflow-runtime")
	return binary, build(ctx, "", binary, "github.com/arturoeanton/nflow-runtime")
}

// build builds a program in the module of the folder. What the linker has just written is then taken out of Linux's page
// cache, as if the machine had started since: of a file that was written in large pieces Linux keeps, and maps, large pieces,
// and counts up to 20 MiB more of a program as resident (measured on 6.18, ext4). Where dd cannot do that, it stays.
func build(ctx context.Context, folder, binary, program string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, program)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s cannot be built: %w: %s", filepath.Base(binary), err, out)
	}
	_ = exec.CommandContext(ctx, "dd", "of="+binary, "oflag=nocache", "conv=notrunc,fdatasync", "count=0").Run()
	return nil
}

// freeAddress finds one that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// starter starts a server that listens on the address.
type starter func(address string) *exec.Cmd

// start starts a server and waits until it answers /hello.
func start(ctx context.Context, name string, on processors, command starter) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	cmd := command(address)
	on.command(cmd)
	cmd.Stderr = os.Stderr
	p := &process{name: name, cmd: cmd, address: address, ended: make(chan struct{})}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		cmd.Wait() //nolint:errcheck // that it ended is what counts
		close(p.ended)
	}()
	for time.Since(begun) < time.Minute {
		if p.answers(ctx) {
			p.started = time.Since(begun)
			return p, nil
		}
		select {
		case <-p.ended:
			return nil, fmt.Errorf("%s ended while it started: %s", name, cmd.ProcessState)
		case <-time.After(2 * time.Millisecond):
		}
	}
	p.stop()
	return nil, errors.New(name + " does not answer /hello with 200")
}

func (p *process) answers(ctx context.Context) bool {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/hello", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		return false
	}
	res.Body.Close() //nolint:errcheck // its status is all that counts
	return res.StatusCode == http.StatusOK
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

func (p *process) file(name string) string { return fileOf(p.cmd.Process.Pid, name) }

func fileOf(pid int, name string) string { return fmt.Sprintf("/proc/%d/%s", pid, name) }

// cpu reports what a process has used of the processors.
func cpu(pid int) time.Duration {
	text, _ := os.ReadFile(fileOf(pid, "stat")) // without it, 0
	return parseStat(string(text))
}

func parseStat(text string) time.Duration {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // the name may hold blanks
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / ticksPerSecond
}

// resetPeak makes VmHWM begin anew: proc(5), clear_refs.
func (p *process) resetPeak() { _ = os.WriteFile(p.file("clear_refs"), []byte("5"), 0) }

// memory reads VmRSS, resident memory, or VmHWM, the most of it since resetPeak, in kB.
func (p *process) memory(name string) int {
	text, _ := os.ReadFile(p.file("status")) // without it, 0
	kb, _ := strconv.Atoi(strings.TrimSuffix(field(string(text), name), " kB"))
	return kb
}
