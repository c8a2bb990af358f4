package server

import (
	"net/http"
	"time"
)

// Report is what /health says.
type Report struct {
	Status     string               `json:"status"` // Healthy or Unhealthy
	Timestamp  time.Time            `json:"timestamp"`
	Uptime     string               `json:"uptime"` // as in "1h2m3s"
	Version    string               `json:"version"`
	Components map[string]Component `json:"components"`
}

// Component is a part of the runtime, as /health sees it. It holds nothing that the public should not read.
type Component struct {
	Status  string `json:"status"`
	Reason  string `json:"reason,omitempty"`  // one word, as in "disk_full"; "" where none is known
	Message string `json:"message,omitempty"` // what is wrong and how to fix it, of an unhealthy component
	Live    *int64 `json:"live,omitempty"`    // runs alive now, of component processes
	Bytes   uint64 `json:"bytes,omitempty"`   // in use, of component memory
	Dropped *int64 `json:"dropped,omitempty"` // records that were lost, of component history
}

// Degraded is the state of the component sandbox when the linked goja is not the one that it knows: limits are kept, but
// cost more.
const Degraded = "degraded"

// The states of a Report and its Components.
const (
	Healthy   = "healthy"
	Unhealthy = "unhealthy"
)

// answerReady writes 200 while new requests are wanted, else 503.
func (s *Server) answerReady(w *writer) {
	type state struct {
		Status string `json:"status"`
	}
	if s.opts.Ready() {
		writeJSON(w, http.StatusOK, state{"ready"})
		return
	}
	writeJSON(w, http.StatusServiceUnavailable, state{"draining"})
}

// answerHealth writes 200, or 503 when something that requests need does not work.
func (s *Server) answerHealth(w *writer, r *http.Request) {
	report := s.opts.Health(r.Context())
	status := http.StatusOK
	if report.Status != Healthy {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, report)
}
