package engine

import (
	"context"
	"runtime"
	"testing"
	"time"

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

// asker is a plugin whose node returns how many slots are used while it waits for something outside.
type asker struct {
	rt   *Runtime
	used chan int
}

func (asker) Name() string                  { return "asker" }
func (asker) Functions() []plugins.Function { return nil }
func (a asker) Steps() []plugins.StepType {
	return []plugins.StepType{plugins.NewStep("asker", "Asks.", func(context.Context, struct{}, map[string]any) (string, map[string]any, error) {
		a.used <- a.rt.Stats().SlotsUsed
		return "", nil, nil
	})}
}

// A run that waits for something outside holds no slot, and has one again when it continues.
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

// No more scripts compute than there are slots, however long they take: the others wait for their turn, and a short one
// comes before all of them.
func TestLongScriptsTakeTurns(t *testing.T) {
	t.Parallel()
	n := 4 * runtime.GOMAXPROCS(0)
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxExecutionSeconds: 3}},
		app: app(starter("s", "/long", "l"), js("l", `function main(){ for (;;) {} }`),
			starter("s2", "/short", "g"), js("g", `function main(){ c.JSON(200, 1) }`)),
	})
	ended := make(chan reply, n)
	for range n {
		go func() { ended <- w.get("/long") }()
	}
	for end := time.Now().Add(2 * time.Second); ; runtime.Gosched() {
		if s := w.rt.Stats(); s.SlotsUsed == s.Slots && s.SlotsWaiting == n-s.Slots {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("not all wait for their turn: %+v", w.rt.Stats())
		}
	}
	for range 10 {
		w.expect(w.get("/short"), 200, "1")
	}
	select {
	case a := <-ended:
		t.Fatalf("a long one ended first: %d %s", a.status, a.body)
	default:
	}
	for range n {
		if a := <-ended; a.status != 408 && a.status < 500 {
			t.Errorf("a script over its time: %d %s", a.status, a.body)
		}
	}
}
