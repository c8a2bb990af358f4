package logger

import (
	"context"
	"log/slog"
	"slices"
)

// handler writes slog's records. It does not change: With makes another.
type handler struct {
	log  *Log
	with []with
}

// with is what WithAttrs and WithGroup add, in their order.
type with struct {
	group string // opened here, when it is not ""
	attrs []slog.Attr
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.log.level.Level()
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	return &handler{h.log, append(slices.Clip(h.with), with{attrs: attrs})}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &handler{h.log, append(slices.Clip(h.with), with{group: name})}
}

// Handle implements slog.Handler.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	l, ok := h.log.lines.Get().(*line)
	if !ok {
		l = &line{mask: h.log.mask, colour: h.log.colour}
	}
	l.buf = l.buf[:0]
	if h.log.Format() == Text {
		l.text(h.with, &r)
	} else {
		l.json(h.with, &r)
	}
	h.log.out.write(l.buf, r.Level >= slog.LevelWarn)
	if cap(l.buf) <= flushSize {
		h.log.lines.Put(l)
	}
	return nil
}

// line is one line in the making.
type line struct {
	buf    []byte
	tail   []byte // of a text line: values of several lines
	mask   *Masker
	colour bool
}

// isEmpty reports whether slog wants the attribute left out.
func isEmpty(a slog.Attr) bool {
	return a.Equal(slog.Attr{}) || a.Value.Kind() == slog.KindGroup && len(a.Value.Group()) == 0
}
