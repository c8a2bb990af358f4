// Package fault is the one error type of the runtime: what kind of failure it was, the sentence a user may read, and the
// cause that only the log may see.
//
// Every package may use it and it knows none of them. A failure is wrapped once, where its kind is known, and answered and
// logged once, by the engine's error handler. User text says what, where and how to fix it; it never holds secrets, SQL,
// stacks or paths of the machine.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
)

// Kind is the kind of a failure; it decides the HTTP status.
type Kind uint8

// The kinds, each with its HTTP status.
const (
	Internal    Kind = iota // 500: the runtime, a plugin or a service behind it failed
	Script                  // 500: the flow's own code failed
	Invalid                 // 400: the request cannot be understood
	Denied                  // 403: a capability is off; the text names the setting
	NotFound                // 404
	Conflict                // 409: a continuation that was not offered
	TooLarge                // 413
	Limit                   // 408: time, memory or operations; see Error.Limit
	Killed                  // 503: the run was stopped on request
	Unavailable             // 503: broken flow, full or draining server
	Unsupported             // 415: an unknown charset, coding or type of body
	NotAllowed              // 405: the path exists, not with this method
)

// kindNames are the kinds as recordings of runs name them, in their order.
const kindNames = "internal script invalid denied not_found conflict too_large limit killed unavailable unsupported not_allowed"

// String returns the name of the kind, as in "not_found".
func (k Kind) String() string { return strings.Fields(kindNames)[k] }

// KindOf returns the kind of a name that String gave; Internal for any other.
func KindOf(name string) Kind {
	return Kind(max(0, slices.Index(strings.Fields(kindNames), name))) //nolint:gosec // there are few
}

// Status returns the HTTP status of the kind.
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return http.StatusBadRequest
	case Denied:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case Limit:
		return http.StatusRequestTimeout
	case Unsupported:
		return http.StatusUnsupportedMediaType
	case NotAllowed:
		return http.StatusMethodNotAllowed
	case Killed, Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Node names the place in the flow where a failure happened.
type Node struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Error is a failure with its kind, the text for the user and the cause for the log.
type Error struct {
	Kind  Kind
	Text  string        // for the user; one sentence
	Cause error         // for the log; may be nil
	Node  *Node         // the node that failed; nil outside a run
	Limit string        // "time", "memory", "operations" or "forks" when Kind is Limit
	Retry time.Duration // answered as Retry-After when positive
	Code  int           // the HTTP status that a flow chose; 0 = that of the kind

	// Setting is the key of the configuration that has to be repaired, as in "mail.smtp_host"; empty for what is no fault of
	// the configuration.
	Setting string
}

// maxPart is how many bytes of a text, which may be a flow's, go into an error.
const maxPart = 64 << 10

// text writes the text of an error.
func text(format string, args []any) string {
	for i, arg := range args {
		if s, ok := arg.(string); ok && len(s) > maxPart {
			args = slices.Clone(args)
			args[i] = clip.Text(s, maxPart)
		}
	}
	return fmt.Sprintf(format, args...)
}

// New makes an error without a cause.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Text: text(format, args)}
}

// Wrap makes an error that keeps its cause. A cause that already is an *Error is returned as it is: the first package
// that knew the kind decided.
func Wrap(k Kind, cause error, format string, args ...any) *Error {
	if e, ok := errors.AsType[*Error](cause); ok {
		return e
	}
	return &Error{Kind: k, Text: text(format, args), Cause: cause}
}

// InvalidSetting makes the error of a value in the configuration that cannot be used; setting is its full key. cause may be nil.
func InvalidSetting(setting string, cause error, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Setting: setting, Text: text(format, args), Cause: cause}
}

// Exceeded makes the error of a run that hit one of its limits: "time", "memory", "operations" or "forks".
func Exceeded(limit, format string, args ...any) *Error {
	return &Error{Kind: Limit, Limit: limit, Text: text(format, args)}
}

// Status returns the HTTP status of the failure.
func (e *Error) Status() int {
	if e.Code != 0 {
		return e.Code
	}
	return e.Kind.Status()
}

// At returns a copy of e that names the node; an error that already names one keeps it.
func (e *Error) At(id, name string) *Error {
	if e.Node != nil {
		return e
	}
	c := *e
	c.Node = &Node{ID: id, Name: name}
	return &c
}

// Error returns text and cause, for logs.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Text
	}
	return e.Text + ": " + Print(e.Cause)
}

// Unwrap returns the cause for errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Cause }

// ForUser returns err as a script or a visitor may see it: of a fault only its text. errors.As still finds the fault.
func ForUser(err error) error {
	if f, ok := errors.AsType[*Error](err); ok {
		return userError{f}
	}
	return err
}

type userError struct{ f *Error }

func (e userError) Error() string { return e.f.Text }
func (e userError) Unwrap() error { return e.f }

// From finds the *Error in err, or makes an Internal one whose text says nothing about the cause.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Text: "internal error", Cause: err}
}

// Print returns the text of any value, for the log. Where the value's own method panics, as that of an error may which holds
// what a script made, it is the value's type.
func Print(x any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("a %T that cannot be printed", x)
		}
	}()
	if err, ok := x.(error); ok {
		return err.Error() // fmt would print a panic, with the method that panicked
	}
	return fmt.Sprint(x)
}
