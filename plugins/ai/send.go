package ai

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const maxTokens = 1 << 30 // of one response, whatever the server says

var (
	errTimeout = errors.New("timeout")
	errBroken  = errors.New("the response was cut off")
)

// exchange calls a server once and reads the response while the run waits. For a stream the chatSession's onText gets each piece of
// text, on the run's goroutine. Errors are what the flow's author can act on.
func (p *Plugin) exchange(r *hostfn.Run, t *chatSession) (*reply, error) {
	onText := t.onText
	if r.Effects == nil {
		return p.live(r, t, onText)
	}
	text, err := hostfn.Encode(t.question)
	if err != nil {
		return nil, err
	}
	e := r.Effects.Begin("ai", hostfn.Key(t.target.name+" "+t.model, string(text))())
	if o, ok := e.Replay(); ok {
		into := &reply{}
		if err := hostfn.ReadOutcome(o, into); err != nil {
			return nil, err
		}
		for _, piece := range into.pieces {
			onText(piece)
		}
		return into, nil
	}
	var pieces []string
	into, err := p.live(r, t, func(piece string) {
		pieces = append(pieces, piece)
		onText(piece)
	})
	if into != nil {
		into.pieces = pieces
	}
	e.Keep(hostfn.OutcomeOf(into, err))
	return into, err
}

// live is the exchange itself. The run waits for each piece of a stream, and is its own between them.
func (p *Plugin) live(r *hostfn.Run, t *chatSession, onText func(string)) (*reply, error) {
	ctx, cancel := context.WithTimeoutCause(r.Ctx(), t.timeout, errTimeout)
	defer cancel()
	into := &reply{model: t.model}
	d := &retryTransport{transport: t.target.transport, clock: r.Time, trace: http.Header{}}
	r.PassTrace(d.trace)
	next, stop := iter.Pull2(d.ask(ctx, t.target.wire, endpoint{t.target.base, t.target.key}, t.question, into))
	defer stop()
	for more := true; more; {
		var text string
		err := r.Block(func(context.Context) (err error) {
			text, err, more = next()
			return cause(ctx, err)
		})
		if err != nil {
			return nil, t.explain(err)
		}
		if t.stream && text != "" {
			onText(text)
		}
	}
	if err := into.end(t.stream, d.asked); err != nil {
		return nil, t.explain(err)
	}
	return into, nil
}

// cause prefers why ctx ended to what that did to a call.
func cause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// saying is what a server says to a flow's author about the question. It is no fault: the script sees it, and the
// visitor of a flow that does not catch it does not.
type saying struct{ text string }

func (e *saying) Error() string { return e.text }

// explain makes the error that the flow's author can act on: a fault, or a saying.
func (t *chatSession) explain(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok { // of the dialer, or the run is over
		return f
	}
	e, isRefusal := errors.AsType[*refusal](err)
	if isRefusal && !slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}, e.status) &&
		(e.status == 0 || e.status/100 == 4) {
		return t.refusal(e)
	}
	return &fault.Error{Kind: fault.Unavailable, Text: t.fn + ": " + t.target.name + " " + t.why(err), Cause: redacted{err, t.target.key}}
}

// refusal is what the server says about the question.
func (t *chatSession) refusal(e *refusal) error {
	words := t.fn + ": " + t.target.name + " refused the request"
	if e.status != 0 {
		words += fmt.Sprintf(" (status %d)", e.status)
	}
	if e.message != "" {
		words += ": " + clip.Text(redact(e.message, t.target.key), 300)
	}
	return &saying{words}
}

// why returns what is wrong with the server.
func (t *chatSession) why(err error) string {
	var timed net.Error
	if e, ok := errors.AsType[*refusal](err); ok {
		return t.status(e.status)
	}
	switch {
	case errors.Is(err, errTimeout):
		return fmt.Sprintf("did not answer within %s", t.timeout)
	case errors.Is(err, errMalformed):
		return "returned something that its API does not document: check its base_url"
	case errors.Is(err, errBroken), errors.Is(err, io.ErrUnexpectedEOF):
		return "was cut off in the middle of its response"
	case errors.Is(err, errSize):
		return fmt.Sprintf("answered more than %d MiB", maxAnswer>>20)
	case isType[*net.DNSError](err):
		return "cannot be found: its host has no address"
	case isType[*tls.CertificateVerificationError](err):
		return "has a certificate that is not trusted"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refuses connections"
	case errors.As(err, &timed) && timed.Timeout():
		return "cannot be reached in time"
	}
	return "cannot be reached"
}

func (t *chatSession) status(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "does not accept " + t.target.keyOf
	case status == http.StatusTooManyRequests:
		return "rejects requests now: its rate limit or quota is used up"
	case status/100 == 3:
		return "redirects elsewhere: its base_url is wrong"
	}
	return fmt.Sprintf("failed with status %d", status)
}

func isType[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// redacted keeps a key out of the log, should a server repeat it.
type redacted struct {
	error
	key string
}

func (e redacted) Error() string { return redact(e.error.Error(), e.key) }
func (e redacted) Unwrap() error { return e.error }

func redact(text, key string) string {
	if key == "" {
		return text
	}
	return strings.ReplaceAll(text, key, "***")
}
