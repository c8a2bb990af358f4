package engine

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"
)

// floorRatio is what a request to /hello costs of CPU in this process, as a multiple of the floor: Echo, a fresh goja VM and
// a compiled program, nothing else. BENCHMARKS.md says how it was measured. Over HTTP the difference is far smaller, for there
// most of the cost is the connection's; see bench/.
const floorRatio = 1.22

// floorNoise is what a shared machine may add.
const floorNoise = 1.15

// floor responds as /hello does.
func floor(t *testing.T) http.Handler {
	t.Helper()
	p := goja.MustCompile("hello", "function main(){ c.JSON(200, {ok: true}) }\nmain()", false)
	e := echo.New()
	e.Any("/*", func(c echo.Context) error {
		vm := goja.New()
		answer := vm.NewObject()
		err := answer.Set("JSON", func(call goja.FunctionCall) goja.Value {
			if err := c.JSON(int(call.Argument(0).ToInteger()), call.Argument(1).Export()); err != nil {
				panic(vm.NewGoError(err))
			}
			return goja.Undefined()
		})
		if err != nil {
			return err
		}
		if err := vm.Set("c", answer); err != nil {
			return err
		}
		_, err = vm.RunProgram(p)
		return err
	})
	return e
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// inTurn requests /hello from both in turn in one process, in small batches of which the best tenth counts: what else the machine
// does falls on both. It returns what read has grown by for each request.
func inTurn(read func() float64, one, other http.Handler) (ofOne, ofOther float64) {
	const rounds, batch = 300, 100
	measure := func(h http.Handler) float64 {
		q := httptest.NewRequest(http.MethodGet, "/hello", nil)
		began := read()
		for range batch {
			h.ServeHTTP(&discard{http.Header{}}, q)
		}
		return (read() - began) / batch
	}
	var of [2][rounds]float64
	for i := range rounds {
		if i%2 == 0 {
			of[0][i], of[1][i] = measure(one), measure(other)
		} else {
			of[1][i], of[0][i] = measure(other), measure(one)
		}
	}
	slices.Sort(of[0][:])
	slices.Sort(of[1][:])
	return of[0][rounds/10], of[1][rounds/10]
}

// TestHelloAgainstTheFloor compares CPU time, and instructions where they can be counted: those barely vary.
func TestHelloAgainstTheFloor(t *testing.T) { // not parallel: the CPU time of other tests would count
	if testing.Short() {
		t.Skip("the race detector, which runs the short tests, would be measured")
	}
	ours, bare := benchRuntime(t), floor(t)
	ratio := 0.0
	for try := range 3 { // the machine may be busy: one clear answer is enough
		if with, without := inTurn(func() float64 { return float64(cpuTime()) }, ours, bare); try == 0 || with/without < ratio {
			ratio = with / without
			t.Logf("hello %v, floor %v: %.2f ×", time.Duration(with), time.Duration(without), ratio)
		}
		if ratio <= floorRatio*floorNoise {
			break
		}
	}
	if ratio > floorRatio*floorNoise {
		t.Errorf("a request costs %.2f × the floor's CPU in this process, it was %.2f ×", ratio, floorRatio)
	}
	compareInstructions(t, ours, bare)
}
