package jsapi

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/console"
)

// consoleRows: the log.
func (a *api) consoleRows() []hostfn.Row {
	shown := func(r *hostfn.Run) goja.Value { return (&scope{Run: r, api: a}).view(a.console) }
	return []hostfn.Row{
		{
			Name: "console", Sig: "console", Calls: []string{
				"console.log(format, ...values)", "console.info(format, ...values)", "console.warn(format, ...values)",
				"console.error(format, ...values)", "console.debug(format, ...values)", "console.trace(format, ...values)",
				"console.assert(value, format, ...values)", "console.dir(value)", "console.table(rows, rows)",
				"console.group(format, ...values)", "console.groupCollapsed(format, ...values)", "console.groupEnd()", "console.dirxml(format, ...values)",
				"console.count(name)", "console.countReset(name)", "console.time(name)", "console.timeLog(name, ...values)", "console.timeEnd(name)",
			},
			Doc: "Writes to the server's log: log, info, warn, error, debug. A first argument with %s, %d, %i, %f, %j, %o or %O is a format. " +
				"As in Node there are also trace, assert, dir, table, group and groupEnd, count and countReset, time, timeLog and timeEnd.",
			Example: `console.log("order %s has %d lines", "A-1", 3, { paid: true })`, Bind: shown,
		},
	}
}

func consoleMembers() *members {
	family := map[string]member{}
	for name, f := range console.Functions() {
		family[name] = method(func(s *scope, call goja.FunctionCall) goja.Value {
			f(s.Run, call)
			return goja.Undefined()
		})
	}
	return newMembers(nil, "", family)
}
