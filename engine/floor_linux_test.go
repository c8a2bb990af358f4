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
const floorRatio = 1.4

// floorNoise is what a shared machine may add.
const floorNoise = 1.15

// floor answers as /hello does.
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

// TestHelloAgainstTheFloor measures both in turn in one process, in small batches of which the best tenth counts: what else
// the machine does falls on both.
func TestHelloAgainstTheFloor(t *testing.T) { // not parallel: the CPU time of other tests would count
	if testing.Short() {
		t.Skip("the race detector, which runs the short tests, would be measured")
	}
	const rounds, batch = 300, 100
	ours, bare := benchRuntime(t), floor(t)
	measure := func(h http.Handler) float64 {
		q := httptest.NewRequest(http.MethodGet, "/hello", nil)
		began := cpuTime()
		for range batch {
			h.ServeHTTP(&discard{http.Header{}}, q)
		}
		return float64(cpuTime()-began) / batch
	}
	var with, without [rounds]float64
	for i := range rounds {
		if i%2 == 0 {
			with[i], without[i] = measure(ours), measure(bare)
		} else {
			without[i], with[i] = measure(bare), measure(ours)
		}
	}
	slices.Sort(with[:])
	slices.Sort(without[:])
	ratio := with[rounds/10] / without[rounds/10]
	t.Logf("hello %v, floor %v: %.2f ×", time.Duration(with[rounds/10]), time.Duration(without[rounds/10]), ratio)
	if ratio > floorRatio*floorNoise {
		t.Errorf("a request costs %.2f × the floor's CPU in this process, it was %.2f ×", ratio, floorRatio)
	}
}
