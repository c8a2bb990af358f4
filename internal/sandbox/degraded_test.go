package sandbox

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// A VM must refuse each probe: with all that is known of goja, and in the degraded mode.
func TestProbesAreRefused(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]finding{"full": {known: layout.Learned()}, "degraded": {known: layout.Unknown()}} {
		for _, p := range probes() {
			if why := failing(f, []probe{p}); why != "" {
				t.Errorf("%s mode: %s", name, why)
			}
		}
	}
}

// A VM holds much less than the probes' limit: it is the guards that refuse them.
func TestHarmlessProbesAreNotRefused(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]finding{"full": {known: layout.Learned()}, "degraded": {known: layout.Unknown()}} {
		for _, p := range []probe{
			{code: `for (let i = 0; i < 2; i++);`, kept: probeMemory / 4},
			{code: `"x".repeat(2**15)`},
			{code: `Array(3000).fill(0)`},
			{code: `Array(2**8).fill("x".repeat(2**10))`},
			{code: `new Uint8Array(2**13)`},
			{code: `new Set(Array(5).fill(0))`},
			{code: `Promise.all(Array(5).fill(0))`},
		} {
			if err := p.run(f); err != nil && p.holdsIn(f) {
				t.Errorf("%s mode: %s: %v", name, p.code, err)
			}
		}
	}
}

// The probes delay the start of a process: some milliseconds, on a machine that has nothing else to do.
func TestProbesAreQuick(t *testing.T) {
	if raceDetector || cpuTime() == 0 {
		t.Skip("measures CPU time, without the race detector")
	}
	for name, f := range map[string]finding{"full": {known: layout.Learned()}, "degraded": {known: layout.Unknown()}} {
		quickest := time.Hour
		for range 5 {
			began := cpuTime()
			failing(f, probes())
			quickest = min(quickest, cpuTime()-began)
		}
		t.Logf("%s mode: %v CPU", name, quickest)
		if name == "full" && quickest > 100*time.Millisecond {
			t.Errorf("%s mode: the probes take %v", name, quickest)
		}
	}
}

// What calls of the host bring is bounded in the degraded mode too, also while the run waits for it.
func TestDegradedVMsMeasureWhatTheHostBrings(t *testing.T) {
	t.Parallel()
	vm := newVM(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}, Limits: Limits{Memory: 8 << 20, Budget: NewBudget(1 << 30)}}, finding{known: layout.Unknown()})
	vm.Define("bring", vm.Runtime().ToValue(func(goja.FunctionCall) goja.Value {
		defer vm.Blocked()()
		return vm.Runtime().ToValue(strings.Repeat("x", 1<<20))
	}))
	_, err := vm.Run(program(t, "bring", "const kept = []; for (let i = 0; i < 300; i++) kept.push(bring())"))
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Limit != "memory" {
		t.Errorf("got %v, want the limit of memory", err)
	}
}
