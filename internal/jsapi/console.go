package jsapi

import (
	"log/slog"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// consoleRows: the log.
func (a *api) consoleRows() []hostfn.Row {
	console := func(r *hostfn.Run) goja.Value { return (&scope{Run: r, api: a}).view(a.console) }
	return []hostfn.Row{
		{
			Name: "console", Sig: "console", Doc: "Writes to the server's log: log, info, warn, error, debug. A first argument with %s, %d, %i, %f, %j, %o or %O is a format.",
			Example: `console.log("order %s has %d lines", "A-1", 3, { paid: true })`, Bind: console,
		},
	}
}

func consoleMembers() *members {
	at := func(level slog.Level) member {
		return method(func(s *scope, call goja.FunctionCall) goja.Value {
			text := hostfn.Format(s.Run, call.Arguments)
			if stack := s.VM.CaptureCallStack(2, nil); len(stack) > 1 {
				s.Log().Log(s.Ctx(), level, text, "line", stack[1].Position().Line)
			} else {
				s.Log().Log(s.Ctx(), level, text)
			}
			return goja.Undefined()
		})
	}
	return newMembers(map[string]member{
		"log": at(slog.LevelInfo), "info": at(slog.LevelInfo), "warn": at(slog.LevelWarn), "error": at(slog.LevelError), "debug": at(slog.LevelDebug),
	})
}
