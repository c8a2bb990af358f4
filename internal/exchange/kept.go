package exchange

import (
	"context"
	"net/http"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// maxKept is how large the answer of a flow may be that another flow calls.
const maxKept = 16 << 20

// Kept is the answer of a run that another run called. It goes to the caller, and to no client.
type Kept struct {
	Status int
	Body   []byte
	header http.Header
}

// Header implements [http.ResponseWriter].
func (k *Kept) Header() http.Header { return k.header }

// WriteHeader notes the status; an informational one goes nowhere.
func (k *Kept) WriteHeader(status int) {
	if k.Status == 0 && status >= 200 {
		k.Status = status
	}
}

// Write keeps the bytes.
func (k *Kept) Write(b []byte) (int, error) {
	if len(k.Body)+len(b) > maxKept {
		return 0, fault.Exceeded("answer", "the answer of a flow that is called may have %d MB", maxKept>>20)
	}
	k.WriteHeader(http.StatusOK)
	k.Body = append(k.Body, b...)
	return len(b), nil
}

// Flush implements [http.Flusher]: there is nobody to send to.
func (k *Kept) Flush() {}

// OpenCalled makes x that of a run that parent's run calls: as OpenDetached, but its response is kept for the caller.
func (x *Exchange) OpenCalled(base context.Context, h Host, parent *Exchange, m graph.Match) {
	x.kept = &Kept{header: http.Header{}}
	x.OpenDetached(base, h, parent, m)
}

// Kept returns the answer of a run that was called, nil where it gave none.
func (x *Exchange) Kept() *Kept {
	if x.kept == nil || !x.Answered() {
		return nil
	}
	return x.kept
}

// Refuses reports whether nobody gets an answer.
func (x *Exchange) Refuses() bool { return x.detached && x.kept == nil }
