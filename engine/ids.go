package engine

import (
	"crypto/rand"
	"sync"

	"github.com/google/uuid"
)

// ids makes random UUIDs, version 4 of RFC 9562, from any goroutine. It takes random bytes for many at a time: a system call
// for each cost more than all else of an id. So did a lock that all runs share.
type ids struct{ spare sync.Pool } // of *random

// random is what ids are made of.
type random struct {
	bytes [64 * len(uuid.UUID{})]byte
	left  int // of bytes
}

func (i *ids) next() string {
	r, _ := i.spare.Get().(*random)
	if r == nil {
		r = new(random)
	}
	if r.left == 0 {
		rand.Read(r.bytes[:]) // never fails
		r.left = len(r.bytes)
	}
	var id uuid.UUID
	r.left -= copy(id[:], r.bytes[r.left-len(id):r.left])
	i.spare.Put(r)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}
