package sandbox

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// TestTimersKeepTheirOrder: timers that the VM comes to late, all at once, are called in the order in which they were due.
func TestTimersKeepTheirOrder(t *testing.T) {
	t.Parallel()
	for range 20 {
		vm := testVM(t, nil)
		var got []int
		promise, resolve, _ := vm.Runtime().NewPromise()
		var cancels []func()
		for _, ms := range []int{20, 3, 9, 1, 9, 15, 0} {
			cancels = append(cancels, vm.Loop().After(time.Duration(ms)*time.Millisecond, nil, func() error {
				if got = append(got, ms); len(got) == 6 {
					return resolve(0)
				}
				return nil
			}))
		}
		cancels[5]()
		cancels[5]() // once more does nothing
		for late := time.Now().Add(21 * time.Millisecond); time.Now().Before(late); {
		}
		if _, err := vm.Loop().settle(vm.Runtime().ToValue(promise)); err != nil {
			t.Fatal(err)
		}
		if want := []int{0, 1, 3, 9, 9, 20}; !slices.Equal(got, want) {
			t.Fatalf("called in the order %v, want %v", got, want)
		}
		if vm.Loop().pending != 0 || len(vm.Loop().timers) != 0 {
			t.Errorf("%d pending, %d timers are left", vm.Loop().pending, len(vm.Loop().timers))
		}
	}
}

// TestLongTextsStop: natives that take a text apart, character by character, notice that the run was stopped.
func TestLongTextsStop(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`[...s]`, `Array.from(s)`, `new Set(s)`, `Promise.all(s)`, `const [a, ...rest] = s`, `Math.max(...s)`, `Uint8Array.from(s)`, `[...(function* () { yield* s })()]`,
		`Array.from(s, x => x)`, `[...Object(s)]`, `({ f(...all) {} }).f(...s)`, `new Map(Object.entries({ a: 1 })).size; [...s[Symbol.iterator]()]`,
	} {
		for _, text := range []string{`"a"`, `"ñ"`, `"😀"`} {
			start := time.Now()
			err := explodeWithin("let s = "+text+".repeat(1500000); for (;;) { "+code+" }", Limits{Memory: 256 << 20}, 50*time.Millisecond)
			if took := time.Since(start); err == nil || took > 2*time.Second {
				t.Errorf("%s of %s: took %v, %v", code, text, took, err)
			}
		}
	}
}

// TestLongTextsAreNotCollated: comparing as a language does cannot be stopped.
func TestLongTextsAreNotCollated(t *testing.T) {
	t.Parallel()
	for _, code := range []string{`s.localeCompare("a")`, `"a".localeCompare(s)`, `"a".localeCompare({ toString: () => s })`} {
		if got := evaluate(t, `(() => { const s = "ñ".repeat(300000); return `+code+` })()`, Limits{Memory: 64 << 20}); !strings.Contains(got, "RangeError: localeCompare") {
			t.Errorf("%s: %s", code, got)
		}
	}
	if got := evaluate(t, `"ñ".repeat(100000).localeCompare("ñ".repeat(100000) + "a")`, Limits{Memory: 64 << 20}); got != "number:-1" {
		t.Error(got)
	}
}

// TestThrownGetters: what was thrown is read as far as its getters let the host; those that loop or throw end the run as code of
// its own does, and are no fault of the runtime's.
func TestThrownGetters(t *testing.T) {
	t.Parallel()
	for _, thrown := range []string{
		`Object.defineProperty(new Error("x"), "NAME", { get() { BODY } })`, `{ get NAME() { BODY } }`, `new Proxy(new Error("x"), { get() { BODY } })`,
		`Object.setPrototypeOf(new Error("x"), { get NAME() { BODY } })`,
	} {
		for _, name := range []string{"stack", "message", "name", "value", "status", "cause"} {
			for _, body := range []string{`throw this`, `throw 1`, `for (;;) {}`, `return this.` + name} {
				value := strings.NewReplacer("NAME", name, "BODY", body).Replace(thrown)
				for _, code := range []string{"throw " + value, "async function main() { throw " + value + " }", "function main() { return Promise.reject(" + value + ") }"} {
					err := explodeWithin(code, Limits{Operations: 100_000}, 10*time.Second)
					if _, ours := errors.AsType[*Panic](err); ours || err == nil {
						t.Errorf("%s: %v", code, err)
					}
				}
			}
		}
	}
}

// TestListFormatOfOneText: a list that holds one text often is charged before its texts are copied.
func TestListFormatOfOneText(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"format", "formatToParts"} {
		err := explodeWithin(`new Intl.ListFormat("en").`+format+`(new Array(20000).fill("é".repeat(1 << 20)))`, Limits{Memory: 64 << 20}, 10*time.Second)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Limit != "memory" {
			t.Errorf("%s: %v", format, err)
		}
	}
}
