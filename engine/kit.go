package engine

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/netpolicy"
	"github.com/arturoeanton/nflow-runtime/internal/runloop"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/plugins/kit"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/state"
)

// maxKeySet bounds what jwt.verify reads of a key server, in bytes and in time.
const (
	maxKeySet  = 1 << 20
	keySetTime = 10 * time.Second
)

func (rt *Runtime) kitPlugin(node *nodejs.Modules) (hostfn.Plugin, error) {
	fetch, err := rt.keySetFetcher()
	if err != nil {
		return nil, err
	}
	return kit.New(kit.Options{
		State: state.Options{
			KV: rt.boundedKV(), Secret: rt.store.Secret, LookupEnv: rt.lookupEnv, SecretsDir: rt.env("NFLOW_SECRETS_DIR"),
			Mask: func(_ *hostfn.Run, value string) { rt.mask.AddSecret(value) },
		},
		Node: node, Call: runloop.CallFlow, Fetch: fetch,
	}), nil
}

func (rt *Runtime) nodeModules() *nodejs.Modules {
	return nodejs.New(nodejs.Options{
		Module:  func(r *hostfn.Run, name string) (*nodejs.Module, error) { return runloop.VersionOf(r).Module(name) },
		Compile: compile.Compiler{BigInt: rt.limits.VM.BigInt}.CompileModule,
	})
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
	dialer, err := netpolicy.New(rt.config.VMPoolConfig.NetworkAllow)
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
			return nil, fault.Wrap(fault.Script, err, "the address of the key set is not a URL")
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
