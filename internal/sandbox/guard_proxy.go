package sandbox

import (
	"math"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// goja reads the list that the trap ownKeys of a proxy returns in Go, wherever an object is listed: in loops, spreads, JSON, natives.
// So the handler of each proxy is another proxy, which finds the handler's traps and calls them in sight.

// The places of what a mediator is about.
const (
	ofHandler = "0" // the handler
	ofKeys    = "1" // what ownKeys returned last, while natives hold it
	ofDepth   = "2" // how deep proxies are in one another
)

// perFollowed is about what following a proxy takes of Go's stack, which no audit sees.
const perFollowed = 1 << 10

// trapped is a trap that goja is about to call.
type trapped struct {
	mediator *goja.Object
	name     string
	call     layout.Native
}

// mediate returns what stands in place of the handler of a proxy that is so deep in others.
func (g *guards) mediate(handler *goja.Object, depth int) *goja.Object {
	if g.traps == nil {
		g.traps, g.trap = &goja.ProxyTrapConfig{Get: g.findTrap}, g.rt.ToValue(g.callTrap)
	}
	return g.rt.ToValue(g.rt.NewProxy(g.rt.NewArray(handler, nil, depth), g.traps)).(*goja.Object)
}

// findTrap returns a trap of the handler. goja calls at once what it returns.
func (g *guards) findTrap(mediator *goja.Object, name string, _ goja.Value) goja.Value {
	handler := mediator.Get(ofHandler).(*goja.Object)
	g.followed()
	f := handler.Get(name)
	if f == nil {
		return goja.Undefined()
	}
	call := g.direct(f)
	if call == nil {
		return f // none, or the language complains
	}
	g.trapped = trapped{mediator, name, call}
	return g.trap
}

// followed counts a proxy on the way to a property: there may be as many as there are prototypes, each of which takes stack.
func (g *guards) followed() {
	g.count(1)
	if g.unsampled += perFollowed; g.unsampled >= largeAllocation {
		g.sampleHeap(0)
		g.turn()
	}
	g.check()
}

// callTrap calls the trap that was found.
func (g *guards) callTrap(c goja.FunctionCall) goja.Value {
	t := g.trapped
	g.trapped = trapped{}
	v := t.call(goja.FunctionCall{This: t.mediator.Get(ofHandler), Arguments: c.Arguments})
	if t.name != "ownKeys" {
		return v
	}
	defer g.release(g.holds())
	keys := g.listed(v, math.MaxInt64)
	_ = t.mediator.Set(ofKeys, keys)
	return keys
}

// newProxy looks at how deep proxies are in one another, as target or as handler: goja follows them in Go.
func (g *guards) newProxy(args []goja.Value) []goja.Value {
	if len(args) < 2 {
		return args
	}
	depth := max(g.proxies(args[0]), g.proxies(args[1])) + 1
	if depth > maxWrapped {
		g.rangeError("an object is wrapped in proxies again and again")
	}
	handler, ok := args[1].(*goja.Object)
	if !ok || !isObject(args[0]) {
		return args // the language complains
	}
	return append([]goja.Value{args[0], g.mediate(handler, depth)}, args[2:]...)
}

// proxies returns how many proxies are in one another.
func (g *guards) proxies(v goja.Value) int {
	if !isProxy(v) {
		return 0
	}
	p, ok := v.(*goja.Object).Export().(goja.Proxy)
	if !ok || p.Handler() == nil { // one that was revoked
		return 0
	}
	mediator, ok := p.Handler().Export().(goja.Proxy)
	if !ok {
		return 0
	}
	return int(mediator.Target().Get(ofDepth).ToInteger())
}

// guardRevocable stands before Proxy.revocable.
func guardRevocable(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	call.Arguments = g.newProxy(call.Arguments)
	return next(call)
}
