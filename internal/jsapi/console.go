package jsapi

import (
	"context"
	"log/slog"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// consoleRows: the log.
func (a *api) consoleRows() []hostfn.Row {
	console := func(r *hostfn.Run) goja.Value { return (&scope{Run: r, api: a}).view(a.console) }
	return []hostfn.Row{
		{
			Name: "console", Sig: "console", Calls: []string{
				"console.log(format, ...values)", "console.info(format, ...values)", "console.warn(format, ...values)",
				"console.error(format, ...values)", "console.debug(format, ...values)",
			},
			Doc:     "Writes to the server's log: log, info, warn, error, debug. A first argument with %s, %d, %i, %f, %j, %o or %O is a format.",
			Example: `console.log("order %s has %d lines", "A-1", 3, { paid: true })`, Bind: console,
		},
	}
}

func consoleMembers() *members {
	at := func(level slog.Level) member {
		return method(func(s *scope, call goja.FunctionCall) goja.Value {
			log := s.Log()
			logs := log.Enabled(context.Background(), level)
			if !logs && s.Lines == nil {
				return goja.Undefined()
			}
			text, line := hostfn.Format(s.Run, call.Arguments), hostfn.Line(s.VM)
			if logs {
				log.LogAttrs(context.Background(), level, text, slog.Int("line", line))
			}
			if s.Lines != nil {
				s.Lines.Log(level, text, line)
			}
			return goja.Undefined()
		})
	}
	return newMembers(map[string]member{
		"log": at(slog.LevelInfo), "info": at(slog.LevelInfo), "warn": at(slog.LevelWarn), "error": at(slog.LevelError), "debug": at(slog.LevelDebug),
	})
}
