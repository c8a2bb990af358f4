package kit

import (
	"context"
	"log/slog"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

const (
	maxFields = 50
	maxField  = 8 << 10 // bytes of one field or message
)

// logRow is an object, not a function: the name log also belongs to apps, whose default_js may define log() to be called
// after each node. Theirs wins; logger is the same object under a name that no app has taken.
func logRow(name string) hostfn.Row {
	at := func(level slog.Level) func(*hostfn.Run, goja.FunctionCall) goja.Value {
		return func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			if log := r.Log(); log.Enabled(context.Background(), level) {
				attrs := append(fieldsOf(r, call.Argument(1)), slog.Int("line", hostfn.Line(r.VM)))
				log.LogAttrs(context.Background(), level, hostfn.Format(r, []goja.Value{call.Argument(0)}), attrs...)
			}
			if r.Lines != nil {
				r.Lines.Log(level, hostfn.Format(r, call.Arguments[:min(2, len(call.Arguments))]), hostfn.Line(r.VM))
			}
			return goja.Undefined()
		}
	}
	doc := `Writes to the server's log with searchable fields: info, warn, error, debug(message, fields).`
	if name == "log" {
		doc += " An app that defines a log() of its own uses logger instead."
	}
	return hostfn.Row{
		Name: name, Sig: name, Doc: doc,
		Calls:   []string{name + ".info(value, fields)", name + ".warn(value, fields)", name + ".error(value, fields)", name + ".debug(value, fields)"},
		Example: name + `.info("order placed", { id: 7, total: 12.5 })`,
		Bind: arg.Object(arg.Method("info", at(slog.LevelInfo)), arg.Method("warn", at(slog.LevelWarn)),
			arg.Method("error", at(slog.LevelError)), arg.Method("debug", at(slog.LevelDebug))),
	}
}

// fieldsOf makes one group of the fields, so that none passes for the log's own.
func fieldsOf(r *hostfn.Run, v goja.Value) []slog.Attr {
	o, ok := v.(*goja.Object)
	if !ok {
		if goja.IsUndefined(v) || goja.IsNull(v) {
			return nil
		}
		return []slog.Attr{slog.String("fields", hostfn.Inspect(r, v))}
	}
	var fields []any
	for i, key := range r.Keys(o) {
		if i == maxFields {
			break
		}
		fields = append(fields, slog.Any(clip.Text(key, 128), fieldOf(r, hostfn.Property(o, key))))
	}
	return []slog.Attr{slog.Group("fields", fields...)}
}

func fieldOf(r *hostfn.Run, v goja.Value) any {
	if _, ok := v.(*goja.Object); !ok {
		if x, ok := r.TextOf(v); ok {
			return clip.Text(x, maxField)
		}
		switch x := v.Export().(type) {
		case int64, float64, bool:
			return x
		}
	}
	return hostfn.Inspect(r, v)
}
