package kit

import (
	"context"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

func (k *kit) flowRow() hostfn.Row {
	return hostfn.Row{
		Name: "flow", Sig: "flow",
		Doc: `Other flows of the app: call(pathOrName, payload) runs one as a run of its own, which ends with this one, and answers the payload that it leaves.`,
		Example: `const answer = flow.call("/prices", { items: ["pen"] })
payload.total = answer.total`,
		Bind: object(method{"call", k.flowCall}),
	}
}

func (k *kit) flowCall(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "flow.call"
	if k.Call == nil {
		r.Throw(fault.New(fault.Unavailable, "%s: this runtime cannot call flows", fn))
	}
	target := hostfn.String(call, 0)
	if target == "" {
		fail(r, fn, "argument 1 must be the path or the name of a flow")
	}
	payload, ok := data(r, call.Argument(1)).(map[string]any)
	if !ok {
		if v := call.Argument(1); !goja.IsUndefined(v) && !goja.IsNull(v) {
			fail(r, fn, "argument 2 must be an object")
		}
		payload = map[string]any{}
	}
	var answer map[string]any
	err := r.Block(func(ctx context.Context) (err error) {
		answer, err = k.Call(ctx, r, target, payload)
		return err
	})
	if err != nil {
		r.Throw(err)
	}
	if answer == nil {
		answer = map[string]any{}
	}
	return hostfn.ToJS(r.VM, answer)
}
