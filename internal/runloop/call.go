package runloop

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/payload"
)

// CallFlow runs another flow of the run's app, from its starter to its end, and returns its answer, or the payload that it
// leaves where it has none. It ends with the run that called it and takes no place of its own: the caller holds one and
// waits.
func CallFlow(ctx context.Context, host *hostfn.Run, target string, data *ordered.Object) (*ordered.Object, error) {
	caller := runOf(host)
	if err := caller.lineage.mayDescend(caller.loop.Limits.Depth, "flow.call"); err != nil {
		return nil, err
	}
	m, ok := caller.version.Graph.Called(target)
	if ok && m.Endpoint != "" && strings.ContainsAny(target, "?#") {
		return nil, fault.New(fault.Script, "flow.call: the flow would see no query: call %q without it, and pass its values in the payload", target)
	}
	if !ok {
		return nil, fault.New(fault.Script, "flow.call: the app has no flow or path %q", target)
	}
	starter := m.Starter
	flow := starter.Node.Flow
	if starter.Broken != nil {
		return nil, apps.ErrBroken(starter)
	}
	if m.Endpoint == "" { // called by its name: it sees the path of the caller
		m = caller.web.Match()
		m.Starter = starter
	}
	called := caller.loop.newRun(caller.version, caller.version.Flows[flow], kindCall, caller, nil, m)
	defer called.release()
	defer context.AfterFunc(ctx, func() { (*liveRun)(called).Kill(context.Cause(ctx)) })()
	called.payload = payload.Of(data)
	err := called.walk(starter.First)
	if err == nil && called.waiting {
		err = fault.New(fault.Script, "flow.call: flow %q waits for its visitor: only flows that run to their end can be called", flow.Name)
	}
	called.reportEnd(err)
	if err != nil {
		return nil, err
	}
	if k := called.web.Kept(); k != nil {
		return keptAnswer(k), nil
	}
	return called.exportPayload()
}

// keptAnswer returns an answer as {status, headers, body}. Names of headers are in lower case, as programs look for them;
// set-cookie is a list. The body is data where it is JSON, text where its type is one of text, and else bytes.
func keptAnswer(k *exchange.Kept) *ordered.Object {
	headers := ordered.New(len(k.Header()))
	for _, name := range slices.Sorted(maps.Keys(k.Header())) {
		var value any = strings.Join(k.Header()[name], ", ")
		if name == "Set-Cookie" {
			value = k.Header()[name]
		}
		headers.Set(strings.ToLower(name), value)
	}
	o := ordered.New(3)
	o.Set("status", int64(k.Status))
	o.Set("headers", headers)
	o.Set("body", keptBody(k))
	return o
}

func keptBody(k *exchange.Kept) any {
	t := body.ParseMediaType(k.Header().Get("Content-Type"))
	switch {
	case t.IsJSON() && json.Valid(k.Body):
		return json.RawMessage(k.Body)
	case len(k.Body) == 0:
		return ""
	case t.IsText() || t.IsJSON():
		if text, err := body.Text(k.Body, t.Label(k.Body)); err == nil {
			return text
		}
	}
	return k.Body
}
