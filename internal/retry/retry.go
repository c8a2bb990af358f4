// Package retry says when an HTTP request is worth sending again, and how long to wait before. The plugins and the exporter
// of traces call it; it sends nothing.
package retry

import (
	"context"
	"crypto/rand"
	"math/big"
	"net/http"
	"strconv"
	"time"
)

// MaxAsked is the longest pause that a server gets by Retry-After.
const MaxAsked = 30 * time.Second

// Policy is how often a request is sent again, and how long the pauses are.
type Policy struct {
	Retries int           // after the first attempt
	First   time.Duration // the pause before the first of them; each next one is twice as long
	Most    time.Duration // the longest, where the server asks for none
}

// Clock reads the time and sleeps.
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until ctx is done, and then returns its cause.
	Sleep(ctx context.Context, d time.Duration) error
}

// MayPass reports whether a status is that of a trouble which may pass.
func MayPass(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Wait waits before retry n, from 0 on: as long as the response's Retry-After asks, else by the policy. header may be nil.
// Fails with the cause of ctx's end.
func (p Policy) Wait(ctx context.Context, clock Clock, n int, header http.Header) error {
	d, asked := Asked(header, clock.Now())
	if !asked {
		d = p.pause(n)
	}
	return clock.Sleep(ctx, d)
}

// Asked returns the pause that a response's Retry-After asks for, as seconds or as a date: at most MaxAsked, at least 0.
func Asked(header http.Header, now time.Time) (pause time.Duration, ok bool) {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return max(0, min(time.Duration(seconds)*time.Second, MaxAsked)), true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, min(at.Sub(now), MaxAsked)), true
	}
	return 0, false
}

// pause doubles with each retry, less up to half, so that callers do not come back in step.
func (p Policy) pause(n int) time.Duration {
	d := min(p.First<<n, p.Most)
	less, err := rand.Int(rand.Reader, big.NewInt(int64(d/2)))
	if err != nil {
		return d
	}
	return d - time.Duration(less.Int64())
}
