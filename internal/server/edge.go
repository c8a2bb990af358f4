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
)

// widHeader names the run in an answer of a flow; the access log repeats it.
const widHeader = "Nflow-Wid-1"

// maxLogged is how many bytes of a path the access log shows.
const maxLogged = 512

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(raw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	s.proxies.clean(r)
	w := s.newWriter(raw, r)
	quiet := false
	defer func() { s.logAccess(w, r, start, quiet) }()
	defer func() {
		if cause := recover(); cause != nil {
			s.recovered(w, r, cause)
		}
		w.finish()
	}()
	limitBody(&w.control, r, s.opts.Timeouts.Body)

	get := r.Method == http.MethodGet || r.Method == http.MethodHead
	page, hushed := s.page(r.URL.Path)
	switch {
	case countHeaders(r.Header) > maxHeaders:
		refuse(w, http.StatusRequestHeaderFieldsTooLarge, "the request has more than "+strconv.Itoa(maxHeaders)+" headers")
	case r.Method == http.MethodTrace || r.Method == http.MethodConnect:
		refuse(w, http.StatusMethodNotAllowed, "method "+r.Method+" is not served here")
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
	case r.Method == http.MethodOptions && s.answerOptions(w, r):
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

// page gives what answers a path in place of the flows.
func (s *Server) page(path string) (page http.Handler, quiet bool) {
	if s.opts.Pages == nil {
		return nil, false
	}
	return s.opts.Pages(path)
}

// answerFlows hands the request to the flows, unless its client is over a limit.
func (s *Server) answerFlows(w *writer, r *http.Request, start time.Time) {
	m := s.opts.Meter
	if m == nil {
		if s.admit(w, r) {
			s.echo.ServeHTTP(w, r)
		}
		return
	}
	m.Begin()
	status := http.StatusInternalServerError // of a panic
	defer func() { m.End(r.Method, status, time.Since(start)) }()
	if s.admit(w, r) {
		s.echo.ServeHTTP(w, r)
	} else {
		m.Limit("rate")
	}
	status = cmp.Or(w.status, http.StatusOK)
}

func countHeaders(h http.Header) (n int) {
	for _, values := range h {
		n += len(values)
	}
	return n
}

// answerOptions tells the methods of a path, when it has any.
func (s *Server) answerOptions(w *writer, r *http.Request) bool {
	if s.opts.Allow == nil {
		return false
	}
	methods := s.opts.Allow(r.URL.EscapedPath())
	if len(methods) == 0 {
		return false
	}
	w.Header().Set("Allow", strings.Join(append(methods, http.MethodOptions), ", "))
	w.WriteHeader(http.StatusNoContent)
	return true
}

// refusal is the JSON of an answer that no flow gave, in the shape of the engine's errors.
type refusal struct {
	Message string `json:"message"`
	Code    int    `json:"code"`
}

func refuse(w *writer, status int, message string) {
	writeJSON(w, status, refusal{message, status})
}

// writeJSON gives an answer of the server's own. It is nobody's page: no frame, script or cache has to do with it.
func writeJSON(w *writer, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types are ours
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(text) //nolint:errcheck // the client is gone
}

// recovered answers for a panic outside of any run; what panics in a run ends that run in the engine. An answer that
// has begun is cut off, so that the client does not take it for whole.
func (s *Server) recovered(w *writer, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // it is thrown as it is
		w.abort()
		panic(cause)
	}
	s.opts.Log.Error("panic while answering", "method", r.Method, "path", logged(r), "panic", cause, "stack", string(debug.Stack()))
	if w.begun() {
		w.abort()
		panic(http.ErrAbortHandler)
	}
	w.reset()
	refuse(w, http.StatusInternalServerError, "internal error")
}

func (s *Server) logAccess(w *writer, r *http.Request, start time.Time, quiet bool) {
	level := slog.LevelInfo
	if quiet {
		level = slog.LevelDebug
	}
	wid := ""
	if run := w.Header()[widHeader]; len(run) > 0 {
		wid = run[0]
		level = slog.LevelDebug // the engine has told of the run
	}
	if !s.opts.Log.Enabled(r.Context(), level) {
		return
	}
	if r.Method == http.MethodHead {
		w.sent = 0 // net/http ate them
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", logged(r)), slog.Int("status", w.status), slog.Int64("bytes", w.sent),
		slog.Float64("ms", float64(time.Since(start).Microseconds())/1000), slog.String("client", s.proxies.client(r)),
	}
	if wid != "" {
		attrs = append(attrs, slog.String("wid", wid))
	}
	s.opts.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// logged gives the path without its query, which may hold secrets.
func logged(r *http.Request) string {
	path := r.URL.EscapedPath()
	if len(path) > maxLogged {
		path = path[:maxLogged] + "…"
	}
	return path
}
