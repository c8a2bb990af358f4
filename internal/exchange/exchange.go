// Package exchange holds the request of a run and its response. It reads the parameters and the body that a client sends, holds
// the response until the run knows what its session holds, and lets other goroutines ask whether the client is still there. A
// fork has an exchange, too: a copy of the request, and a response that refuses.
//
// The run loop makes one for each run, and the globals of flow code work on it. It does not know runs: what it needs of one
// is in Host.
package exchange

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

// NextField is the form field that names the node to continue at.
const NextField = "nflow_next_node_run"

// VersionHeader is the response header with the version of the app.
const VersionHeader = "Nflow-Version"

// Host is the run that an Exchange belongs to.
type Host interface {
	Log() *slog.Logger               // of the run
	NodeLog() *slog.Logger           // of the node that is visited
	SaveSession(h http.Header) error // before the header of the response leaves
	Sending()                        // all that is left to do is to send what was held
	Blocked() (done func())          // the script waits until done is called
	Resume() error                   // the client's body has been read: the run may need its place again
}

// Limits bound what clients send and get.
type Limits struct {
	Body   int64 // bytes of a request's body; 0 = none
	Answer int64 // bytes of a response; 0 = none
	Gone   bool  // a client that goes away ends its run
	Wire   wire.Limits
}

// Exchange is the request of a run and its response. It belongs to the run's goroutine, but for Conn and Gone.
type Exchange struct {
	host   Host
	limits *Limits
	echo   echo.Context
	match  graph.Match
	held   heldWriter // not used in forks

	in       *input // nil where the request has neither a query nor a body
	streams  bool   // the answer comes in pieces
	detached bool   // a fork's, or that of a run that was called: nothing it says reaches the client
	kept     *Kept
	told     int // forks whose ids the client got

	conn *wire.Conn // the client's connection; nil in forks
	own  *wire.Conn // the same, where no server has brought one
}

// Open makes x the exchange of a request that matched.
func (x *Exchange) Open(h Host, l *Limits, c echo.Context, m graph.Match) {
	x.host, x.limits, x.echo, x.match = h, l, c, m
}

// OpenDetached makes x that of a fork, which gets the request of parent without what belongs to the client alone. The
// request ends with base.
func (x *Exchange) OpenDetached(base context.Context, h Host, parent *Exchange, m graph.Match) {
	q := parent.echo.Request().Clone(base)
	q.Body = http.NoBody
	q.Header.Del("Cookie")
	q.Header.Del("Authorization")
	q.MultipartForm = nil
	var w http.ResponseWriter = RefusingWriter{}
	if x.kept != nil {
		w = x.kept
	}
	c := parent.echo.Echo().NewContext(q, w)
	c.SetPath(parent.echo.Path())
	x.Open(h, parent.limits, c, m)
	x.detached, x.in = true, parent.in.shared()
}

// RefusingWriter is the response of a fork: everything written to it is discarded.
type RefusingWriter struct{}

// Header implements [http.ResponseWriter].
func (RefusingWriter) Header() http.Header { return http.Header{} }

// Write implements [http.ResponseWriter].
func (RefusingWriter) Write([]byte) (int, error) { return 0, errDetached() }

// WriteHeader implements [http.ResponseWriter].
func (RefusingWriter) WriteHeader(int) {}

// Connect finds the connection of the client, or makes one of the request where no server of ours brought it. w is told
// when the run waits for the client.
func (x *Exchange) Connect(w wire.Waiter) {
	res := x.echo.Response()
	c := wire.Of(res.Writer)
	if c == nil {
		c = new(wire.Conn)
		x.own = c
		c.Open(res.Writer, x.echo.Request(), &x.limits.Wire)
		res.Writer = c
	}
	c.Attach(w)
	x.conn = c
}

// Close leaves the connection to the server of the request, and removes what the body was spooled to.
func (x *Exchange) Close() {
	if c := x.conn; c != nil {
		c.Attach(nil)
		x.held.drop()
		if c == x.own {
			x.own.Release()
			x.echo.Response().Writer = c.Unwrap()
		}
	}
	x.in.close()
}

// Conn returns the client's connection, nil in forks. It may be called from any goroutine.
func (x *Exchange) Conn() *wire.Conn { return x.conn }

// Match returns what the request matched.
func (x *Exchange) Match() graph.Match { return x.match }

// Starter returns the starter that the request matched, nil for none.
func (x *Exchange) Starter() *graph.Starter { return x.match.Starter }

// Detached reports whether this is a fork's, or that of a run that was called: there is no client.
func (x *Exchange) Detached() bool { return x.detached }

// Request returns the request.
func (x *Exchange) Request() *http.Request { return x.echo.Request() }

// Context returns the request in Echo's shape.
func (x *Exchange) Context() echo.Context { return x.echo }

// Vars returns the values of the pattern's :names.
func (x *Exchange) Vars() map[string]string { return x.match.Vars }

