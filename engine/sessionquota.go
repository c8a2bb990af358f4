package engine

import (
	"context"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// boundedBlobs keeps the sessions that outgrew their cookies within [session] max_mb: visitors begin as many as they
// like. It counts what this process writes, an overwritten session as a new one, and queries the database every 10 s, or every
// second once the bound is reached. Its methods may be called from any goroutine.
type boundedBlobs struct {
	store.Blobs
	clock Clock
	most  int64 // bytes; 0 = no bound
	usage usage
}

var _ syncsession.Blobs = (*boundedBlobs)(nil)

// SaveBlob implements [syncsession.Blobs]. Beyond the bound a session that is there already may still be changed.
func (b *boundedBlobs) SaveBlob(ctx context.Context, id string, data []byte, expires time.Time) error {
	if b.most > 0 {
		if err := b.reserve(ctx, id, int64(len(data))); err != nil {
			return err
		}
	}
	return b.Blobs.SaveBlob(ctx, id, data, expires)
}

func (b *boundedBlobs) reserve(ctx context.Context, id string, size int64) error {
	u, now := &b.usage, b.clock.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	fresh, err := u.refresh(ctx, b, now)
	if err != nil {
		return err
	}
	if full := u.fits(ctx, b, 0, size, fresh, now); full != nil {
		if old, err := b.LoadBlob(ctx, id); err != nil || size > int64(len(old)) {
			return full
		}
		return nil
	}
	u.bytes += size
	return nil
}

func (b *boundedBlobs) count(ctx context.Context) (keys, bytes int64, err error) {
	bytes, err = b.BlobUsage(ctx)
	return 0, bytes, err
}

func (b *boundedBlobs) prune(ctx context.Context, now time.Time) error {
	_, err := b.PruneBlobs(ctx, now)
	return err
}

func (b *boundedBlobs) over(_, bytes int64) error {
	if bytes <= b.most {
		return nil
	}
	return fault.New(fault.Unavailable, "session storage is full: sessions too large for a cookie use %d MiB ([session] max_mb); "+
		"store less in sessions, or lower [session] ttl", b.most>>20)
}
