package token

import (
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/crypto"
)

const (
	maxKeySets  = 100              // that are kept
	keySetLife  = 10 * time.Minute // after which a set is fetched again
	keySetStale = time.Hour        // for which a set is used that cannot be fetched again, from when it was fetched
	keySetPause = 30 * time.Second // between two fetches for keys that are not known, or after one that failed
)

// keySets keeps the sets of keys that were fetched, by URL. It is shared by all runs.
type keySets struct {
	mu   sync.Mutex
	sets map[string]*fetchedSet
}

// fetchedSet is what is known of one URL. Its fields are guarded by the mutex of keySets.
type fetchedSet struct {
	set      *crypto.KeySet // nil until a fetch has succeeded
	at       time.Time
	tried    time.Time     // when the last fetch began
	failed   error         // of the last fetch, nil when it succeeded or its run ended before it
	fetching chan struct{} // closed when the fetch under way is over; nil without one
}

func newKeySets() *keySets { return &keySets{sets: map[string]*fetchedSet{}} }

// fetcher gets a set for a run.
type fetcher interface {
	now() time.Time
	fetch() (*crypto.KeySet, error)
	wait(over <-chan struct{}) error // lets the run wait; fails when the run ends first
	ended() bool                     // whether the run is over, and so a fetch failed for a reason of its own
	failed(err error)                // is called for each failed fetch
}

// get returns the set of a URL, which is fetched when it is not known or older than keySetLife. A set that cannot be fetched
// again is used for keySetStale. A key that is not in the set may have come since: then it is fetched again, but not for every
// token with an invented key id.
func (c *keySets) get(address string, f fetcher) (*crypto.KeySet, error) {
	set, err := c.newer(address, nil, f)
	if err != nil {
		return nil, err
	}
	known := *set
	known.Again = func() (*crypto.KeySet, error) { return c.newer(address, set, f) }
	return &known, nil
}

// newer returns another set of a URL than the one seen, nil for any, or that one when there is no other yet. Of the callers that want
// at the same time one fetches; the others wait for it, or use the old set while it is refreshed.
func (c *keySets) newer(address string, seen *crypto.KeySet, f fetcher) (*crypto.KeySet, error) {
	for waited := false; ; waited = true {
		now := f.now()
		c.mu.Lock()
		s := c.entry(address, now)
		set, failed, fetching := s.set, s.failed, s.fetching
		begins := fetching == nil && !(waited && failed != nil) && (set == nil || now.Sub(s.tried) >= keySetPause)
		fresh := set != nil && set != seen && now.Sub(s.at) <= keySetLife
		if begins && !fresh {
			s.fetching, s.tried = make(chan struct{}), now
		}
		c.mu.Unlock()
		switch {
		case fresh:
			return set, nil
		case begins:
			return c.refresh(s, now, f)
		case set != nil && (seen == nil || fetching == nil):
			return set, nil
		case fetching == nil:
			return nil, failed
		}
		if err := f.wait(fetching); err != nil {
			return nil, err
		}
	}
}

// refresh fetches a set for all that wait for it.
func (c *keySets) refresh(s *fetchedSet, now time.Time, f fetcher) (set *crypto.KeySet, err error) {
	err = fault.New(fault.Internal, "the fetch of the keys ended unexpectedly") // unless it comes back
	ended := false
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(s.fetching)
		s.fetching, s.failed = nil, err
		switch {
		case err == nil:
			s.set, s.at = set, now
		case ended: // another run is to try
			s.failed, s.tried = nil, time.Time{}
		case s.set != nil:
			set, err = s.set, nil
		}
	}()
	set, err = f.fetch()
	if ended = err != nil && f.ended(); err != nil && !ended {
		f.failed(err)
	}
	return set, err
}

// entry returns what is known of a URL, without a set that is too old.
func (c *keySets) entry(address string, now time.Time) *fetchedSet {
	s := c.sets[address]
	if s == nil {
		for other, known := range c.sets { // any: what is in use is fetched again
			if len(c.sets) < maxKeySets {
				break
			}
			if known.fetching == nil {
				delete(c.sets, other)
			}
		}
		s = &fetchedSet{}
		c.sets[address] = s
	}
	if s.set != nil && now.Sub(s.at) > keySetStale {
		s.set = nil
	}
	return s
}
