package runloop

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

// resume takes back the run's place, and its slot if it had one.
func (r *run) resume(slot bool) error {
	conn := r.web.Conn()
	if r.observer.finished.Load() || conn == nil {
		return nil
	}
	if err := r.place.Retake(&r.life); err != nil {
		return err
	}
	conn.Keep()
	if slot {
		return r.slot.Take()
	}
	return nil
}

// exchangeHost is a run as its exchange sees it.
type exchangeHost run

var _ exchange.Host = (*exchangeHost)(nil)

// Log returns the log of the run.
func (h *exchangeHost) Log() *slog.Logger { return h.log.lines() }

// NodeLog returns the log of the node that is visited.
func (h *exchangeHost) NodeLog() *slog.Logger { return (*run)(h).nodeLog() }

// SaveSession puts the visitor's session into the header of the response.
func (h *exchangeHost) SaveSession(header http.Header) error { return h.session.SaveTo(header) }

// Sending notes that the run has nothing left to do but to send its response.
func (h *exchangeHost) Sending() { h.life.answering.Store(true) }

// Blocked notes that the script waits for the client, until done is called.
func (h *exchangeHost) Blocked() (done func()) { return h.scope.blocked() }

// Resume has the run take back its place.
func (h *exchangeHost) Resume() error { return (*run)(h).resume(false) }

// clientWait is a run as its client's connection sees it.
type clientWait run

var _ wire.Waiter = (*clientWait)(nil)

// Before reports whether the run holds a slot.
func (w *clientWait) Before() bool { return w.slot.Held() }

// Paused takes the wait for the body out of the run's time.
func (w *clientWait) Paused(took time.Duration) { w.life.pause(took) }

// After has the run take back what the watch took from it while it waited.
func (w *clientWait) After(slot bool) error { return (*run)(w).resume(slot) }
