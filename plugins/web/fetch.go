package web

import (
	"context"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	atOnce  = 16   // fetches of one run that are under way; more wait
	pending = 1000 // fetches of one run that are under way or wait; more are refused
)

// fetchRow is fetch, as browsers have it.
func (p *Plugin) fetchRow() hostfn.Row {
	return hostfn.Row{
		Name: "fetch", Needs: setting, Sig: signature("fetch", fetchWords),
		Calls: []string{
			`(await fetch(url)).text()`, `(await fetch(url)).json()`, `(await fetch(url)).bytes()`, `(await fetch(url)).arrayBuffer()`,
			`(await fetch(url)).headers.get(name)`, `(await fetch(url)).headers.forEach(fn)`,
		},
		Doc: `Calls another service without waiting: returns a promise of a response with ok, status, statusText, url, redirected, ` +
			`headers.get/has/entries, and text(), json(), arrayBuffer() and bytes(), which are promises too. The promise is rejected with a TypeError ` +
			`when there is no response. body may be a URLSearchParams, a FormData or a Blob; all other options are as in http.`,
		Example: `async function main() {
  const [a, b] = await Promise.all([fetch("http://localhost/orders"), fetch("http://localhost/status")])
  payload.order = await a.json()
  payload.up = b.ok
}`,
		Bind: func(r *hostfn.Run) goja.Value {
			f := &fetches{Plugin: p, run: r, places: make(chan struct{}, atOnce)}
			return r.Declared("", f.fetch)
		},
	}
}

// fetches are those of one run.
type fetches struct {
	*Plugin
	run     *hostfn.Run
	pending int // of the VM's goroutine
	places  chan struct{}
}

func (f *fetches) fetch(call goja.FunctionCall) goja.Value {
	r := f.run
	require(r, "fetch")
	var c *callResult
	if ex := r.VM.Try(func() {
		if f.pending >= pending {
			panic(r.VM.NewTypeError("more than %d fetches are pending: await some before starting more", pending))
		}
		c = &callResult{call: f.parse(r, "fetch", fetchWords, "", call.Argument(0), call.Argument(1))}
	}); ex != nil {
		return f.rejected(ex.Value())
	}
	f.pending++
	send := hostfn.Later(r, "http", c.key(), func(ctx context.Context) (*answer, error) { return f.send(ctx, r.Time, c.call) })
	return r.Loop.Go(func(ctx context.Context) (func() goja.Value, error) {
		select {
		case f.places <- struct{}{}:
			c.answer, c.err = send(ctx)
			<-f.places
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		return func() goja.Value {
			defer r.Leave(r.Enter(nil))
			return f.settle(c)
		}, nil
	})
}

type callResult struct {
	*call
	answer *answer
	err    error
}

// settle makes the response, or a promise that is rejected.
func (f *fetches) settle(c *callResult) goja.Value {
	r := f.run
	f.pending--
	note(r, c.call, c.answer, c.err)
	if isType[*fault.Error](c.err) {
		return f.rejected(r.Error(c.err))
	}
	if c.err != nil {
		return f.rejected(r.VM.NewTypeError("%s", c.err.Error()))
	}
	o, buffer := response(r, c.answer)
	used := false
	reader := func(name string, read func(*hostfn.Run, *goja.Object) goja.Value) {
		hostfn.Define(r, o, name, func(goja.FunctionCall) goja.Value {
			promise, resolve, reject := r.VM.NewPromise()
			if ex := r.VM.Try(func() {
				if used {
					panic(r.VM.NewTypeError("the body was read already"))
				}
				used = true
				_ = resolve(read(r, buffer))
			}); ex != nil {
				_ = reject(ex.Value())
			}
			return r.VM.ToValue(promise)
		})
	}
	reader("text", c.answer.text)
	reader("json", c.answer.json)
	reader("bytes", view)
	reader("arrayBuffer", func(_ *hostfn.Run, buffer *goja.Object) goja.Value { return buffer })
	isUsed := r.Function(func(goja.FunctionCall) goja.Value { return r.VM.ToValue(used) })
	_ = o.DefineAccessorProperty("bodyUsed", isUsed, nil, goja.FLAG_FALSE, goja.FLAG_TRUE)
	return o
}

func (f *fetches) rejected(reason goja.Value) goja.Value {
	promise, _, reject := f.run.VM.NewPromise()
	_ = reject(reason)
	return f.run.VM.ToValue(promise)
}
