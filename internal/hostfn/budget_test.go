package hostfn

import (
	"errors"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// limited is a meter of so many bytes.
type limited struct {
	most, held, asked, beside int64
	stopped                   error
}

var errOver = errors.New("over the limit")

func (m *limited) Stopped() error  { return m.stopped }
func (m *limited) Release(n int64) { m.held -= n }
func (m *limited) Beside(n int64) error {
	m.beside += n
	return m.stopped
}

func (m *limited) Hold(n int64) error {
	if m.held, m.asked = m.held+n, m.asked+n; m.held > m.most {
		m.stopped = errOver
	}
	return m.stopped
}

// What a function charges is held until it returns, however it ends, and is refused before it is allocated.
func TestChargeHoldsUntilReturn(t *testing.T) {
	t.Parallel()
	m := &limited{most: 1 << 20}
	r := &Run{VM: goja.New(), Meter: m}
	inner := r.Function(func(goja.FunctionCall) goja.Value { r.Spend(1, 300_000); return goja.Undefined() })
	outer := r.Function(func(goja.FunctionCall) goja.Value {
		r.Spend(1, 500_000)
		call, _ := goja.AssertFunction(inner)
		for range 10 {
			if _, err := call(goja.Undefined()); err != nil {
				r.Rethrow(err)
			}
		}
		if m.held != 500_000 {
			t.Errorf("%d bytes are held beside what the inner calls gave back", m.held)
		}
		r.Throw(errors.New("thrown"))
		return nil
	})
	if err := r.VM.Set("outer", outer); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := r.VM.RunString(`outer()`); err == nil || !strings.Contains(err.Error(), "thrown") {
			t.Fatal(err)
		}
	}
	if m.held != 0 || m.stopped != nil {
		t.Errorf("%d bytes are held after all, stopped %v", m.held, m.stopped)
	}
	if err := r.VM.Set("big", r.Function(func(goja.FunctionCall) goja.Value {
		r.Spend(0, 2<<20)
		t.Error("goes on to allocate what was refused")
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	if _, err := r.VM.RunString(`big()`); err == nil || !strings.Contains(err.Error(), errOver.Error()) {
		t.Error(err)
	}
}

// A stopped run is noticed within a few thousand steps, and small pieces add up.
func TestChargeAddsUp(t *testing.T) {
	t.Parallel()
	m := &limited{most: 1 << 30}
	r := &Run{VM: goja.New(), Meter: m}
	for range 1000 {
		r.Spend(0, 100)
	}
	if m.asked < 100_000-tellEvery || m.held != 0 {
		t.Errorf("%d bytes were asked for, %d are held outside of any call", m.asked, m.held)
	}
	m.stopped = errOver
	n := 0
	for n < 10*lookEvery && r.Charge(1, 0) == nil {
		n++
	}
	if n > lookEvery {
		t.Errorf("the stop was noticed after %d steps", n)
	}
	(&Run{VM: goja.New()}).Spend(1<<30, 1<<40) // without a meter nothing is bounded
}

// Making Go text of a text that is not ASCII copies it each time: that is charged, as an argument and in a list.
func TestTextIsChargedPerCopy(t *testing.T) {
	t.Parallel()
	m := &limited{most: 1 << 30}
	r := &Run{VM: goja.New(), Meter: m}
	_ = r.VM.Set("f", r.Function(func(call goja.FunctionCall) goja.Value {
		for range 10 {
			r.Text(call.Argument(0))
		}
		return goja.Undefined()
	}))
	for script, want := range map[string]int64{
		`f("a".repeat(100000))`: 0, `f("ñ".repeat(100000))`: 11 * 300_000, `f("ñ")`: 0, `f(7)`: 0,
	} {
		m.asked = 0
		if _, err := r.VM.RunString(script); err != nil {
			t.Fatal(err)
		}
		if m.asked < want || m.asked > want+tellEvery || m.held != 0 {
			t.Errorf("%s: %d bytes were asked for, want %d; %d held", script, m.asked, want, m.held)
		}
	}
}

// Reading JSON is charged by what becomes of it, also where many small texts are read.
func TestDecodeIsCharged(t *testing.T) {
	t.Parallel()
	m := &limited{most: 1 << 30}
	r := &Run{VM: goja.New(), Meter: m}
	small := []byte("[" + strings.Repeat("{},", 1000) + "1]")
	for range 100 {
		if _, err := r.Decode(small); err != nil {
			t.Fatal(err)
		}
	}
	if m.asked < 100*int64(len(small)) {
		t.Errorf("%d bytes were asked for", m.asked)
	}
	m.asked, m.most = 0, 1<<20
	defer r.Leave(r.Enter(nil))
	if _, err := r.Decode([]byte("[" + strings.Repeat("{},", 100_000) + "1]")); !errors.Is(err, errOver) || m.asked > 2<<20 {
		t.Errorf("%v after %d bytes", err, m.asked)
	}
	if _, err := new(Run).Decode(small); err != nil {
		t.Errorf("without a meter: %v", err)
	}
}

func TestChargeCostsNothing(t *testing.T) {
	m := &limited{most: 1 << 30}
	r := &Run{VM: goja.New(), Meter: m}
	args := []goja.Value{r.VM.ToValue("text"), r.VM.ToValue(1), r.VM.NewObject()}
	if n := testing.AllocsPerRun(1000, func() {
		outer := r.Enter(args)
		r.Spend(1, 10)
		r.Leave(outer)
	}); n != 0 {
		t.Errorf("a small call allocates %v times", n)
	}
}

func BenchmarkEnter(b *testing.B) {
	r := &Run{VM: goja.New(), Meter: &limited{most: 1 << 60}}
	args := []goja.Value{r.VM.ToValue("text"), r.VM.ToValue(1), r.VM.NewObject()}
	for b.Loop() {
		outer := r.Enter(args)
		r.Spend(1, 10)
		r.Leave(outer)
	}
}

// A text is charged before JSON is made of it, which takes three times as much.
func TestJSONOfATextIsCharged(t *testing.T) {
	t.Parallel()
	m := &limited{most: 1 << 20}
	r := &Run{VM: goja.New(), Meter: m}
	if text, err := r.Stringify(r.VM.ToValue(strings.Repeat("a", 300_000))); err != nil || len(text) != 300_002 || m.asked < 900_000 {
		t.Errorf("%d bytes of text, %d asked for: %v", len(text), m.asked, err)
	}
	if _, err := r.Stringify(r.VM.ToValue(strings.Repeat("a", 500_000))); !errors.Is(err, errOver) {
		t.Errorf("a text beyond the limit: %v", err)
	}
}