// Endpoint returns the escaped path without its continuation.
func (x *Exchange) Endpoint() string { return x.match.Endpoint }

// Form returns the parameters of query and body, and their names in the order in which they came.
func (x *Exchange) Form() (url.Values, []string) {
	if x.in == nil {
		return nil, nil
	}
	return x.in.form, x.in.names
}

// Query returns the parameters of the query.
func (x *Exchange) Query() body.Form {
	if x.in == nil {
		return nil
	}
	return x.in.query
}

// Next returns the id of the node to continue at, "" for none.
func (x *Exchange) Next() string {
	if x.match.Next != "" {
		return x.match.Next
	}
	if x.in == nil {
		return ""
	}
	if bodyMethod(x.echo.Request().Method) {
		return x.in.fields.Get(NextField)
	}
	return x.in.form.Get(NextField)
}

// Gone reports whether the client has gone away and that ends the run. It may be called from any goroutine.
func (x *Exchange) Gone() bool {
	return x.conn != nil && x.limits.Gone && x.conn.Gone()
}

// Answered reports whether the run has answered.
func (x *Exchange) Answered() bool { return x.echo.Response().Committed }

// Answer lets write write the run's response. Only the first counts; a later one is dropped with a warning in the log. It
// is sent when the run ends or waits, so that the session can travel with it.
func (x *Exchange) Answer(write func(echo.Context) error) error {
	if x.Refuses() {
		return errDetached()
	}
	if x.Answered() {
		x.host.NodeLog().Warn("the run has already responded: this response is dropped")
		return nil
	}
	return write(x.echo)
}

// Stream lets write add to a response in pieces, or begin one. What is flushed leaves immediately, and the session with it.
func (x *Exchange) Stream(write func(echo.Context) error) error {
	if !x.Refuses() && x.streams {
		return write(x.echo)
	}
	begun := x.Answered()
	err := x.Answer(write)
	x.streams = !begun && !x.Refuses()
	return err
}

// Hold keeps the response back until the run knows what its session holds.
func (x *Exchange) Hold() {
	res := x.echo.Response()
	x.held = heldWriter{ResponseWriter: res.Writer, exchange: x}
	res.Writer = &x.held
}

// Unhold lets the caller answer in place of the run.
func (x *Exchange) Unhold() { x.echo.Response().Writer = x.held.ResponseWriter }

// Withdraw takes back a response that has not left yet, so that an error can take its place.
func (x *Exchange) Withdraw() {
	res := x.echo.Response()
	if res.Committed && x.held.withdraw() {
		res.Committed, res.Status, res.Size = false, 0, 0
	}
}

// Release sends what was held, or an empty 200 when nothing was answered, and returns what the client got.
func (x *Exchange) Release() (status int, bytes int64) {
	res := x.echo.Response()
	if !res.Committed && !x.held.sent {
		res.WriteHeader(http.StatusOK)
	}
	x.held.whole = true
	if err := x.held.commit(); err != nil {
		level := slog.LevelDebug // the client has gone
		if _, cut := errors.AsType[*fault.Error](err); cut {
			level = slog.LevelWarn
		}
		x.host.Log().Log(x.Request().Context(), level, "the response did not reach the client", "error", err)
	}
	res.Writer = x.held.ResponseWriter
	return x.held.status, x.held.bytes
}

// errDetached is the error of a response in a fork.
func errDetached() error {
	return fault.New(fault.Script, "a fork cannot respond to the client: respond on output_1")
}

// Status returns the status of the answer, 0 before there is one.
func (x *Exchange) Status() int {
	if k := x.Kept(); k != nil {
		return k.Status
	}
	return x.held.status
}

// Recorded returns what distinguishes the response from others, for the recording of a run.
func (x *Exchange) Recorded() (head, body string, whole bool) {
	w := &x.held
	if w.sent {
		return "", "", false
	}
	return strconv.Itoa(w.status) + " " + w.Header().Get("Content-Type"), string(w.body), true
}

// Memory returns the bytes that the exchange holds.
func (x *Exchange) Memory() int64 {
	n := x.InputMemory() + int64(len(x.held.body))
	if x.kept != nil {
		n += int64(len(x.kept.Body))
	}
	return n
}

// InputMemory returns the bytes of the request's body and parameters that are held in memory.
func (x *Exchange) InputMemory() int64 { return x.in.weight() }

// MaxTold is how many forks of one run are named to its client: proxies take a few KiB of headers.
const MaxTold = 30

// Announce names a fork to the client, while the response has not left. Forks of forks have no client.
func (x *Exchange) Announce(wid string) {
	if x.detached || x.held.sent || x.told == MaxTold {
		return
	}
	x.told++
	x.echo.Response().Header()["Dromedary-Wid-"+strconv.Itoa(x.told+1)] = []string{wid}
}

// bodyMethod reports whether a request of this method carries its parameters in the body.
func bodyMethod(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}
