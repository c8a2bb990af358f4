//go:build long

package sandbox

import (
	"context"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// TestNativesStopOnTheirWay: a native at work on a long value ends soon after the run was stopped, and not with its work. What
// it computes after the stop is compared with what it computes when nothing stops it.
func TestNativesStopOnTheirWay(t *testing.T) {
	for _, value := range []string{`"a".repeat(4e6)`, `"ñ".repeat(3e6)`} {
		for _, code := range []string{
			`s.toUpperCase()`, `s.toLowerCase()`, `s.normalize("NFD")`, `encodeURIComponent(s)`, `escape(s)`, `unescape(s)`, `decodeURI("%41".repeat(2e6))`, `s.split("")`, `s.split("ñ")`, `s.replaceAll("a", "bc")`,
			`s.replaceAll("ñ", "b")`, `s.replaceAll("", "-")`, `s.lastIndexOf("x")`, `"ab".padEnd(2e7, "ñ")`, `"ñ".repeat(3e7)`,
		} {
			stopsOnItsWay(t, "globalThis.s = "+value, code)
		}
	}
}

func stopsOnItsWay(t *testing.T, setup, code string) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	whole, _ := computes(t, setup, code, 0)
	for range 5 {
		took, stopped := computes(t, setup, code, whole/4)
		if stopped == 0 || stopped > whole/2 {
			continue // nothing stopped it, or too late: the machine is busy
		}
		if late := took - stopped; late > 10*time.Millisecond && late > whole/4 {
			t.Errorf("%s of %s computes for %s, and for %s after a stop at %s", code, setup, whole, late, stopped)
		}
		return
	}
}

// computes returns how long this thread computes with a piece of code, and when of that the run was stopped: 0 for never.
func computes(t *testing.T, setup, code string, stop time.Duration) (took, stopped time.Duration) {
	t.Helper()
	vm := limitedVM(context.Background(), Limits{Memory: 512 << 20})
	if _, err := vm.Run(program(t, "setup", setup)); err != nil {
		t.Fatal(err)
	}
	p := program(t, "code", code)
	runtime.GC()
	began, thread := processorTime(unix.Gettid()), unix.Gettid()
	ended, watched := make(chan struct{}), make(chan time.Duration, 1)
	go func() {
		for {
			select {
			case <-ended:
				watched <- 0
				return
			case <-time.After(time.Millisecond):
			}
			if now := processorTime(thread) - began; stop > 0 && now > stop {
				vm.Interrupt(fault.Exceeded("time", "stopped"))
				watched <- now
				return
			}
		}
	}()
	_, err := vm.Run(p)
	took = processorTime(thread) - began
	close(ended)
	if stopped = <-watched; stopped == 0 && err != nil {
		t.Fatal(code, err)
	}
	return took, stopped
}

// processorTime returns how long a thread of this process has computed.
func processorTime(thread int) time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(int32(^thread<<3|6), &ts) // what pthread_getcpuclockid returns
	return time.Duration(ts.Nano())
}
