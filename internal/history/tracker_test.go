package history

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTrackerWritesAll(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got, batches := 0, 0
	tr := NewTracker(TrackerOptions{
		Workers: 2, Batch: 10, Stats: time.Millisecond, Verbose: true, Log: slog.New(slog.DiscardHandler),
		Write: func(_ context.Context, rows []store.TrackRow) error {
			mu.Lock()
			defer mu.Unlock()
			got += len(rows)
			batches++
			if len(rows) > 10 {
				t.Errorf("a batch of %d", len(rows))
			}
			return nil
		},
	})
	for range 95 {
		tr.Add(store.TrackRow{})
	}
	tr.Close(t.Context())
	tr.Close(t.Context())
	tr.Add(store.TrackRow{})
	if written, dropped, waiting := tr.Stats(); got != 95 || written != 95 || dropped != 1 || waiting != 0 || batches < 10 {
		t.Errorf("got %d in %d batches; written %d, dropped %d, waiting %d", got, batches, written, dropped, waiting)
	}
}

func TestTrackerNeverBlocks(t *testing.T) {
	t.Parallel()
	tr := NewTracker(TrackerOptions{
		Workers: 1, Batch: 1, Buffer: 5, Log: slog.New(slog.DiscardHandler),
		Write: func(ctx context.Context, _ []store.TrackRow) error { <-ctx.Done(); return ctx.Err() },
	})
	for range 100 {
		tr.Add(store.TrackRow{})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tr.Close(ctx)
	if written, dropped, _ := tr.Stats(); written != 0 || dropped != 100 {
		t.Errorf("written %d, dropped %d of 100", written, dropped)
	}
}

func TestTrackerCountsLosses(t *testing.T) {
	t.Parallel()
	tr := NewTracker(TrackerOptions{Log: slog.New(slog.DiscardHandler), Write: func(context.Context, []store.TrackRow) error { return errors.New("disk full") }})
	tr.Add(store.TrackRow{})
	tr.Close(t.Context())
	if _, dropped, _ := tr.Stats(); dropped != 1 {
		t.Errorf("dropped %d", dropped)
	}
}
