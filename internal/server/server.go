// Package server is HTTP around the flows: listening, TLS and HTTP/2, timeouts, the client's address, compression, the
// access log, rate limits and /health.
//
// internal/app makes a Server and passes the flows as an echo.HandlerFunc. The package knows nothing of
// apps, flows or sessions; bodies are capped and errors of flows answered where flows are, in the engine, because
// programs embed that in servers of their own.
//
// The way of a request: Server.ServeHTTP cleans what proxies say, puts a writer before the client (writer.go: compression;
// internal/wire: the deadlines of body and answer), answers what no flow may (health, OPTIONS, refusals, what is over a
// limit) and passes the rest to the flows.
package server

import (
	"cmp"
	"compress/gzip"
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/ratelimit"
	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

const (
	maxHeaderBytes = 64 << 10 // of a request, all headers together
	maxHeaders     = 128      // of a request, counted by value
	maxStreams     = 250      // concurrent requests on one HTTP/2 connection

	// freshGrace is how long a stop lets a connection that is open already send its first request.
	freshGrace = 250 * time.Millisecond
)

// Options say what a Server serves and how. Only Flows is needed.
type Options struct {
	Flows  echo.HandlerFunc                 // serves every path that is not the server's own
	Errors echo.HTTPErrorHandler            // writes the response for errors of Flows. Defaults to Echo's
	CORS   func(http.Header, *http.Request) // sets CORS headers on a response that Flows does not write. Defaults to none
	Health func(context.Context) Report     // called for each request to HealthPath
	Ready  func() bool                      // called for each request to ReadyPath: whether new requests are wanted
	Log    *slog.Logger                     // Defaults to saying nothing
	Meter  Meter                            // counts requests to Flows. Defaults to none

	// Pages returns the handler of a path in place of Flows, nil for most; quiet ones are logged at debug level. Defaults to
	// none.
	Pages func(path string) (page http.Handler, quiet bool)

	Limits    *ratelimit.Limiter // called for each request to Flows. Defaults to none
	LimitText string             // `error` of a request over a limit. Defaults to "too many requests"
	HideRetry bool               // over a limit, leave header Retry-After out

	Admin     http.Handler // serves paths below AdminPath, which no flow sees. Defaults to none
	AdminPath string       // without a slash at its end

	HealthPath     string         // Defaults to none: Health is not called
	ReadyPath      string         // Defaults to none: Ready is not called
	TrustedProxies []netip.Prefix // peers whose forwarding headers are trusted. Defaults to none
	CertFile       string         // PEM, certificate with its chain; read again when it changes. Defaults to none: no TLS
	KeyFile        string         // PEM, private key; needed with CertFile
	Timeouts       Timeouts
	MaxFresh       int   // connections that have sent no whole request. Defaults to half of the descriptors that the process may have
	MaxUnread      int64 // bytes of bodies that clients are still sending, of all requests together. Defaults to no bound
	MaxUnsent      int64 // bytes of responses that clients have not taken, of all requests together. Defaults to no bound
}

// Meter counts requests. It must not wait.
type Meter interface {
	Begin()
	End(method string, status int, took time.Duration) // after each Begin
	Limit(kind string)                                 // a request was refused: "rate"
}

// Timeouts bound how long a client may take. None of them bounds a flow: streams and long polls continue as long as their
// client reads.
type Timeouts struct {
	Header time.Duration // until all headers are there. Defaults to 10 s
	Body   time.Duration // between two pieces of a body, which also has to come at 1 KiB/s on average. Defaults to 20 s
	Whole  time.Duration // for a body as a whole, counted while the flow waits for it. Defaults to 5 min
	Write  time.Duration // until the client has taken a piece of the response. Defaults to 30 s
	Idle   time.Duration // between two requests on a connection. Defaults to 60 s
}

func (t *Timeouts) setDefaults() {
	t.Header = cmp.Or(t.Header, 10*time.Second)
	t.Body = cmp.Or(t.Body, 20*time.Second)
	t.Write = cmp.Or(t.Write, 30*time.Second)
	t.Idle = cmp.Or(t.Idle, time.Minute)
}

// Server serves flows over HTTP. Its methods may be called from any goroutine.
type Server struct {
	opts    Options
	proxies proxies
	echo    *echo.Echo
	http    *http.Server
	zip     sync.Pool // of *gzip.Writer
	wire    wire.Limits
	noSniff []string // the value of a header that most responses share

	mu    sync.Mutex
	fresh map[net.Conn]*list.Element // connections that have not sent a whole request yet, and their place in order
	order list.List                  // of fresh, the oldest first
	some  atomic.Bool                // fresh is not empty
}

// New makes a Server. It reads the certificate but opens no listener.
func New(o Options) (*Server, error) {
	o.Timeouts.setDefaults()
	o.MaxFresh = cmp.Or(o.MaxFresh, descriptors()/2)
	o.LimitText = cmp.Or(o.LimitText, "too many requests")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{opts: o, proxies: o.TrustedProxies, echo: echo.New(), noSniff: []string{"nosniff"}, fresh: map[net.Conn]*list.Element{}}
	s.wire = wire.Limits{Stall: o.Timeouts.Body, Body: o.Timeouts.Whole, Write: o.Timeouts.Write}
	if s.wire.SetDefaults(); o.MaxUnsent > 0 {
		s.wire.Unsent = wire.NewBudget(o.MaxUnsent, "clients read their responses too slowly: this one was cut off ([server] max_unsent_mb)")
	}
	if o.MaxUnread > 0 {
		s.wire.Unread = wire.NewBudget(o.MaxUnread, "too many slow uploads: try again")
	}
	s.zip.New = func() any { return gzip.NewWriter(nil) }
	s.echo.IPExtractor = s.proxies.client
	if o.Errors != nil {
		s.echo.HTTPErrorHandler = o.Errors
	}

	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: o.Timeouts.Header,
		IdleTimeout:       o.Timeouts.Idle,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         s.track,
		ConnContext:       s.meet,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug), // what hostile clients cause
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams,
			SendPingTimeout:      o.Timeouts.Write,
			WriteByteTimeout:     o.Timeouts.Write,
		},
	}
	if o.CertFile != "" {
		certs, err := openCertificate(o.CertFile, o.KeyFile, o.Log)
		if err != nil {
			return nil, err
		}
		s.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certs.get}
	}
	return s, nil
}

