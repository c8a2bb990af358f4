package wire

import (
	"bufio"
	"net"
	"net/http"

	"github.com/coder/websocket"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Upgrade takes the connection of a request over as a WebSocket. A refusal is an error with the status that the protocol wants;
// nothing of it is sent but headers that belong to it.
func Upgrade(w http.ResponseWriter, q *http.Request, options *websocket.AcceptOptions) (*websocket.Conn, error) {
	refused := &refusal{ResponseWriter: w}
	conn, err := websocket.Accept(refused, q, options)
	if refused.status == 0 {
		return conn, err
	}
	w.Header().Del("Content-Type") // of the library's own text
	w.Header().Del("X-Content-Type-Options")
	f := fault.New(fault.Invalid, "this request is no WebSocket upgrade: check c.IsWebSocket() first")
	f.Code, f.Cause = refused.status, err
	switch refused.status {
	case http.StatusForbidden:
		f.Text = "pages of another site may not connect: name their hosts in option origins of c.WebSocket"
	case http.StatusMethodNotAllowed:
		f.Text = "a WebSocket begins with method GET"
		w.Header().Set("Allow", http.MethodGet)
	case http.StatusBadRequest:
		f.Text = "the WebSocket upgrade is malformed: it needs Sec-WebSocket-Version 13 and one Sec-WebSocket-Key of 16 bytes"
	}
	return nil, f
}

// refusal is the writer of an upgrade, which notes a refusal in place of sending it.
type refusal struct {
	http.ResponseWriter
	status int // of the refusal
}

// WriteHeader notes the status of an error.
func (r *refusal) WriteHeader(status int) {
	if status < http.StatusBadRequest {
		r.ResponseWriter.WriteHeader(status)
		return
	}
	r.status = status
}

// Write drops the text of a refusal.
func (r *refusal) Write(b []byte) (int, error) {
	if r.status != 0 {
		return len(b), nil
	}
	return r.ResponseWriter.Write(b)
}

// Hijack returns the connection.
func (r *refusal) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(r.ResponseWriter).Hijack()
}
