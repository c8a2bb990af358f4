package jsapi

import (
	"log/slog"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// consoleRows: the log, and the modules that answer to require.
func (a *api) consoleRows() []hostfn.Row {
	console := func(r *hostfn.Run) goja.Value { return (&scope{Run: r, api: a}).view(a.console) }
	return []hostfn.Row{
		{Name: "console", Sig: "console", Doc: "Writes to the server's log: log, info, warn, error, debug. A first argument with %s, %d, %i, %f, %j, %o or %O is a format.",
			Example: `console.log("order %s has %d lines", "A-1", 3, { paid: true })`, Bind: console},
		{Name: "require", Sig: "require(name)", Doc: `The modules "console" and "util" (format, inspect).`,
			Example: `const text = require("util").format("%s is %d", "answer", 42)`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				switch name := hostfn.String(call, 0); name {
				case "console", "node:console":
					return console(r)
				case "util", "node:util":
					return util(r)
				default:
					r.Throw(fault.New(fault.Script, "require: there is no module %q; flows have console and util", name))
				}
				return nil
			})},
	}
}

func consoleMembers() *members {
	at := func(level slog.Level) member {
		return method(func(s *scope, call goja.FunctionCall) goja.Value {
			text := formatAll(s.VM, call.Arguments)
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

// util is the module of that name.
func util(r *hostfn.Run) goja.Value {
	o := r.VM.NewObject()
	define(r.VM, o, "format", func(call goja.FunctionCall) goja.Value {
		return r.VM.ToValue(formatAll(r.VM, call.Arguments))
	})
	define(r.VM, o, "inspect", func(call goja.FunctionCall) goja.Value {
		p := &printer{vm: r.VM}
		p.safely(func() { p.value(call.Argument(0), 0, true) })
		return r.VM.ToValue(p.String())
	})
	return o
}
