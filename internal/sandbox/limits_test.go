package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

func TestExceededLimitsNameThemselves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, limit string
		limits      Limits
	}{
		{"for(;;);", "operations", Limits{Operations: 1000}},
		{"try { for(;;); } catch { } finally { for(;;); }", "operations", Limits{Operations: 1000}},
		{"async function main() { for(;;) await 1 }", "operations", Limits{Operations: 1000}},
		{"'x'.repeat(1e9)", "memory", Limits{Memory: 1 << 20}},
		{"try { 'x'.repeat(1e9) } catch { }", "memory", Limits{Memory: 1 << 20}},
		{"/(a+)+\\1$/.test('a'.repeat(40)+'b')", "time", Limits{}},
		{"try { /(a+)+\\1$/.test('a'.repeat(40)+'b') } catch { }", "time", Limits{}},
	} {
		_, err := limitedVM(t.Context(), c.limits).Run(program(t, "limit", c.code))
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Limit || f.Limit != c.limit {
			t.Errorf("%s: %v, want the limit %q", c.code, err, c.limit)
		}
	}
	if _, err := limitedVM(t.Context(), Limits{}).Run(program(t, "none", "for (let i = 0; i < 1e5; i++); 'x'.repeat(1e6)")); err != nil {
		t.Errorf("without limits: %v", err)
	}
}

// TestPatternsEnd: a match that tries too many ways ends by its steps, also in a run without limits, and each counts as an operation.
func TestPatternsEnd(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`/(a+)+\1$/.test(s)`, `/(?=(a+)+[cd])a/.exec(s)`, `s.match(/(a+)+\1[cd]/)`, `s.search(/(a+)+\1[cd]/)`, `s.replace(/(a+)+\1[cd]/g,'')`, `s.split(/(a+)+\1[cd]/)`, `[...s.matchAll(/(a+)+\1[cd]/g)]`,
		`('é'+s).match(/(a+)+[cd]/g)`, `/^(?:a|a)*$/.test(s)`, `/(?<=c(a+)+)b/.test(s)`, `new RegExp('(x?)'.repeat(30) + 'x{30}$').test('x'.repeat(29))`, `/^(?:\p{L}+)+$/u.test(s + 1)`, `/(?i:A+)+$/.test(s)`,
		`class R extends RegExp {}; new R('(a+)+[cd]').test(s)`, `try { /(a+)+$/.test(s) } catch { }`,
	} {
		vm := limitedVM(t.Context(), Limits{})
		_, err := vm.Run(program(t, "pattern", "let s = 'a'.repeat(45) + 'b'; "+code))
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Limit != "time" {
			t.Errorf("%s: %v", code, err)
		}
		if n := vm.Usage().Operations; n < 4.9e6 || n > 5.1e6 {
			t.Errorf("%s: ended after %d operations", code, n)
		}
	}
}

// TestAuditsSeeWhatTheHostHolds: values that only Go holds, and memory that is no value.
func TestAuditsSeeWhatTheHostHolds(t *testing.T) {
	t.Parallel()
	h := &host{Globals: noNames{}, ctx: t.Context(), memory: 1 << 20}
	vm := New(Options{Host: h, Limits: Limits{Memory: 8 << 20}})
	held := vm.Runtime().NewObject()
	h.roots = []goja.Value{held}
	size := func() int64 { vm.meter.audit(); return vm.meter.audited.Load() }
	before := size()
	if before < 1<<20 || before > 2<<20 {
		t.Errorf("an empty VM with 1 MB of the host's: %d bytes", before)
	}
	_ = held.Set("text", strings.Repeat("x", 2<<20))
	if grown := size() - before; grown < 2<<20 || grown > 3<<20 {
		t.Errorf("2 MB that only the host holds: %d bytes", grown)
	}
	if vm.Usage().PeakMemory < 3<<20 {
		t.Errorf("peak of %d bytes", vm.Usage().PeakMemory)
	}
}

func TestLearned(t *testing.T) {
	t.Parallel()
	if l := layout.Learned(); l.Missing() != "" {
		t.Errorf("this goja is not laid out as expected: %s", l.Missing())
	}
}

func TestBudgetOfTheMachine(t *testing.T) {
	t.Parallel()
	if total := NewBudget(0).Total(); total < 64<<20 || total > available() {
		t.Errorf("%d bytes of %d", total, available())
	}
	if !NewBudget(1).Full() || NewBudget(1<<50).Full() {
		t.Error("a budget of a byte is full at once, one of a petabyte never")
	}
}

