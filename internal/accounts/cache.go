package accounts

import (
	"context"
	"sync"
	"time"
)

const (
	// believed is how long a value of the database is cached, unless a change is reported: changes made
	// here and by other processes count immediately, and what is written to PostgreSQL by hand within this time.
	believed = 5 * time.Second

	// maxCached bounds each cache: names come from whoever sends a request.
	maxCached = 10_000
)

// cache remembers what the database said. Its zero value is ready to be used.
type cache[T any] struct {
	mu    sync.Mutex
	known map[string]entry[T]
	epoch int // of the last clear: what was looked up before it is not remembered
}

type entry[T any] struct {
	value T
	until time.Time
}

// get returns the cached value, else the result of ask. Errors are not cached.
func (c *cache[T]) get(ctx context.Context, key string, now time.Time, ask func(context.Context) (T, error)) (T, error) {
	c.mu.Lock()
	e, ok := c.known[key]
	epoch := c.epoch
	c.mu.Unlock()
	if ok && now.Before(e.until) {
		return e.value, nil
	}
	value, err := ask(ctx)
	if err == nil {
		c.put(key, value, now, epoch)
	}
	return value, err
}

func (c *cache[T]) put(key string, value T, now time.Time, epoch int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if epoch != c.epoch {
		return
	}
	if c.known == nil {
		c.known = map[string]entry[T]{}
	}
	if len(c.known) >= maxCached {
		c.makeRoom(now)
	}
	c.known[key] = entry[T]{value, now.Add(believed)}
}

// makeRoom drops what is too old, or anything when nothing is.
func (c *cache[T]) makeRoom(now time.Time) {
	for key, e := range c.known {
		if !now.Before(e.until) {
			delete(c.known, key)
		}
	}
	for key := range c.known {
		if len(c.known) < maxCached {
			return
		}
		delete(c.known, key)
	}
}

// set replaces what is known of a key.
func (c *cache[T]) set(key string, value T, now time.Time) {
	c.mu.Lock()
	epoch := c.epoch
	c.mu.Unlock()
	c.put(key, value, now, epoch)
}

// clear forgets everything.
func (c *cache[T]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = nil
	c.epoch++
}
