package history

import (
	"context"
	"log/slog"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// TrackerOptions say how a Tracker works.
type TrackerOptions struct {
	Write   func(ctx context.Context, rows []store.TrackRow) error // writes a batch: all or none
	Workers int                                                    // writers at once. Defaults to 4
	Batch   int                                                    // rows in one write. Defaults to 100
	Flush   time.Duration                                          // longest wait of a row. Defaults to 250 ms
	Buffer  int                                                    // rows waiting; more are dropped. Defaults to 100000
	Stats   time.Duration                                          // between log lines of totals. Defaults to none
	Verbose bool                                                   // a log line for each batch
	Log     *slog.Logger
}

// Tracker fills nFlow's table tracker, one row per node visited, in batches from goroutines of its own. Its methods may
// be called from any goroutine.
type Tracker struct{ *writer[store.TrackRow] }

// NewTracker starts a tracker. Close ends it.
func NewTracker(o TrackerOptions) *Tracker {
	return &Tracker{newWriter(writerOptions[store.TrackRow]{
		what: "tracker rows", write: o.Write, workers: o.Workers, batch: o.Batch, flush: o.Flush, buffer: o.Buffer,
		stats: o.Stats, verbose: o.Verbose, log: o.Log,
	})}
}

// Add hands a row over. It never waits: a row for which there is no room is counted as dropped.
func (t *Tracker) Add(row store.TrackRow) { t.add(row) }
