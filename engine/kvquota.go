package engine

import (
	"context"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/state"
)

const maxDigits = 20 // of a number that kv.incr keeps

// boundedKV keeps the values of apps within [kv] max_keys and max_mb. It counts what this process writes exactly, once an
// app has used half of what it may; until then an overwritten value counts as a new one. Its methods may be called from
// any goroutine.
type boundedKV struct {
	store.KV
	clock       Clock
	keys, bytes int64 // of one app; 0 = none

	mu   sync.Mutex
	apps map[string]*usage
}

var _ state.KV = (*boundedKV)(nil)

func (rt *Runtime) boundedKV() *boundedKV {
	c := &rt.config.KV
	return &boundedKV{KV: rt.store, clock: rt.clock, keys: c.MaxKeys.Int64(), bytes: c.MaxMB.Int64() << 20}
}

func (b *boundedKV) usage(app string) *usage {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.apps[app] == nil {
		if b.apps == nil {
			b.apps = map[string]*usage{}
		}
		b.apps[app] = &usage{}
	}
	return b.apps[app]
}

// KVSet implements [state.KV].
func (b *boundedKV) KVSet(ctx context.Context, app, key, value string, expires time.Time) error {
	undo, err := b.reserve(ctx, app, key, int64(len(value)), false)
	if err != nil {
		return err
	}
	if err := b.KV.KVSet(ctx, app, key, value, expires); err != nil {
		undo()
		return err
	}
	return nil
}

// KVIncr implements [state.KV].
func (b *boundedKV) KVIncr(ctx context.Context, app, key string, by int64, expires, now time.Time) (int64, error) {
	undo, err := b.reserve(ctx, app, key, maxDigits, true)
	if err != nil {
		return 0, err
	}
	sum, err := b.KV.KVIncr(ctx, app, key, by, expires, now)
	if err != nil {
		undo()
	}
	return sum, err
}

// KVDelete implements [state.KV].
func (b *boundedKV) KVDelete(ctx context.Context, app, key string, now time.Time) (bool, error) {
	found, err := b.KV.KVDelete(ctx, app, key, now)
	if found {
		u := b.usage(app)
		u.mu.Lock()
		u.counted = time.Time{} // deletions may free space immediately
		u.mu.Unlock()
	}
	return found, err
}

// reserve counts a value before it is written, and refuses one that is too much. A number that is there already counts for
// nothing. undo takes the count back.
func (b *boundedKV) reserve(ctx context.Context, app, key string, size int64, number bool) (undo func(), err error) {
	if b.keys == 0 && b.bytes == 0 {
		return func() {}, nil
	}
	u, now := b.usage(app), b.clock.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	keys, bytes := int64(1), int64(len(key))+size
	kept := &appKV{b, app}
	fresh, err := u.refresh(ctx, kept, now)
	if err != nil {
		return nil, err
	}
	if b.over(2*(u.keys+keys), 2*(u.bytes+bytes)) != nil { // half is used: from here on exactly
		old, found, err := b.KVGet(ctx, app, key, now)
		if err != nil {
			return nil, err
		}
		if found {
			keys, bytes = 0, size-int64(len(old))
			if number {
				bytes = 0
			}
		}
		if keys > 0 || bytes > 0 {
			if err := u.fits(ctx, kept, keys, bytes, fresh, now); err != nil {
				return nil, err
			}
		}
	}
	u.keys, u.bytes = u.keys+keys, u.bytes+bytes
	return func() { u.add(-keys, -bytes) }, nil
}

// appKV is what one app keeps.
type appKV struct {
	*boundedKV
	app string
}

func (k *appKV) count(ctx context.Context) (keys, bytes int64, err error) {
	return k.KVUsage(ctx, k.app)
}

func (k *appKV) prune(ctx context.Context, now time.Time) error {
	_, err := k.PruneKV(ctx, now)
	return err
}

// over returns an error with the bound that so many keys and bytes exceed, nil for none.
func (b *boundedKV) over(keys, bytes int64) error {
	switch {
	case b.keys > 0 && keys > b.keys:
		return fault.New(fault.Script, "kv: the app has %d keys, the maximum ([kv] max_keys): delete some, or set a time to live", b.keys)
	case b.bytes > 0 && bytes > b.bytes:
		return fault.New(fault.Script, "kv: the values of the app would exceed %d MiB ([kv] max_mb): delete some, or set a time to live", b.bytes>>20)
	}
	return nil
}