// Serve serves on l, with TLS when there is a certificate, until Stop is called; that is no error. It closes l.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	wire.Tune(l)
	l = wire.Calm(l)
	var err error
	if s.http.TLSConfig != nil {
		err = s.http.ServeTLS(wire.Hasty(l), "", "")
	} else {
		err = s.http.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Client returns the address that a request came from, as far as trusted proxies name it.
func (s *Server) Client(r *http.Request) string { return s.proxies.client(r) }

// Stop stops accepting immediately, waits until the requests that are being answered are done, and closes what is left when
// ctx ends. It may be called before Serve, which then returns immediately, and more than once.
func (s *Server) Stop(ctx context.Context) {
	late := time.AfterFunc(freshGrace, s.dropFresh)
	defer late.Stop()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close() //nolint:errcheck // closing is all that is left
	}
}

// track keeps the list of connections without a request. http.Server would wait seconds for them when it stops, and
// browsers open such connections ahead of need. One that is idle has been active before.
func (s *Server) track(c net.Conn, state http.ConnState) {
	if state == http.StateIdle || state != http.StateNew && !s.some.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if state != http.StateNew {
		s.forget(c)
		return
	}
	if len(s.fresh) >= s.opts.MaxFresh {
		s.dropOldest()
	}
	s.fresh[c] = s.order.PushBack(c)
	s.some.Store(true)
}

// forget takes a connection off the list of those without a request. mu is held.
func (s *Server) forget(c net.Conn) {
	if place := s.fresh[c]; place != nil {
		s.order.Remove(place)
		delete(s.fresh, c)
		s.some.Store(len(s.fresh) > 0)
	}
}

// dropOldest closes the connection that has been without a request for longest: many may be open, by clients that send nothing,
// and each holds a descriptor that another client needs. mu is held.
func (s *Server) dropOldest() {
	c := s.order.Front().Value.(net.Conn)
	s.forget(c)
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn() // whose close waits for nobody
	}
	c.Close() //nolint:errcheck // no caller is left to report it to
}

func (s *Server) dropFresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.fresh {
		c.Close() //nolint:errcheck // no caller is left to report it to
	}
}
