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
	maxAnswer  = 8 << 20 // bytes of one answer, all events of a stream together
	maxRefusal = 64 << 10
	maxRetries = 2
	firstPause = 500 * time.Millisecond
	maxPause   = 30 * time.Second // also of what a server wants in Retry-After
)

var errSize = errors.New("the answer is too large")

// door is what every exchange passes, whatever its format: it tries again by the run's clock, refuses what is no answer,
// bounds what is, and remembers why the exchange failed, for the SDKs wrap that, print it or forget it.
type door struct {
	transport http.RoundTripper
	clock     hostfn.Clock
	trace     http.Header

	asked  int // bytes of the question
	failed error
}

// client gives the SDKs what they ask by. The key goes nowhere else: a redirection is a refusal.
func (d *door) client() *http.Client { return &http.Client{Transport: d} }

// RoundTrip answers a response with status 200.
func (d *door) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := d.post(req)
	if err != nil {
		d.failed = err
		return nil, err
	}
	resp.Body = &answer{body: resp.Body, left: maxAnswer, door: d}
	return resp, nil
}

// post sends a question, again after 429 and the statuses of a server in trouble.
func (d *door) post(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	d.asked = len(body)
	for n := 0; ; n++ {
		resp, err := d.try(ctx, req, body)
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
		if err := d.clock.Sleep(ctx, pause(n, resp.Header.Get("Retry-After"), d.clock.Now())); err != nil {
			return nil, err
		}
	}
}

func (d *door) try(ctx context.Context, req *http.Request, body []byte) (*http.Response, error) {
	again, err := http.NewRequestWithContext(ctx, req.Method, req.URL.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	again.Header = req.Header.Clone()
	maps.Copy(again.Header, d.trace)
	if again.Header.Get("X-Goog-Api-Key") == noKey {
		again.Header.Del("X-Goog-Api-Key")
	}
	resp, err := d.transport.RoundTrip(again)
	if err == nil && again.Header.Get("Accept") == "application/json" { // some servers call it text
		resp.Header.Set("Content-Type", "application/json")
	}
	return resp, err
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

// answer is the body of a response. Whatever goes wrong is kept for the door and looks like an end to who reads, because
// Google's SDK prints errors of a stream to the standard log.
type answer struct {
	body io.ReadCloser
	left int
	door *door
}

func (a *answer) Read(p []byte) (int, error) {
	n, err := a.body.Read(p[:min(len(p), a.left+1)])
	a.left -= n
	if a.left < 0 {
		n, err = 0, errSize
	}
	if err != nil && !errors.Is(err, io.EOF) {
		a.door.failed, err = err, io.EOF
	}
	return n, err
}

func (a *answer) Close() error {
	_ = a.body.Close()
	return nil
}
