package engine

import (
	"crypto/rand"
	"sync"

	"github.com/google/uuid"
)

// ids makes random UUIDs, version 4 of RFC 9562, from any goroutine. It takes random bytes for many at a time: a system call
// for each cost more than all else of an id.
type ids struct {
	mu     sync.Mutex
	random [64 * len(uuid.UUID{})]byte
	left   int // of random
}

func (i *ids) next() string {
	var id uuid.UUID
	i.mu.Lock()
	if i.left == 0 {
		rand.Read(i.random[:]) // never fails
		i.left = len(i.random)
	}
	i.left -= copy(id[:], i.random[i.left-len(id):i.left])
	i.mu.Unlock()
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}
