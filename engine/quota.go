package engine

import (
	"context"
	"sync"
	"time"
)

const (
	// countEvery is how old a count of what the database keeps may be: what other processes write is seen after that time.
	countEvery = 10 * time.Second

	// recountEvery is the time between two counts where what may be kept is used up.
	recountEvery = time.Second
)

// usage is what is kept of one kind, counted by this process between two counts of the database.
type usage struct {
	mu          sync.Mutex
	keys, bytes int64
	counted     time.Time
}

// kept is what a usage counts.
type kept interface {
	count(ctx context.Context) (keys, bytes int64, err error)
	prune(ctx context.Context, now time.Time) error // removes what has expired
	over(keys, bytes int64) error                   // says which bound so much is beyond, nil for none
}

// refresh counts anew what was counted long ago, and reports whether it did. It needs u.mu.
func (u *usage) refresh(ctx context.Context, k kept, now time.Time) (fresh bool, err error) {
	if now.Sub(u.counted) <= countEvery {
		return false, nil
	}
	return true, u.count(ctx, k, now)
}

// fits returns the error of k for so much more than is kept, after what has expired has made room. fresh says that refresh
// has just counted. It needs u.mu.
func (u *usage) fits(ctx context.Context, k kept, keys, bytes int64, fresh bool, now time.Time) error {
	err := k.over(u.keys+keys, u.bytes+bytes)
	if err == nil || !fresh && now.Sub(u.counted) < recountEvery {
		return err
	}
	if err := k.prune(ctx, now); err != nil {
		return err
	}
	if err := u.count(ctx, k, now); err != nil {
		return err
	}
	return k.over(u.keys+keys, u.bytes+bytes)
}

func (u *usage) count(ctx context.Context, k kept, now time.Time) (err error) {
	if u.keys, u.bytes, err = k.count(ctx); err == nil {
		u.counted = now
	}
	return err
}

// add changes the count.
func (u *usage) add(keys, bytes int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.keys, u.bytes = u.keys+keys, u.bytes+bytes
}
