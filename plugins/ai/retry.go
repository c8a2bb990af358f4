package ai

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"strconv"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxAnswer  = 8 << 20 // bytes of one response, all events of a stream together
	maxRefusal = 64 << 10
	maxRetries = 2
	firstPause = 500 * time.Millisecond
	maxPause   = 30 * time.Second // also of what a server wants in Retry-After
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
		if n >= maxRetries || !mayPass(resp.StatusCode) {
			return nil, refused(resp.StatusCode, text)
		}
		if err := d.clock.Sleep(ctx, pause(n, resp.Header.Get("Retry-After"), d.clock.Now())); err != nil {
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
