package ai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/retry"
)

const (
	maxAnswer  = 8 << 20 // bytes of one response, all events of a stream together
	maxRefusal = 64 << 10
)

var errSize = errors.New("the response is too large")

// retryTransport is what every exchange passes, whatever its format: it tries again by the run's clock, refuses what is no response
// and bounds what is. A redirection is a refusal: the key goes nowhere else.
type retryTransport struct {
	transport http.RoundTripper
	clock     hostfn.Clock
	trace     http.Header

	asked int // bytes of the question
}

// post sends a question, again after 429 and the statuses of a server in trouble, and returns the body of a response with
// status 200. Fails with a *refusal, or with what the transport says.
func (d *retryTransport) post(ctx context.Context, q request) (io.ReadCloser, error) {
	body, err := hostfn.Encode(q.body)
	if err != nil {
		return nil, err
	}
	d.asked = len(body)
	again := retry.Policy{Retries: 2, First: 500 * time.Millisecond, Most: time.Second}
	for n := 0; ; n++ {
		resp, err := d.try(ctx, q, body)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusOK {
			return &answer{body: resp.Body, left: maxAnswer}, nil
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		_ = resp.Body.Close()
		if err != nil {
			return nil, err
		}
		if n >= again.Retries || !retry.MayPass(resp.StatusCode) {
			return nil, refused(resp.StatusCode, text)
		}
		if err := again.Wait(ctx, d.clock, n, resp.Header); err != nil {
			return nil, err
		}
	}
}

func (d *retryTransport) try(ctx context.Context, q request, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, q.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, q.header)
	maps.Copy(req.Header, d.trace)
	req.Header.Set("Content-Type", "application/json")
	return d.transport.RoundTrip(req)
}

// answer is the body of a response, up to maxAnswer bytes.
type answer struct {
	body io.ReadCloser
	left int
}

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p[:min(len(p), a.left+1)])
	a.left -= n
	if a.left < 0 {
		return 0, errSize
	}
	return n, err
}

func (a *answer) Close() error { return a.body.Close() }
