package jsapi

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// maxTimers is how many timers of one run may be pending.
const maxTimers = 1000

// timerRows: setTimeout and clearTimeout. A timer fires while an async main() waits; one that is still pending when the
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
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				timers, id := a.remember(r).timers, call.Argument(0).ToInteger()
				if cancel := timers[id]; cancel != nil {
					delete(timers, id)
					cancel()
				}
				return goja.Undefined()
			}),
		},
	}
}

func (a *api) setTimeout(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	fn, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		typeError(r, "setTimeout takes a function first")
	}
	m := a.remember(r)
	if len(m.timers) >= maxTimers {
		r.Throwf("setTimeout: more than %d timers are pending", maxTimers)
	}
	var args []goja.Value
	if len(call.Arguments) > 2 {
		args = append(args, call.Arguments[2:]...)
	}
	m.last++
	id := m.last
	m.timers[id] = r.Loop.After(milliseconds(call.Argument(1)), append(args, call.Argument(0)), func() error {
		delete(m.timers, id)
		_, err := fn(goja.Undefined(), args...)
		return err
	})
	return r.VM.ToValue(id)
}