// TestManyBombsAtOnce has fifty runs that grow without end, and fifty that stay at nine tenths of their
// limit.
func TestManyBombsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("bombs take seconds")
	}
	runChild(t, "TestManyBombsChild", "many")
}

func TestManyBombsChild(t *testing.T) {
	if os.Getenv("SANDBOX_BOMBS") == "" {
		t.Skip("run by TestManyBombsAtOnce")
	}
	limitAddressSpace(t)
	const limit, total = 64 << 20, 512 << 20
	budget := NewBudget(total)
	l := Limits{Memory: limit, Operations: 1e8, Budget: budget}
	good := program(t, "good", "let s = 0; for (let i = 0; i < 1000; i++) s += Math.sqrt(i)")
	for name, code := range map[string]string{
		"growing":  "let a=[]; for(;;) a.push(new Array(1000).fill(0))",
		"doubling": "let s='xxxxxxxx'; for(;;) s+=s",
		"staying":  "let a=[]; for(let i=0;i<600;i++) a.push(new Array(6000).fill(0)); for(let i=0;i<20000;i++);",
	} {
		debug.FreeOSMemory()
		base := resident()
		peak, stop := watchResident()
		var runs sync.WaitGroup
		var mu sync.Mutex
		ends := map[string]int{}
		for range 50 {
			runs.Go(func() {
				err := explodeWithin(code, l, 4*time.Second)
				mu.Lock()
				defer mu.Unlock()
				ends[fmt.Sprintf("%.40v", err)]++
			})
		}
		finished := make(chan struct{})
		failures := 0
		var traffic sync.WaitGroup
		traffic.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-finished:
					return
				case <-time.After(20 * time.Millisecond):
					if _, err := limitedVM(context.Background(), l).Run(good); err != nil {
						failures++
						fmt.Println("good run:", err)
					}
				}
			}
		})
		runs.Wait()
		close(finished)
		traffic.Wait()
		stop()
		over := *peak - base
		fmt.Printf("%s: +%d MB, %v\n", name, over>>20, ends)
		if over > total {
			t.Errorf("%s: %d MB over the budget's %d", name, over>>20, total>>20)
		}
		if failures > 0 {
			t.Errorf("%s: %d good runs failed", name, failures)
		}
	}
}

// TestWhatTheHostBringsIsMeasured: a script that only calls the host runs little code of its own between two calls.
func TestWhatTheHostBringsIsMeasured(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"for (let i = 0; i < 100; i++) bring()":                                                                                         "",
		"const kept = []; for (let i = 0; i < 100; i++) kept.push(bring())":                                                             "memory",
		"const kept = []; async function main() { for (let i = 0; i < 100; i++) kept.push(await later()) }":                             "memory",
		"const kept = []; async function main() { for (let i = 0; i < 100; i++) try { kept.push(await later()) } catch {} finally {} }": "memory",
		"for (let i = 0; i < 100; i++) { const text = bring(); late(() => text) }":                                                      "memory",
	} {
		vm := limitedVM(t.Context(), Limits{Memory: 8 << 20})
		vm.Define("late", vm.Runtime().ToValue(func(call goja.FunctionCall) goja.Value {
			fn, _ := goja.AssertFunction(call.Argument(0))
			vm.Loop().After(time.Hour, []goja.Value{call.Argument(0)}, func() error { _, err := fn(nil); return err })
			return nil
		}))
		vm.Define("bring", vm.Runtime().ToValue(func(goja.FunctionCall) goja.Value {
			done := vm.Blocked()
			text := strings.Repeat("x", 1<<20)
			done()
			return vm.Runtime().ToValue(text)
		}))
		vm.Define("later", vm.Runtime().ToValue(func(goja.FunctionCall) goja.Value {
			return vm.Loop().Go(func(context.Context) (func() goja.Value, error) {
				text := strings.Repeat("x", 1<<20)
				return func() goja.Value { return vm.Runtime().ToValue(text) }, nil
			})
		}))
		_, err := vm.Run(program(t, "bring", code))
		if f, ok := errors.AsType[*fault.Error](err); want == "" && err != nil || want != "" && (!ok || f.Limit != want) {
			t.Errorf("%s: %v, want the limit %q", code, err, want)
		}
	}
}

// TestRejectionsCount: promises that wait to be handled count, with their reasons.
func TestRejectionsCount(t *testing.T) {
	t.Parallel()
	err := explodeWithin(`for (;;) Promise.reject(new Array(1000).fill(1))`, Limits{Memory: 8 << 20}, time.Minute)
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Limit != "memory" {
		t.Errorf("got %v, want the limit of memory", err)
	}
}
