package ratelimit

import (
	"sync"
	"time"
)

const (
	shards = 64

	// maxClients bounds each shard: a million clients take some 60 MB. A client of a full shard is counted in place of
	// another, which then starts anew.
	maxClients = 1 << 20 / shards
)

// memory counts for one instance.
type memory struct {
	every  time.Duration
	shards [shards]shard
}

type shard struct {
	mu      sync.Mutex
	clean   time.Time // when idle clients are removed again
	clients map[key]time.Time
}

func newMemory(every time.Duration) *memory {
	m := &memory{every: every}
	for i := range m.shards {
		m.shards[i].clients = map[key]time.Time{}
	}
	return m
}

// take counts a request, and returns how long the client needs to be paid off. A request that is refused costs nothing.
func (m *memory) take(k key, l limit, now time.Time) (left time.Duration, allowed bool) {
	s := &m.shards[k[0]%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if !now.Before(s.clean) {
		s.sweep(now)
		s.clean = now.Add(m.every)
	}
	paid, known := s.clients[k]
	if paid.Before(now) {
		paid = now
	}
	next := paid.Add(l.each)
	if next.Sub(now) > time.Duration(l.most)*l.each {
		return paid.Sub(now), false
	}
	if !known && len(s.clients) >= maxClients {
		s.makeRoom(now)
	}
	s.clients[k] = next
	return next.Sub(now), true
}

// sweep removes the clients that are paid off: they stand where an unknown one does.
func (s *shard) sweep(now time.Time) {
	for k, paid := range s.clients {
		if !paid.After(now) {
			delete(s.clients, k)
		}
	}
}

func (s *shard) makeRoom(now time.Time) {
	for k, paid := range s.clients {
		delete(s.clients, k)
		if paid.After(now) {
			return
		}
	}
}
