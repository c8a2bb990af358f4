package kit

import (
	"context"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// callFlow runs another flow of the app.
type callFlow = func(ctx context.Context, r *hostfn.Run, target string, payload *ordered.Object) (*ordered.Object, error)

func flowRow(run callFlow) hostfn.Row {
	return hostfn.Row{
		Name: "flow", Sig: "flow",
		Calls: []string{
			`flow.call(path, payload)`,
		},
		Doc: `Other flows of the app: call(pathOrName, payload) runs one as a separate run, which ends with this one. Returns the answer of a flow that answers, {status, headers, body}, and else the payload that it leaves. body is data where the answer is JSON, text where it is of a text type, else a Uint8Array; names of headers are in lower case. A flow that fails throws here; one that throws {status, message} gives the error that status.`,
		Example: `const answer = flow.call("/prices", { items: ["pen"] })
payload.total = answer.total`,
		Bind: arg.Object(arg.Method("call", func(r *hostfn.Run, call goja.FunctionCall) goja.Value { return flowCall(r, call, run) })),
	}
}

func flowCall(r *hostfn.Run, call goja.FunctionCall, run callFlow) goja.Value {
	const fn = "flow.call"
	if run == nil {
		r.Throw(fault.New(fault.Unavailable, "%s: this runtime cannot call flows", fn))
	}
	target := hostfn.String(call, 0)
	if target == "" {
		arg.Fail(r, fn, "argument 1 must be the path or the name of a flow")
	}
	payload, err := r.Object(call.Argument(1))
	if err != nil {
		r.Rethrow(err)
	}
	if payload == nil {
		if v := call.Argument(1); !goja.IsUndefined(v) && !goja.IsNull(v) {
			arg.Fail(r, fn, "argument 2 must be an object")
		}
		payload = ordered.New(0)
	}
	var answer *ordered.Object
	err = r.Block(func(ctx context.Context) (err error) {
		answer, err = run(ctx, r, target, payload)
		return err
	})
	if err != nil {
		r.Throw(err)
	}
	if b, ok := answer.Get("body").([]byte); ok {
		answer.Set("body", goja.Value(r.Uint8Array(b)))
	}
	return r.ToJS(answer)
}
