// Package logquota drops the lines of a log that are more than a number of bytes.
//
// The run loop bounds the log of a request's runs with it: what is too much is dropped and counted. It knows no runs.
package logquota

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// Handler passes on the lines that fit, and drops the others. It may be used from any goroutine.
type Handler struct {
	slog.Handler
	Spent   *atomic.Int64 // bytes of all lines that count together
	Limit   int64         // bytes that they may have
	Dropped *Dropped

	size int64 // of what With added
}

// Dropped counts what was too much.
type Dropped struct{ Lines, Bytes atomic.Int64 }

// Handle implements [slog.Handler].
func (h *Handler) Handle(ctx context.Context, rec slog.Record) error {
	const head = 180 // time, level, wid, parent and flow
	n := head + h.size + textSize(rec.Message)
	rec.Attrs(func(a slog.Attr) bool {
		n += attrSize(a)
		return true
	})
	if h.Spent.Add(n) > h.Limit {
		h.Spent.Add(-n) // a shorter line may have room
		h.Dropped.Lines.Add(1)
		h.Dropped.Bytes.Add(n)
		return nil
	}
	return h.Handler.Handle(ctx, rec)
}

// WithAttrs implements [slog.Handler].
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.Handler = h.Handler.WithAttrs(attrs)
	for _, a := range attrs {
		with.size += attrSize(a)
	}
	return &with
}

// WithGroup implements [slog.Handler].
func (h *Handler) WithGroup(name string) slog.Handler {
	with := *h
	with.Handler = h.Handler.WithGroup(name)
	return &with
}

// attrSize estimates the bytes that an attribute takes in a line.
func attrSize(a slog.Attr) int64 {
	n := textSize(a.Key) + 4 // quotes, colon, comma
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		n += textSize(v.String())
	case slog.KindGroup:
		for _, below := range v.Group() {
			n += attrSize(below)
		}
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			n += textSize(err.Error())
		}
	default:
		n += 8
	}
	return n
}

// textSize is what a text takes when its control characters are escaped, in bytes. The log cuts longer ones.
func textSize(s string) int64 {
	const most, escaped = 16 << 10, 6
	s = s[:min(len(s), most)]
	n := len(s)
	for i := range len(s) {
		if s[i] < ' ' {
			n += escaped - 1
		}
	}
	return int64(n)
}
