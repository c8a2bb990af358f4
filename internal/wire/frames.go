package wire

import (
	"encoding/binary"
	"math"
	"time"
	"unicode/utf8"
)

const (
	// freeFrames is how many frames that bring nothing a client may send at once, and frameRate how many a second after that.
	freeFrames = 1000
	frameRate  = 500

	// maxControl is how many bytes the payload of a close frame may have.
	maxControl = 125

	// smallFrame is how many bytes of a message a part of it must bring.
	smallFrame = 126
)

// frames follows the frames that the client of a WebSocket sends (RFC 6455, 5.2) and counts those that bring nothing: pings
// and the like, empty ones, and small parts of a message. The run does not see them: they are dealt with while it waits, by
// as many connections at a time as there are.
type frames struct {
	head    [14]byte
	n       int   // bytes of head
	left    int64 // bytes of the frame's payload that have not come
	open    bool  // a message has begun and its last frame has not
	closed  bool  // the close frame has begun, with which all ends
	owed    float64
	counted time.Time
}

// count takes the next bytes and returns how many frames that bring nothing begin there. It stops at the payload of a close
// frame: last is that, and what follows.
func (f *frames) count(b []byte) (n int, last []byte) {
	for len(b) > 0 && !f.closed {
		if f.left > 0 {
			skip := min(f.left, int64(len(b)))
			f.left -= skip
			b = b[skip:]
			continue
		}
		f.head[f.n] = b[0]
		f.n++
		b = b[1:]
		if f.n < 2 || f.n < f.size() {
			continue
		}
		f.left, f.n = f.payload(), 0
		final, opcode := f.head[0]&0x80 != 0, f.head[0]&0x0f
		whole := final && (opcode == 1 || opcode == 2)
		if f.left < smallFrame && (!whole || f.left == 0) {
			n++
		}
		if opcode < 8 {
			f.open = !final
		}
		if f.closed = f.head[0] == 0x88; f.closed {
			return n, b
		}
	}
	return n, nil
}

// within reports whether the client is in the middle of a message or a frame.
func (f *frames) within() bool { return !f.closed && (f.open || f.left > 0 || f.n > 0) }

// mend changes the payload of a close frame whose reason is not UTF-8: its code becomes 1007, which the answer repeats (RFC 6455,
// 7.4.1 and 8.1), and what is no text in it question marks.
func (f *frames) mend(payload []byte) {
	f.mask(payload)
	if code, reason := payload[:2], payload[2:]; !utf8.Valid(reason) {
		binary.BigEndian.PutUint16(code, 1007)
		for len(reason) > 0 {
			r, n := utf8.DecodeRune(reason)
			if r == utf8.RuneError && n == 1 {
				reason[0] = '?'
			}
			reason = reason[n:]
		}
	}
	f.mask(payload)
}

// mask takes the mask of the frame off its payload, or puts it on.
func (f *frames) mask(payload []byte) {
	key := f.head[f.size()-4:]
	for i := range payload {
		payload[i] ^= key[i%4]
	}
}

// size returns how many bytes the head of the frame has.
func (f *frames) size() int {
	n := 2
	switch f.head[1] & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if f.masked() {
		n += 4
	}
	return n
}

func (f *frames) masked() bool { return f.head[1]&0x80 != 0 }

func (f *frames) payload() int64 {
	switch n := f.head[1] & 0x7f; n {
	case 126:
		return int64(binary.BigEndian.Uint16(f.head[2:]))
	case 127:
		return int64(min(binary.BigEndian.Uint64(f.head[2:]), math.MaxInt64))
	default:
		return int64(n)
	}
}

// wait returns how long the client has to wait after so many frames that bring nothing.
func (f *frames) wait(n int, now time.Time) time.Duration {
	if n == 0 {
		return 0
	}
	f.owed = max(0, f.owed-frameRate*now.Sub(f.counted).Seconds()) + float64(n)
	f.counted = now
	return max(0, time.Duration((f.owed-freeFrames)/frameRate*float64(time.Second)))
}
