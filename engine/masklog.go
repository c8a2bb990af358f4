package engine

import (
	"context"
	"log/slog"

	"github.com/arturoeanton/nflow-runtime/logger"
)

// maskedHandler hides secrets in the log of a program that gave a slog.Logger of its own: one of package logger hides them
// itself.
type maskedHandler struct {
	slog.Handler
	mask *logger.Masker
}

// Handle implements [slog.Handler].
func (h maskedHandler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, h.mask.MaskLine(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.attr(a))
		return true
	})
	return h.Handler.Handle(ctx, out)
}

// WithAttrs implements [slog.Handler].
func (h maskedHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i := range attrs {
		masked[i] = h.attr(attrs[i])
	}
	return maskedHandler{h.Handler.WithAttrs(masked), h.mask}
}

// WithGroup implements [slog.Handler].
func (h maskedHandler) WithGroup(name string) slog.Handler {
	return maskedHandler{h.Handler.WithGroup(name), h.mask}
}

func (h maskedHandler) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup && logger.IsSecretName(a.Key) {
		return slog.Any(a.Key, h.mask.MaskField(a.Key, v.Any()))
	}
	switch v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, h.mask.MaskLine(v.String()))
	case slog.KindGroup:
		group := make([]slog.Attr, len(v.Group()))
		for i, inner := range v.Group() {
			group[i] = h.attr(inner)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(group...)}
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.String(a.Key, h.mask.MaskLine(err.Error()))
		}
		return slog.Any(a.Key, h.mask.MaskValue(v.Any()))
	}
	return a
}
