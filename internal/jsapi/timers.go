package jsapi

import (
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// maxTimers is how many timers of one run may be pending.
const maxTimers = 1000

// timerRows: setTimeout, setInterval and what ends them. A timer fires while an async main() waits; one that is still pending when the
// run ends never does.
func (a *api) timerRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "setTimeout", Sig: "setTimeout(fn, ms, ...args)", Doc: "Calls a function later, while async main() waits for a promise. Returns an id for clearTimeout.",
			Example: `async function main() { await new Promise(done => setTimeout(done, 5)) }`,
			Bind:    hostfn.Func(a.setTimeout),
		},
		{
			Name: "clearTimeout", Sig: "clearTimeout(id)", Doc: "Cancels a timer of setTimeout.",
			Example: `const id = setTimeout(() => console.log("late"), 1000); clearTimeout(id)`,
			Bind:    hostfn.Func(a.clearTimer),
		},
		{
			Name: "setInterval", Sig: "setInterval(fn, ms, ...args)", Doc: "Calls a function again and again, while async main() waits for a promise. Returns an id for clearInterval.",
			Example: `async function main() { await new Promise(done => { const id = setInterval(() => { clearInterval(id); done() }, 5) }) }`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return a.timer(r, call, "setInterval", true)
			}),
		},
		{
			Name: "clearInterval", Sig: "clearInterval(id)", Doc: "Ends what setInterval began.",
			Example: `clearInterval(setInterval(() => console.log("never"), 1000))`,
			Bind:    hostfn.Func(a.clearTimer),
		},
	}
}

func (a *api) clearTimer(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	timers, id := a.remember(r).timers, call.Argument(0).ToInteger()
	if cancel := timers[id]; cancel != nil {
		delete(timers, id)
		cancel()
	}
	return goja.Undefined()
}

func (a *api) setTimeout(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	return a.timer(r, call, "setTimeout", false)
}

// timer starts a timer, which starts anew each time that it has fired where it repeats.
func (a *api) timer(r *hostfn.Run, call goja.FunctionCall, name string, repeats bool) goja.Value {
	fn, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		typeError(r, name+" takes a function first")
	}
	m := a.remember(r)
	if len(m.timers) >= maxTimers {
		r.Throwf("%s: more than %d timers are pending", name, maxTimers)
	}
	var args []goja.Value
	if len(call.Arguments) > 2 {
		args = append(args, call.Arguments[2:]...)
	}
	m.last++
	id := m.last
	after, holds := milliseconds(call.Argument(1)), append(args, call.Argument(0))
	if repeats {
		after = max(after, time.Millisecond)
	}
	var fire func() error
	fire = func() error {
		if repeats {
			m.timers[id] = r.Loop.After(after, holds, fire)
		} else {
			delete(m.timers, id)
		}
		_, err := fn(goja.Undefined(), args...)
		return err
	}
	m.timers[id] = r.Loop.After(after, holds, fire)
	return r.VM.ToValue(id)
}
