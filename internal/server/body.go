package server

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// minRate is how many bytes a second a body has to come at, on average over the time that somebody waits for it.
const minRate = 1 << 10

// slowBody is a request's body whose client has to keep sending. Time in which nobody reads does not count.
type slowBody struct {
	io.ReadCloser
	control *http.ResponseController
	stall   time.Duration // longest wait for a piece
	left    time.Duration // of the time that the whole body may keep its reader waiting; every piece adds to it
}

// limitBody puts deadlines on the body of r.
func limitBody(control *http.ResponseController, r *http.Request, stall time.Duration) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	b := &slowBody{ReadCloser: r.Body, control: control, stall: stall, left: stall}
	r.Body = b
	if r.ProtoMajor == 1 {
		// What a flow leaves unread, the server reads before it answers: that must end as well.
		b.deadline(time.Now().Add(stall))
	}
}

// Read reads a piece before its deadline.
func (b *slowBody) Read(p []byte) (int, error) {
	start := time.Now()
	b.deadline(start.Add(min(b.stall, b.left)))
	n, err := b.ReadCloser.Read(p)
	b.left += time.Duration(n)*time.Second/minRate - time.Since(start)
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fault.Exceeded("time", "the request body came too slowly")
	default:
		// The connection is watched from now on to notice a client that leaves: no deadline may end that.
		b.deadline(time.Time{})
	}
	return n, err
}

// deadline is for the next piece; a writer without deadlines, as in tests, does without.
func (b *slowBody) deadline(t time.Time) {
	b.control.SetReadDeadline(t) //nolint:errcheck // see above
}
