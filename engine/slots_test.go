package engine

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// A step in Go that waits without telling anybody keeps no others from the processors.
func TestDeafStepsLeaveTheirSlots(t *testing.T) {
	t.Parallel()
	d := deaf{make(chan struct{})}
	started := make(chan string, 100)
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) {
			rt.RegisterStep("deaf", d)
			rt.RegisterStep("probe", probe{started})
		},
		app: app(starter("s", "/hold", "tell"), node("tell", `{"type":"probe","tell":"up"}`, "output_1=d"), node("d", `{"type":"deaf"}`, "output_1=g"),
			starter("s2", "/good", "g"), js("g", `function main(){ c.JSON(200, 1) }`)),
	})
	n := 2 * runtime.GOMAXPROCS(0)
	held := make(chan reply, n)
	for range n {
		go func() { held <- w.get("/hold") }()
	}
	for range n { // each gets a slot although those before it do not end
		wait(t, started)
	}
	w.expect(w.get("/good"), 200, "1")
	close(d.until)
	for range n {
		w.expect(wait(t, held), 200, "")
	}
}

// asker is a plugin whose node tells how many slots are used while it waits for something outside.
type asker struct {
	rt   *Runtime
	used chan int
}

func (asker) Name() string            { return "asker" }
func (asker) Functions() []hostfn.Row { return nil }
func (a asker) Steps() []plugins.StepType {
	return []plugins.StepType{plugins.NewStep("asker", "Asks.", func(context.Context, struct{}, map[string]any) (string, map[string]any, error) {
		a.used <- a.rt.Stats().SlotsUsed
		return "", nil, nil
	})}
}

// A run that waits for something outside holds no slot, and has one again when it goes on.
func TestWaitingRunsHoldNoSlot(t *testing.T) {
	t.Parallel()
	a := asker{used: make(chan int, 1)}
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) {
			a.rt = rt
			if err := rt.Use(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		},
		app: app(starter("s", "/ask", "before"), js("before", `function main(){ payload.x = 1 }`, "output_1=ask"), node("ask", `{"type":"asker"}`, "output_1=after"),
			js("after", `function main(){ c.JSON(200, payload) }`)),
	})
	w.expect(w.get("/ask"), 200, `{"x":1}`)
	if used := wait(t, a.used); used != 0 {
		t.Errorf("%d slots are used while the run waits", used)
	}
}

// A run that ends while it stands in line leaves the line, and takes nothing along.
func TestEndInLineForASlot(t *testing.T) {
	t.Parallel()
	s := &slots{newLine(1, 1, never)}
	background := func() context.Context { return context.Background() }
	if err := s.enter(background, s.lane("busy")); err != nil {
		t.Fatal(err)
	}
	cause := errors.New("it was ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := s.enter(func() context.Context { return ctx }, s.lane("other")); !errors.Is(err, cause) {
		t.Errorf("%v, want the cause", err)
	}
	if _, used, waiting := s.state(); used != 1 || waiting != 0 {
		t.Errorf("%d used, %d waiting; want 1 and 0", used, waiting)
	}
	s.leave(s.lane("busy"))
	if err := s.enter(background, s.lane("other")); err != nil {
		t.Error(err)
	}
}
