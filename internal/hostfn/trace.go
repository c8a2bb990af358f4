package hostfn

import (
	"net/http"
	"regexp"
)

// The forms that W3C Trace Context gives its headers. They come from visitors: all else of theirs is not passed on.
var (
	traceparent = regexp.MustCompile(`^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
	tracestate  = regexp.MustCompile(`^[a-z0-9_*/@-]+=[\x20-\x2b\x2d-\x3c\x3e-\x7e]+([ \t]*,[ \t]*[a-z0-9_*/@-]+=[\x20-\x2b\x2d-\x3c\x3e-\x7e]+)*$`)
)

// maxTracestate is how many characters a tracestate that is passed on has at most; the standard asks for no more.
const maxTracestate = 512

// Traceparent is Trace, or "" when that has not the form of W3C Trace Context.
func (r *Run) Traceparent() string {
	if !traceparent.MatchString(r.Trace) {
		return ""
	}
	return r.Trace
}

// PassTrace puts the trace of the run into the headers of a call to another service.
func (r *Run) PassTrace(h http.Header) {
	parent := r.Traceparent()
	if parent == "" {
		return
	}
	h.Set("Traceparent", parent)
	if len(r.TraceState) <= maxTracestate && tracestate.MatchString(r.TraceState) {
		h.Set("Tracestate", r.TraceState)
	}
}
