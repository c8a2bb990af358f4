package server

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/problem"
)

// maxLogged is how many bytes of a path the access log shows.
const maxLogged = 512

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(raw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	peer := peerOf(r)
	peer.hasFirst()
	if r.Context().Err() != nil { // on HTTP/2 the client has taken its request back before it had its turn
		peer.countReset(start)
		return
	}
	s.proxies.clean(r)
	w := s.newWriter(raw, r)
	quiet := false
	defer func() { s.logAccess(w, r, start, quiet) }()
	defer func() {
		if cause := recover(); cause != nil {
			s.recovered(w, r, cause)
		}
		if peer != nil && r.Context().Err() != nil && !w.begun() {
			peer.countReset(time.Now())
		}
		w.finish()
	}()

	get := r.Method == http.MethodGet || r.Method == http.MethodHead
	page, hushed := s.page(r.URL.Path)
	switch {
	case countHeaders(r.Header) > maxHeaders:
		refuse(w, r, http.StatusRequestHeaderFieldsTooLarge, "the request has more than "+strconv.Itoa(maxHeaders)+" headers")
	case r.Method == http.MethodTrace || r.Method == http.MethodConnect:
		refuse(w, r, http.StatusMethodNotAllowed, "method "+r.Method+" is not served here")
	case get && s.opts.HealthPath != "" && r.URL.Path == s.opts.HealthPath:
		quiet = true
		s.answerHealth(w, r)
	case get && s.opts.ReadyPath != "" && r.URL.Path == s.opts.ReadyPath:
		quiet = true
		s.answerReady(w)
	case page != nil:
		quiet = hushed
		if hushed || s.admit(w, r) {
			page.ServeHTTP(w, r)
		}
	case s.isAdmin(r):
		if s.admit(w, r) {
			quiet = r.Method == http.MethodGet
			s.opts.Admin.ServeHTTP(w, r)
		}
	default:
		s.answerFlows(w, r, start)
	}
}

func (s *Server) isAdmin(r *http.Request) bool {
	rest, below := strings.CutPrefix(r.URL.Path, s.opts.AdminPath)
	return s.opts.Admin != nil && below && (rest == "" || rest[0] == '/')
}

// page returns the handler of a path that no flow serves.
func (s *Server) page(path string) (page http.Handler, quiet bool) {
	if s.opts.Pages == nil {
		return nil, false
	}
	return s.opts.Pages(path)
}

// answerFlows passes the request to the flows, unless its client is over a limit.
func (s *Server) answerFlows(w *writer, r *http.Request, start time.Time) {
	m := s.opts.Meter
	if m == nil {
		if s.admit(w, r) {
			s.callFlows(w, r)
		}
		return
	}
	m.Begin()
	status := http.StatusInternalServerError // of a panic
	defer func() { m.End(r.Method, status, time.Since(start)) }()
	if s.admit(w, r) {
		s.callFlows(w, r)
	} else {
		m.Limit("rate")
	}
	status = cmp.Or(w.status, http.StatusOK)
}

// callFlows calls the flows as Echo would for a route of all paths and methods. They route themselves.
func (s *Server) callFlows(w *writer, r *http.Request) {
	c := s.echo.AcquireContext()
	c.Reset(r, w)
	c.SetPath("/*")
	var err error = echo.ErrNotFound // of a request target without a path, such as *
	if strings.HasPrefix(r.URL.Path, "/") {
		err = s.opts.Flows(c)
	}
	if err != nil {
		s.echo.HTTPErrorHandler(err, c)
	}
	s.echo.ReleaseContext(c) // not after a panic: it may be in use
}

func countHeaders(h http.Header) (n int) {
	for _, values := range h {
		n += len(values)
	}
	return n
}

// refuse writes a response of the server itself.
func refuse(w *writer, r *http.Request, status int, message string) {
	guard(w.Header())
	problem.Write(w, r, problem.Answer{Message: message, Code: status}) //nolint:errcheck // the client is gone
}

// guard sets the headers of a response of the server itself: no frames, scripts or caching.
func guard(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// writeJSON writes a response of the server itself.
func writeJSON(w *writer, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types are ours
	}
	guard(w.Header())
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	w.Write(text) //nolint:errcheck // the client is gone
}

// recovered responds to a panic outside of any run; what panics in a run ends that run in the engine. A response that
// has begun is cut off, so that the client does not take it for whole.
func (s *Server) recovered(w *writer, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // it is thrown as it is
		w.abort()
		panic(cause)
	}
	s.opts.Log.Error("panic while answering", "method", r.Method, "path", logged(r), "panic", fault.Print(cause), "stack", string(debug.Stack()))
	if w.begun() {
		w.abort()
		panic(http.ErrAbortHandler)
	}
	w.reset()
	refuse(w, r, http.StatusInternalServerError, "internal error")
}

func (s *Server) logAccess(w *writer, r *http.Request, start time.Time, quiet bool) {
	level := slog.LevelInfo
	if quiet {
		level = slog.LevelDebug
	}
	wid := ""
	if run := w.Header()[problem.WidHeader]; len(run) > 0 {
		wid = run[0]
		level = slog.LevelDebug // the engine has logged the run
	}
	if !s.opts.Log.Enabled(r.Context(), level) {
		return
	}
	sent := w.conn.Sent()
	if r.Method == http.MethodHead {
		sent = 0 // net/http ate them
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", logged(r)), slog.Int("status", w.status), slog.Int64("bytes", sent),
		slog.Float64("ms", float64(time.Since(start).Microseconds())/1000), slog.String("client", s.proxies.client(r)),
	}
	if wid != "" {
		attrs = append(attrs, slog.String("wid", wid))
	}
	s.opts.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// logged returns the path without its query, which may hold secrets.
func logged(r *http.Request) string {
	return clip.Text(r.URL.EscapedPath(), maxLogged)
}
