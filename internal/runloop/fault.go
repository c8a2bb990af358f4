package runloop

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

const retryAfterDrain = 5 * time.Second

// levelOf returns the log level of a failure by the person who must act: none for errors of visitors, the author for scripts, the operator for the rest.
func levelOf(f *fault.Error) slog.Level {
	switch f.Kind {
	case fault.NotFound, fault.Invalid, fault.Conflict, fault.Unsupported, fault.NotAllowed:
		return slog.LevelDebug
	case fault.TooLarge:
		if f.Node != nil { // what a node wants to keep, not what a client sent
			return slog.LevelWarn
		}
		return slog.LevelDebug
	case fault.Limit, fault.Killed, fault.Unavailable, fault.Denied:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// failure makes the fault of what a node's step answered. The texts of scripts' errors stay in the log: they may hold
// parameters or data.
func failure(n *graph.Node, err error) *fault.Error {
	if s, ok := errors.AsType[*sandbox.ScriptError](err); ok {
		return scriptFailure(n, s)
	}
	if p, ok := errors.AsType[*sandbox.Panic](err); ok {
		return (&fault.Error{Kind: fault.Internal, Text: fmt.Sprintf("node %q ended unexpectedly", n.Label), Cause: p}).At(n.ID, n.Label)
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.At(n.ID, n.Label)
	}
	if errors.Is(err, context.Canceled) {
		return fault.Wrap(fault.Killed, err, "the run was stopped").At(n.ID, n.Label)
	}
	return fault.Wrap(fault.Internal, err, "node %q failed", n.Label).At(n.ID, n.Label)
}

// scriptFailure keeps the kinds that are not the script's doing, and the text of what the runtime itself threw.
func scriptFailure(n *graph.Node, s *sandbox.ScriptError) *fault.Error {
	out := &fault.Error{
		Kind: fault.Script, Text: fmt.Sprintf("the code of node %q failed", n.Label), Cause: s,
		Node: &fault.Node{ID: n.ID, Name: n.Label},
	}
	if s.Code != 0 {
		out.Code, out.Text = s.Code, s.Text
		if s.Code < http.StatusInternalServerError {
			out.Kind = fault.Invalid // the visitor's doing, as the flow says
		}
		return out
	}
	var f *fault.Error
	if !errors.As(s, &f) {
		return out
	}
	out.Text = f.Text
	switch f.Kind {
	case fault.Limit, fault.Killed, fault.Unavailable, fault.TooLarge, fault.Invalid, fault.Unsupported:
		out.Kind, out.Limit, out.Retry = f.Kind, f.Limit, f.Retry
	}
	return out
}
