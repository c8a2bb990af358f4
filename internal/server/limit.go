package server

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// overLimit is the response to a request over the limit.
type overLimit struct {
	Error      string `json:"error"`
	RetryAfter int    `json:"retry_after"` // seconds
}

// admit reports whether a request may pass to the flows, and sets the headers of its client: X-RateLimit-Limit is how many
// requests it may send in one burst, Remaining how many are left of them, and Reset the second, in Unix time, at which none is
// missing. A request over the limit is answered here.
func (s *Server) admit(w *writer, r *http.Request) bool {
	if s.opts.Limits == nil {
		return true
	}
	d := s.opts.Limits.Take(r, s.proxies.client(r))
	if !d.Counted {
		return true
	}
	h := w.Header()
	h["X-Ratelimit-Limit"] = []string{strconv.Itoa(d.Limit)}
	h["X-Ratelimit-Remaining"] = []string{strconv.Itoa(d.Remaining)}
	h["X-Ratelimit-Reset"] = []string{strconv.FormatInt(d.Reset.Add(time.Second-1).Unix(), 10)}
	if !d.Refused {
		return true
	}
	seconds := int(math.Ceil(d.Retry.Seconds()))
	if !s.opts.HideRetry {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	if s.opts.CORS != nil {
		s.opts.CORS(h, r)
	}
	writeJSON(w, http.StatusTooManyRequests, overLimit{s.opts.LimitText, seconds})
	return false
}
