package engine

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// formMemory is how much of a multipart form is kept in memory; files beyond it go to the disk until the request ends.
const formMemory = 1 << 20

// manyParameters is how many net/url takes; of more it gives none.
const manyParameters = 10000

// exchange is the request of a run and its answer. A fork has one too: a copy of the request, and an answer that
// refuses.
type exchange struct {
	run   *run
	echo  echo.Context
	match graph.Match
	held  heldWriter // not used in forks

	form     url.Values // query and body
	posted   url.Values // body only
	body     []byte     // of what is not a form; read when asked for
	bodyRead bool
	streams  bool // the answer comes in pieces
	detached bool // a fork's: nothing it says reaches the client

	client context.Context // done when the client has gone; nil when that ends nothing
}

func (rt *Runtime) newExchange(c echo.Context, m graph.Match) exchange {
	x := exchange{echo: c, match: m}
	if *rt.config.VMPoolConfig.CancelOnDisconnect {
		x.client = c.Request().Context()
	}
	return x
}

// Context gives the request in Echo's shape.
func (x *exchange) Context() echo.Context { return x.echo }

// Vars gives the values of the pattern's :names.
func (x *exchange) Vars() map[string]string { return x.match.Vars }

// Endpoint gives the escaped path without its continuation.
func (x *exchange) Endpoint() string { return x.match.Endpoint }

// Form gives the parameters of query and body.
func (x *exchange) Form() url.Values { return x.form }

// next gives the id of the node to continue at, "" for none.
func (x *exchange) next() string {
	if x.match.Next != "" {
		return x.match.Next
	}
	if bodyMethod(x.echo.Request().Method) {
		return x.posted.Get(nextField)
	}
	return x.form.Get(nextField)
}

// readParameters reads query and form. A body of another kind is left for PostData.
func (x *exchange) readParameters(limit int64) error {
	q := x.echo.Request()
	if limit > 0 {
		if q.ContentLength > limit {
			return errTooLarge(limit)
		}
		if q.Body != nil && q.Body != http.NoBody {
			q.Body = http.MaxBytesReader(&x.held, q.Body, limit)
		}
	}
	if q.URL.RawQuery == "" && (q.Body == nil || q.Body == http.NoBody || !bodyMethod(q.Method)) {
		return nil
	}
	var err error
	switch kind, _, _ := mime.ParseMediaType(q.Header.Get("Content-Type")); {
	case kind == "multipart/form-data" && bodyMethod(q.Method):
		err = q.ParseMultipartForm(formMemory)
	case kind == "application/x-www-form-urlencoded":
		err = q.ParseForm()
	default:
		x.form = q.URL.Query() // what is not escaped rightly is left out
		if len(x.form) == 0 && strings.Count(q.URL.RawQuery, "&") >= manyParameters {
			return fault.New(fault.Invalid, "the request has more than %d parameters", manyParameters)
		}
		return nil
	}
	if err != nil {
		return readFailure(err)
	}
	x.form, x.posted = q.Form, q.PostForm
	if q.MultipartForm != nil {
		x.posted = q.MultipartForm.Value
	}
	return nil
}

// parameters makes payload values of the request's parameters: one value as text, several as a list; nil without any.
func (x *exchange) parameters() map[string]any {
	if len(x.form) == 0 {
		return nil
	}
	data := make(map[string]any, len(x.form))
	for k, values := range x.form {
		switch {
		case k == nextField, k == "break":
		case len(values) == 1:
			data[k] = values[0]
		default:
			list := make([]any, len(values))
			for i := range values {
				list[i] = values[i]
			}
			data[k] = list
		}
	}
	return data
}

// PostData gives the parsed JSON of the body, the first value of each parameter of a form, or the text of a body of
// another kind.
func (x *exchange) PostData() (any, error) {
	if x.posted != nil {
		first := make(map[string]any, len(x.posted))
		for k := range x.posted {
			first[k] = x.posted.Get(k)
		}
		return first, nil
	}
	body, err := x.readBody()
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return map[string]any{}, err
	}
	kind, _, _ := mime.ParseMediaType(x.echo.Request().Header.Get("Content-Type"))
	if kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return string(body), nil
	}
	v, err := hostfn.Decode(body)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the request body is not valid JSON")
	}
	return v, nil
}

func (x *exchange) readBody() ([]byte, error) {
	q := x.echo.Request()
	if x.bodyRead || q.Body == nil {
		return x.body, nil
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, readFailure(err)
	}
	x.body, x.bodyRead = body, true
	q.Body = io.NopCloser(bytes.NewReader(body)) // for steps in Go that bind it
	return body, nil
}

// gone tells whether the client has gone away. It may be called from any goroutine.
func (x *exchange) gone() bool {
	return x.client != nil && x.client.Err() != nil
}

// answered tells whether the run has answered.
func (x *exchange) answered() bool { return x.echo.Response().Committed }

// Answer lets write give the run's answer. Only the first counts; a later one is dropped with a warning in the log. It
// is sent when the run ends or waits, so that the session can travel with it.
func (x *exchange) Answer(write func(echo.Context) error) error {
	if x.detached {
		return fault.New(fault.Script, "a fork cannot answer the client: answer on output_1")
	}
	if x.answered() {
		x.run.logger().Warn("the run answered before: this answer is dropped", "node", x.run.node.ID, "name", x.run.node.Label)
		return nil
	}
	return write(x.echo)
}

// Stream lets write add to an answer in pieces, or begin one. What is flushed leaves at once, and the session with it.
func (x *exchange) Stream(write func(echo.Context) error) error {
	if !x.detached && x.streams {
		return write(x.echo)
	}
	begun := x.answered()
	err := x.Answer(write)
	x.streams = !begun && !x.detached
	return err
}

// hold keeps the answer back until the run knows what its session holds.
func (x *exchange) hold() {
	res := x.echo.Response()
	x.held.ResponseWriter, x.held.session = res.Writer, &x.run.session
	res.Writer = &x.held
}

// withdraw takes back an answer that has not left yet, so that an error can take its place.
func (x *exchange) withdraw() {
	res := x.echo.Response()
	if res.Committed && x.held.withdraw() {
		res.Committed, res.Status, res.Size = false, 0, 0
	}
}

// release sends what was held, or an empty 200 when nothing was answered, and answers what the client got.
func (x *exchange) release() (status int, bytes int64) {
	res := x.echo.Response()
	if !res.Committed && !x.held.sent {
		res.WriteHeader(http.StatusOK)
	}
	x.held.whole = true
	if err := x.held.commit(); err != nil {
		x.run.logger().Debug("the answer did not reach the client", "error", err)
	}
	res.Writer = x.held.ResponseWriter
	return x.held.status, x.held.bytes
}
