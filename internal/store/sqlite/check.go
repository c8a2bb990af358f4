package sqlite

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// The whole file is looked through by the first probe that comes firstCheck after the start, when it slows down no start,
// and then by probes that come checkEvery after the last look or later: later where looking takes long, so that it takes
// one processor a hundredth of its time at most.
const (
	firstCheck = 2 * time.Second
	checkEvery = 10 * time.Second
	checkShare = 100
)

// checks are the looks through the whole file, on a goroutine of their own.
type checks struct {
	ctx   context.Context // ends them
	end   context.CancelFunc
	group sync.WaitGroup
	next  atomic.Int64 // when one may begin, in nanoseconds after the Store was made; never while one goes on
}

func (c *checks) start() {
	c.ctx, c.end = context.WithCancel(context.Background())
	c.next.Store(int64(firstCheck))
}

func (c *checks) stop() {
	c.end()
	c.group.Wait()
}

// lookThrough begins a look through the whole file when it is time. It reads every page, but not whether an index has
// what its table has.
func (s *Store) lookThrough() {
	c := &s.checks
	next := c.next.Load()
	if int64(time.Since(s.made)) < next || !c.next.CompareAndSwap(next, math.MaxInt64) {
		return
	}
	c.group.Go(func() {
		began := time.Now()
		s.seek(c.ctx, `PRAGMA quick_check(1)`)
		rest := max(checkEvery, checkShare*time.Since(began))
		c.next.Store(int64(time.Since(s.made) + rest))
	})
}
