package engine

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/plugins"
	"github.com/arturoeanton/nflow-runtime/plugins/kit"
)

// maxCalls is how many flows may call one another in a row.
const maxCalls = 16

// maxKeySet bounds what jwt.verify reads of a key server, in bytes and in time.
const (
	maxKeySet  = 1 << 20
	keySetTime = 10 * time.Second
)

func (rt *Runtime) kitPlugin() (plugins.Plugin, error) {
	fetch, err := rt.keySetFetcher()
	if err != nil {
		return nil, err
	}
	return kit.New(kit.Options{
		KV: rt.store, Secret: rt.store.Secret, LookupEnv: rt.lookupEnv, SecretsDir: rt.env("NFLOW_SECRETS_DIR"),
		Call: callFlow, Fetch: fetch, Mask: func(_ *hostfn.Run, value string) { rt.mask.AddSecret(value) },
		Module: func(r *hostfn.Run, name string) (*kit.Module, error) {
			return runOf(r).version.modules.find(rt.limits.bigInt, name)
		},
		Compile: sandbox.Compiler{BigInt: rt.limits.bigInt}.CompileModule,
	}), nil
}

func (rt *Runtime) lookupEnv(name string) (string, bool) {
	for _, e := range rt.opts.Environ {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

func (rt *Runtime) env(name string) string {
	value, _ := rt.lookupEnv(name)
	return value
}

// keySetFetcher reads the key sets that flows name, from where flows may connect to.
func (rt *Runtime) keySetFetcher() (func(context.Context, *hostfn.Run, string) ([]byte, error), error) {
	dialer, err := hostfn.NewDialer(rt.config.VMPoolConfig.NetworkAllow)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: keySetTime, Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	return func(ctx context.Context, r *hostfn.Run, url string) ([]byte, error) {
		if err := r.Caps.Allow("enable_network"); err != nil {
			return nil, err
		}
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, fault.Wrap(fault.Script, err, "the address of the key set is no URL")
		}
		res, err := client.Do(q)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "the key set cannot be read")
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, fault.New(fault.Unavailable, "the server of the key set answered %d", res.StatusCode)
		}
		return io.ReadAll(io.LimitReader(res.Body, maxKeySet))
	}, nil
}

// callFlow runs another flow of the run's app, from its starter to its end, and answers the payload that it leaves. It
// ends with the run that called it and takes no place of its own: the caller holds one and waits.
func callFlow(ctx context.Context, host *hostfn.Run, target string, payload map[string]any) (map[string]any, error) {
	caller := runOf(host)
	if caller.depth >= maxCalls {
		return nil, fault.New(fault.Script, "flow.call: %d flows have called one another: is there a circle?", maxCalls)
	}
	starter := findStarter(caller.version.graph, target)
	if starter == nil {
		return nil, fault.New(fault.Script, "flow.call: the app has no flow or path %q", target)
	}
	flow := starter.Node.Flow
	if flow.Broken != nil {
		return nil, errBroken(flow)
	}
	x := caller.web.detach()
	x.match.Starter = starter
	called := caller.rt.newRun(caller.version, caller.version.flows[flow], x, kindCall, caller)
	defer called.close()
	defer context.AfterFunc(ctx, func() { called.stop(context.Cause(ctx)) })()
	called.depth++
	called.payload.data = payload
	err := called.walk(starter.First)
	if err == nil && called.waiting {
		err = fault.New(fault.Script, "flow.call: flow %q waits for its visitor: only flows that run to their end can be called", flow.Name)
	}
	called.finish(err)
	if err != nil {
		return nil, err
	}
	return called.payload.export(called)
}

// findStarter finds what a path, or the name of a flow, leads to.
func findStarter(g *graph.Graph, target string) *graph.Starter {
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		if m, ok := g.Match(method, target); ok {
			return m.Starter
		}
	}
	if f := g.Flow(target); f != nil && len(f.Starters) > 0 {
		return f.Starters[0]
	}
	return nil
}
