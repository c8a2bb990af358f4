package history

import (
	"math/bits"
	"time"
)

// Durations are counted in classes, four to each doubling: what a class stands for is right within 13 %.

const (
	perDoubling = 4
	classes     = 4 * 32 // up to 2^33 µs, over two hours; what takes longer is in the last
)

// classOf returns the class of a duration.
func classOf(d time.Duration) int {
	us := uint64(max(0, d.Microseconds()))
	if us < perDoubling {
		return int(us)
	}
	doubling := bits.Len64(us) - 3 // of perDoubling
	return min(classes-1, (doubling+1)*perDoubling+int(us>>doubling)-perDoubling)
}

// ClassDuration returns the middle of a class.
func ClassDuration(class int) time.Duration {
	if class < perDoubling {
		return time.Duration(class) * time.Microsecond
	}
	doubling := class/perDoubling - 1
	width := int64(1) << doubling
	return time.Duration(int64(class%perDoubling+perDoubling)*width+width/2) * time.Microsecond
}
