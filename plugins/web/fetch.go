package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

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
			`(await fetch(url)).blob()`, `(await fetch(url)).formData()`, `(await fetch(url)).clone()`,
			`(await fetch(url)).headers.get(name)`, `(await fetch(url)).headers.forEach(fn)`,
		},
		Doc: `Calls another service without waiting, as browsers do: takes a URL or a Request, and returns a promise of a Response, with ok, status, statusText, ` +
			`url, redirected, type, headers, body, bodyUsed, clone(), and text(), json(), arrayBuffer(), bytes(), blob() and formData(), which are promises too. ` +
			`The promise is rejected with a TypeError when there is no response, and with the signal's reason when signal, of an AbortController or AbortSignal.timeout(ms), is aborted before. ` +
			`body is text, bytes, a URLSearchParams, a FormData or a Blob; json, form, multipart, data, query, params, timeout and retries are as in http. ` +
			`Different from Node: a response is there once all of its body is: body, a stream, or null, has one piece; text() reads the charset that the response names, and content-encoding and content-length ` +
			`are gone from what was decoded; an object without a text of its own is refused as a body, and so are options that nobody knows; ` +
			`a URL is http or https and may hold a user and a password; headers of the connection are not sent, ` +
			`and those with a key in their name not to another host that a redirect leads to; a body of a FormData has a boundary of its content.`,
		Example: `async function main() {
  const [a, b] = await Promise.all([fetch("http://localhost/orders"), fetch("http://localhost/status", { signal: AbortSignal.timeout(5000) })])
  payload.order = await a.json()
  payload.up = b.ok
}`,
		Bind: func(r *hostfn.Run) goja.Value {
			f := &fetches{Plugin: p, run: r, places: make(chan struct{}, atOnce)}
			check := r.Function(func(goja.FunctionCall) goja.Value {
				require(r, "fetch")
				return goja.Undefined()
			})
			return p.fetch(r, r.Function(f.send), check)
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

var errAborted = errors.New("aborted")

// send starts a request and returns {promise, abort}.
func (f *fetches) send(call goja.FunctionCall) goja.Value {
	r := f.run
	require(r, "fetch")
	if f.pending >= pending {
		panic(r.VM.NewTypeError("more than %d fetches are pending: await some before starting more", pending))
	}
	c := &callResult{call: f.parse(r, "fetch", fetchWords, "", call.Argument(0), call.Argument(1))}
	c.asBrowsers()
	f.pending++
	ctx, stop := context.WithCancelCause(r.Ctx())
	send := hostfn.Later(r, "http", c.key(), func(ctx context.Context) (*answer, error) { return f.Plugin.send(ctx, r.Time, c.call) })
	promise := r.Loop.Go(func(whole context.Context) (func() goja.Value, error) {
		defer stop(nil)
		select {
		case f.places <- struct{}{}:
			c.answer, c.err = send(ctx)
			<-f.places
		case <-ctx.Done():
			c.err = context.Cause(ctx)
		}
		if whole.Err() != nil {
			return nil, context.Cause(whole)
		}
		return func() goja.Value {
			defer r.Leave(r.Enter(nil))
			return f.settle(c)
		}, nil
	})
	o := r.VM.NewObject()
	hostfn.SetOwn(o, "promise", promise)
	hostfn.SetOwn(o, "abort", r.Function(func(goja.FunctionCall) goja.Value {
		f.over(c)
		stop(errAborted)
		return goja.Undefined()
	}))
	return o
}

// asBrowsers writes headers as fetch does: each character is a byte, and any type is accepted.
func (c *call) asBrowsers() {
	for _, values := range c.header {
		for i, value := range values {
			values[i] = latin1(value)
		}
	}
	c.defaultHeader("Accept", "*/*")
}

// latin1 writes each character as one byte; text with others stays as it is.
func latin1(text string) string {
	if strings.IndexFunc(text, func(c rune) bool { return c >= 0x80 }) < 0 || strings.IndexFunc(text, func(c rune) bool { return c > 0xff }) >= 0 {
		return text
	}
	b := make([]byte, 0, len(text))
	for _, c := range text {
		b = append(b, byte(c))
	}
	return string(b)
}

type callResult struct {
	*call
	answer *answer
	err    error
	over   bool // it is no longer among the pending ones
}

// over takes a fetch out of those that are pending.
func (f *fetches) over(c *callResult) {
	if !c.over {
		c.over = true
		f.pending--
	}
}

// settle makes what fetch makes a Response of, or a promise that is rejected.
func (f *fetches) settle(c *callResult) goja.Value {
	r := f.run
	f.over(c)
	if errors.Is(c.err, errAborted) {
		return goja.Undefined() // whoever aborted it has rejected its promise
	}
	note(r, c.call, c.answer, c.err)
	if isType[*fault.Error](c.err) {
		return f.rejected(r.TypeError(c.err))
	}
	if c.err != nil {
		return f.rejected(r.VM.NewTypeError("%s", c.err.Error()))
	}
	return received(r, c.answer, c.method == http.MethodHead)
}

func (f *fetches) rejected(reason goja.Value) goja.Value {
	promise, _, reject := f.run.VM.NewPromise()
	_ = reject(reason)
	return f.run.VM.ToValue(promise)
}
