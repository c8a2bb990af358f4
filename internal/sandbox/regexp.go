package sandbox

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/regexps"
)

// regExps returns the regular expressions of the VM.
func (g *guards) regExps() *regexps.RegExps {
	if g.regexp == nil {
		g.regexp = &regexps.RegExps{}
		g.regexp.Arm(g.rt, g.known, matchHost{g})
	}
	return g.regexp
}

// armRegExp puts the natives of RegExp into place before a script uses a literal or a method of strings that matches.
func (g *guards) armRegExp() {
	if g.regexp == nil || !g.regexp.Installed() {
		g.rt.GlobalObject().Get("RegExp") // makes it; Install follows
	}
}

// matchHost is the meter as the natives of RegExp see it: steps of a match are operations.
type matchHost struct{ *guards }

func (h matchHost) Step(steps int, bytes int64) error {
	h.count(int64(steps))
	if bytes > 0 {
		h.hold(bytes)
	} else {
		h.inFlight += bytes
	}
	return h.stopped()
}

func (h matchHost) Reserve(bytes float64)         { h.room(bytes) }
func (h matchHost) Hold(bytes int64)              { h.hold(bytes) }
func (h matchHost) Release(bytes int64)           { h.inFlight -= bytes }
func (h matchHost) Drop(before int)               { h.keepOnly(before) }
func (h matchHost) Check()                        { h.check() }
func (h matchHost) Text(v goja.Value) goja.String { return h.string(v) }
func (h matchHost) RangeError(text string)        { h.rangeError(text) }

func (h matchHost) Keep(v goja.Value) (before int) {
	before = len(h.inNatives)
	h.keep(v)
	return before
}

func (h matchHost) TooLong(steps int) {
	h.stop(fault.Exceeded("time", "a regular expression took more than %d million steps on one text: it tries too many ways, make it simpler", steps/1_000_000))
	h.check()
}

// delegated stands in place of methods of strings that make a RegExp of their argument.
func delegated(method *goja.Symbol, flags string) guard {
	return func(g *guards, call goja.FunctionCall, _ layout.Native) goja.Value {
		return g.regExps().Delegate(call, method, flags)
	}
}

// guardRegExp stands before RegExp as a function.
func guardRegExp(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	args, same := g.regExps().Arguments(call.Arguments, true)
	if same != nil {
		return same
	}
	return next(goja.FunctionCall{This: call.This, Arguments: args})
}

func (g *guards) newRegExp(args []goja.Value) []goja.Value {
	args, _ = g.regExps().Arguments(args, false)
	return args
}
