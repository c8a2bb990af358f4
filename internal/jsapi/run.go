package jsapi

import (
	"context"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// runRows: the names of the run and of what surrounds it.
func (a *api) runRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "wid", Sig: "wid", Doc: "The id of this run, also sent as header Nflow-Wid-1.",
			Example: `console.log("run", wid)`,
			Bind:    value(func(r *hostfn.Run) any { return r.Wid }),
		},
		{
			Name: "wkill", Sig: "wkill(wid)", Doc: "Stops the run with that id, also inside a loop or a sleep, on any instance. Returns whether it was running.",
			Example: `const stopped = wkill("0a1b2c3d-0000-4000-8000-000000000000")`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				if a.Kill == nil {
					missing(r, "wkill", "list of runs")
				}
				wid := hostfn.String(call, 0)
				alive, _ := hostfn.Do(r.Effects, "kill", wid, func() (bool, error) { return a.Kill(wid), nil })
				if alive || a.KillElsewhere == nil {
					return r.VM.ToValue(alive)
				}
				alive, err := hostfn.Take(r, "kill", hostfn.Words(wid), func(ctx context.Context) (bool, error) { return a.KillElsewhere(ctx, wid) })
				if err != nil {
					r.Throw(err)
				}
				return r.VM.ToValue(alive)
			}),
		},
		{
			Name: "__flow_name", Sig: "__flow_name", Doc: "The name of the flow that runs.",
			Example: `payload.flow = __flow_name`,
			Bind:    value(func(r *hostfn.Run) any { return r.Flow }),
		},
		{
			Name: "__flow_app", Sig: "__flow_app", Doc: "The name of the app that the flow belongs to.",
			Example: `payload.app = __flow_app`,
			Bind:    value(func(r *hostfn.Run) any { return r.App }),
		},
		{
			Name: "url_base", Sig: "url_base", Doc: "The address of this server as configured in [url] url_base, for links in mails.",
			Example: `const link = url_base + "/signup"`,
			Bind:    value(func(*hostfn.Run) any { return a.URLBase }),
		},
		{
			Name: "env", Sig: "env", Doc: "The values of section [env] of the configuration.",
			Example: `const shop = env.shop_name || "Shop"`,
			Bind:    value(func(*hostfn.Run) any { return a.Env }),
		},
		{
			Name: "config", Sig: "config", Doc: "The configuration of this server, without passwords, keys and connection strings.",
			Example: `console.debug(config)`,
			Bind: value(func(*hostfn.Run) any {
				if a.Config == nil {
					return map[string]any{}
				}
				return a.Config
			}),
		},
	}
}
