package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/bombs"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// noNames serves nothing.
type noNames struct{}

func (noNames) Get(string) goja.Value         { return nil }
func (noNames) Has(string) bool               { return false }
func (noNames) Own(string) (goja.Value, bool) { return nil, false }

// host is a run in its simplest form.
type host struct {
	Globals
	ctx    context.Context //nolint:containedctx // it is the run's, as in the engine
	memory int64
	roots  []goja.Value
	idled  int // waits for promises
}

func (h *host) Context() context.Context     { return h.ctx }
func (h *host) Idle(wait func() error) error { h.idled++; return wait() }
func (h *host) HostMemory() int64            { return h.memory }
func (h *host) Roots() []goja.Value          { return h.roots }
func (h *host) Turn()                        {}
func (h *host) Rejected(err error) error     { return err }

func limitedVM(ctx context.Context, l Limits) *VM {
	return newVM(Options{Host: &host{Globals: noNames{}, ctx: ctx}, Limits: l}, childLayout())
}

// childLayout is what a child of runChild is to know of goja.
func childLayout() finding {
	if strings.HasPrefix(os.Getenv("SANDBOX_BOMBS"), "degraded") {
		return finding{known: layout.Unknown()}
	}
	return checked()
}

// explode runs one bomb and returns how it ended.
func explode(code string, l Limits) error { return explodeWithin(code, l, 250*time.Millisecond) }

func explodeWithin(code string, l Limits, limit time.Duration) error {
	p, err := compile.Compiler{}.Compile(compile.Source{Name: "bomb", Code: code})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	vm := limitedVM(ctx, l)
	stop := context.AfterFunc(ctx, func() { vm.Interrupt(fault.Exceeded("time", "the script took too long")) })
	defer stop()
	_, err = vm.Run(p)
	return err
}

// TestBombs runs each fourth bomb, in the degraded mode each sixteenth, in processes of their own, whose memory the system
// bounds: should one of them get through, the tests continue. TestAllBombs runs all, in the gate's step long.
func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("bombs take seconds")
	}
	throw(t, "3 of 4", "degraded 3 of 16")
}

// throw runs the bombs of each word in a process.
func throw(t *testing.T, words ...string) {
	for _, word := range words {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			runChild(t, "TestBombsChild", word)
		})
	}
}

// runChild runs a test in a process of its own, with a word for it in the environment.
func runChild(t *testing.T, test, word string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), "SANDBOX_BOMBS="+word)
	out, err := cmd.CombinedOutput()
	text := string(out)
	if len(text) > 8000 {
		text = text[:4000] + "\n...\n" + text[len(text)-4000:]
	}
	if err != nil {
		t.Fatalf("the child process ended with %v:\n%s", err, text)
	}
	if !strings.Contains(text, "--- PASS: "+test) {
		t.Fatalf("the child ran no test:\n%s", text)
	}
	t.Log(text)
}

func TestBombsChild(t *testing.T) {
	word := os.Getenv("SANDBOX_BOMBS")
	if word == "" {
		t.Skip("run by TestBombs")
	}
	limitAddressSpace(t)
	const limit = 32 << 20
	l := Limits{Operations: 2e6, Memory: limit}
	for i, b := range bombs.List() {
		if !thrown(t, i, word) {
			continue
		}
		debug.FreeOSMemory()
		l.Budget = NewBudget(1 << 30) // it learns what is alive without runs, and not what the bomb before has left
		base := resident()
		fmt.Printf("%s ...", b.Name)
		peak, stop := watchResident()
		start := time.Now()
		err := explode(b.Code, l)
		took := time.Since(start)
		stop()
		over := (*peak - base) >> 20
		fmt.Printf(" %v, +%d MB: %.80s\n", took.Round(time.Millisecond), over, fmt.Sprint(err))
		if took > 4*time.Second {
			t.Errorf("%s: took %v", b.Name, took)
		}
		if over > 3*limit>>20 {
			t.Errorf("%s: took %d MB", b.Name, over)
		}
		if p, ok := errors.AsType[*Panic](err); ok {
			t.Errorf("%s: %v", b.Name, p)
		}
	}
}

// thrown reports whether a child throws bomb i: "1 of 2" has it throw every second, from the second on.
func thrown(t *testing.T, i int, word string) bool {
	var first, each int
	if _, err := fmt.Sscanf(strings.TrimPrefix(word, "degraded "), "%d of %d", &first, &each); err != nil {
		t.Fatalf("SANDBOX_BOMBS=%s: %v", word, err)
	}
	return i%each == first
}

func resident() int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "VmRSS:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// watchResident notes the largest resident size until stop.
func watchResident() (peak *int64, stop func()) {
	peak = new(int64)
	done, ended := make(chan struct{}), sync.WaitGroup{}
	ended.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
				*peak = max(*peak, resident())
			}
		}
	})
	return peak, func() { close(done); ended.Wait(); runtime.KeepAlive(peak) }
}
