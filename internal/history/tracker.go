package history

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/logger"
)

// TrackerOptions say how a Tracker works.
type TrackerOptions struct {
	Write   func(ctx context.Context, rows []store.TrackRow) error // writes a batch: all or none
	Mask    func(text string) string                               // hides secrets. Defaults to leaving texts as they are
	Workers int                                                    // concurrent writers. Defaults to 4
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
	write := o.Write
	if o.Mask != nil {
		write = func(ctx context.Context, rows []store.TrackRow) error {
			for i := range rows {
				masker{o.Mask}.row(&rows[i])
			}
			return o.Write(ctx, rows)
		}
	}
	return &Tracker{newWriter(writerOptions[store.TrackRow]{
		what: "tracker rows", write: write, workers: o.Workers, batch: o.Batch, flush: o.Flush, buffer: o.Buffer,
		stats: o.Stats, verbose: o.Verbose, log: o.Log,
	})}
}

// row takes secrets out of what visitors and flows put into a row.
func (m masker) row(r *store.TrackRow) {
	if r.Payload != "" {
		r.Payload = string(m.data([]byte(r.Payload)))
	}
	r.QueryParam = m.query(r.QueryParam)
	for _, text := range []*string{&r.URL, &r.UserAgent, &r.Username, &r.Host} {
		*text = m.text(*text)
	}
}

// query masks a query of an address: values that are named like a secret, and what the mask finds, escaped or not.
func (m masker) query(raw string) string {
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(value)
		if decoded, bad := url.QueryUnescape(name); value != "" && (err != nil || bad != nil || logger.IsSecretName(decoded)) {
			pairs[i] = name + "=" + hidden
		} else if masked := m.text(plain); masked != plain {
			pairs[i] = name + "=" + url.QueryEscape(masked)
		}
	}
	return m.text(strings.Join(pairs, "&"))
}

// Add queues a row. It never waits: a row that does not fit is counted as dropped.
func (t *Tracker) Add(row store.TrackRow) { t.add(row) }
