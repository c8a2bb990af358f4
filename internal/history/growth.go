package history

import (
	"context"
	"sync"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// pruneShare is the part of what is kept that may come on top of it before old runs are removed immediately. After twice as
// much nothing is written until they are.
const pruneShare = 16

// growth is what was written since old runs were removed last. Its zero value needs wake.
type growth struct {
	wake chan struct{} // has room for one: old runs are to be removed now

	mu          sync.Mutex
	runs, bytes int64
	removed     chan struct{} // closed when they have been; nil while nothing waits
}

func (g *growth) add(runs, bytes int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runs, g.bytes = g.runs+runs, g.bytes+bytes
}

// over reports whether more has come than so many shares of what is kept; mu is held.
func (g *growth) over(keep store.Retention, shares int64) bool {
	return keep.MaxRuns > 0 && g.runs > keep.MaxRuns/pruneShare*shares || keep.MaxBytes > 0 && g.bytes > keep.MaxBytes/pruneShare*shares
}

// room has old runs removed when much was written since, and waits for that when very much was: what comes meanwhile waits
// in memory, and beyond that is dropped and counted.
func (g *growth) room(ctx context.Context, keep store.Retention, quit <-chan struct{}) {
	g.mu.Lock()
	soon, now := g.over(keep, 1), g.over(keep, 2)
	if now && g.removed == nil {
		g.removed = make(chan struct{})
	}
	removed := g.removed
	g.mu.Unlock()
	if soon {
		select {
		case g.wake <- struct{}{}:
		default:
		}
	}
	if now {
		select {
		case <-removed:
		case <-quit: // nothing is removed any more
		case <-ctx.Done():
		}
	}
}

// begin returns what was written until now, which end takes off.
func (g *growth) begin() (runs, bytes int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.runs, g.bytes
}

// end notes that old runs were removed.
func (g *growth) end(runs, bytes int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runs, g.bytes = g.runs-runs, g.bytes-bytes
	if g.removed != nil {
		close(g.removed)
		g.removed = nil
	}
}
