package ai

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

const (
	maxAnswer  = 8 << 20 // bytes of one answer, all events of a stream together
	maxEvent   = 1 << 20 // bytes of one event of a stream
	maxRefusal = 64 << 10
	maxTokens  = 1 << 30 // of one answer, whatever the server says
	maxRetries = 2
	firstPause = 500 * time.Millisecond
	maxPause   = 30 * time.Second // also of what a server wants in Retry-After
)

var (
	errTimeout = errors.New("timeout")
	errBroken  = errors.New("the answer broke off")
	errSize    = errors.New("the answer is too large")
)

// exchange asks a server once and reads the answer while the run waits. For a stream the talk's onText gets each piece of
// text, on the run's goroutine. Errors are what the flow's author can act on.
func (p *Plugin) exchange(r *plugins.Run, t *talk) (*reply, error) {
	path, body := t.target.wire.request(t.question)
	text, err := hostfn.Encode(body)
	if err != nil {
		return nil, err
	}
	onText := t.onText
	if r.Effects == nil {
		return p.live(r, t, path, text, onText)
	}
	e := r.Effects.Begin("ai", hostfn.Key(t.target.name+" "+t.model, string(text))())
	if o, ok := e.Replay(); ok {
		into := &reply{}
		if err := o.Read(into); err != nil {
			return nil, err
		}
		for _, piece := range into.pieces {
			onText(piece)
		}
		return into, nil
	}
	var pieces []string
	into, err := p.live(r, t, path, text, func(piece string) {
		pieces = append(pieces, piece)
		onText(piece)
	})
	if into != nil {
		into.pieces = pieces
	}
	e.Keep(hostfn.OutcomeOf(into, err))
	return into, err
}

// live is the exchange itself.
func (p *Plugin) live(r *plugins.Run, t *talk, path string, body []byte, onText func(string)) (*reply, error) {
	ctx, cancel := context.WithTimeoutCause(r.Ctx(), t.timeout, errTimeout)
	defer cancel()
	trace := http.Header{}
	r.PassTrace(trace)
	var resp *http.Response
	if err := r.Block(func(context.Context) (err error) {
		resp, err = p.post(ctx, r.Time, t.target, path, body, trace) //nolint:bodyclose // below: a run that ended here closes it by its context
		return cause(ctx, err)
	}); err != nil {
		return nil, t.explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	into := &reply{model: t.model}
	var err error
	if !t.stream {
		err = r.Block(func(context.Context) error { return cause(ctx, readAll(resp.Body, t.target.wire, into)) })
	} else {
		err = p.follow(ctx, r, resp.Body, t.target.wire, into, onText)
	}
	if err != nil {
		return nil, t.explain(err)
	}
	if into.input+into.output == 0 { // a server that does not count: four bytes are about a token
		into.input, into.output = len(body)/4+1, into.text.Len()/4+1
	}
	into.input, into.output = min(max(into.input, 0), maxTokens), min(max(into.output, 0), maxTokens)
	return into, nil
}

// cause prefers why ctx ended to what that did to a call.
func cause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func readAll(body io.Reader, w wire, into *reply) error {
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return err
	}
	if len(data) > maxAnswer {
		return errSize
	}
	if _, err = w.read(data, into); err == nil && into.finish == "" {
		into.finish = "stop"
	}
	return err
}

// follow reads a stream event by event. The run waits for each of them, and is its own between them.
func (p *Plugin) follow(ctx context.Context, r *plugins.Run, body io.Reader, w wire, into *reply, onText func(string)) error {
	limited := &io.LimitedReader{R: body, N: maxAnswer}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxEvent)
	for !into.done {
		var text string
		more := true
		err := r.Block(func(context.Context) (err error) {
			var data []byte
			if data, more = event(lines, w.lines()); more {
				text, err = w.read(data, into)
				return cause(ctx, err)
			}
			return cause(ctx, lines.Err())
		})
		switch {
		case errors.Is(err, bufio.ErrTooLong), !more && limited.N <= 0:
			return errSize
		case err != nil:
			return err
		case !more && into.finish == "":
			return errBroken
		case !more:
			return nil
		}
		if text != "" {
			onText(text)
		}
	}
	if into.finish == "" {
		into.finish = "stop"
	}
	return nil
}

// event reads the next event: a line, or the line of server-sent events that carries data.
func event(lines *bufio.Scanner, plain bool) (data []byte, more bool) {
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if !plain {
			var found bool
			if line, found = bytes.CutPrefix(line, []byte("data:")); !found {
				continue
			}
			line = bytes.TrimSpace(line)
		}
		if len(line) > 0 {
			return line, true
		}
	}
	return nil, false
}

// post sends a question, again after 429 and the statuses of a server in trouble, and answers a response with status 200.
func (p *Plugin) post(ctx context.Context, clock hostfn.Clock, t *target, path string, body []byte, header http.Header) (*http.Response, error) {
	for n := 0; ; n++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base+path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header = header.Clone()
		req.Header.Set("Content-Type", "application/json")
		t.wire.auth(req.Header, t.key)
		resp, err := t.client.Do(req)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		_ = resp.Body.Close()
		if err != nil {
			return nil, err
		}
		if n >= maxRetries || !mayPass(resp.StatusCode) {
			return nil, refused(resp.StatusCode, text)
		}
		if err := clock.Sleep(ctx, pause(n, resp.Header.Get("Retry-After"), clock.Now())); err != nil {
			return nil, err
		}
	}
}

func mayPass(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError:
		return true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// pause is how long to wait before attempt n+1: what the server asks for, else twice as long each time, less up to half
// so that callers do not come back in step.
func pause(n int, asked string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(asked, 10, 32); err == nil {
		return max(0, min(time.Duration(seconds)*time.Second, maxPause))
	}
	if at, err := http.ParseTime(asked); err == nil {
		return max(0, min(at.Sub(now), maxPause))
	}
	d := firstPause << n
	less, err := rand.Int(rand.Reader, big.NewInt(int64(d/2)))
	if err != nil {
		return d
	}
	return d - time.Duration(less.Int64())
}

// saying is what a server says to a flow's author about the question. It is no fault: the script sees it, and the
// visitor of a flow that does not catch it does not.
type saying struct{ text string }

func (e *saying) Error() string { return e.text }

// explain makes the error that the flow's author can act on: a fault, or a saying.
func (t *talk) explain(err error) error {
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
func (t *talk) refusal(e *refusal) error {
	words := t.fn + ": " + t.target.name + " refused the question"
	if e.status != 0 {
		words += fmt.Sprintf(" (status %d)", e.status)
	}
	if e.message != "" {
		words += ": " + brief(redact(e.message, t.target.key), 300)
	}
	return &saying{words}
}

// why says what is wrong with the server.
func (t *talk) why(err error) string {
	var timed net.Error
	if e, ok := errors.AsType[*refusal](err); ok {
		return t.status(e.status)
	}
	switch {
	case errors.Is(err, errTimeout):
		return fmt.Sprintf("did not answer within %s", t.timeout)
	case errors.Is(err, errMalformed):
		return "answered something that its API does not document: is its base_url right?"
	case errors.Is(err, errBroken), errors.Is(err, io.ErrUnexpectedEOF):
		return "broke off in the middle of its answer"
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

func (t *talk) status(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "does not accept " + t.target.keyOf
	case status == http.StatusTooManyRequests:
		return "takes no more questions now: its limit of requests or its quota is used up"
	case status/100 == 3:
		return "redirects elsewhere: its base_url is not right"
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

// brief shortens a text for a message.
func brief(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
