package sandbox

import (
	"fmt"
	"strings"
)

// How deep calls may be nested. What a script exceeds is a RangeError that it can catch.
const (
	maxCalls   = 5500 // contexts of goja: one for a function that another calls, two for one that a native or an accessor calls
	maxNatives = 1000 // calls from natives and accessors, and resumed generators: each lies on Go's stack, some 4 KB of it
	fewCalls   = 256  // below it nothing is worth a check

	// goja's own bound, which no script can catch, for what nests without entering a function: generators that resume one another.
	// goja unwinds natives in quadratic time when a run is stopped, during which nothing can end it: 1,000 take a tenth of a second,
	// 2,000 half of one, 5,000 two and a half (findings/goja-interrupt-in-natives.sh). Hence maxNatives.
	lastCalls = 6000
	// That bound where the depth cannot be read.
	unreadCalls = 512
)

// perNative is what a call from a native takes of Go's stack, which no audit sees.
const perNative = 4 << 10

// errorBytes is about what an operation allocates for each call below it when it makes an error, which notes where it was made.
const errorBytes = 8

// deep looks at calls that are nested more than a few times.
func (m *meter) deep(calls, tries int, weight int64) {
	if calls > maxCalls {
		m.guards.rangeError("Maximum call stack size exceeded")
	}
	if tries > maxNatives {
		if m.guards.known.Natives(m.rt) > maxNatives {
			m.guards.rangeError("Maximum call stack size exceeded: too many functions are called by built-in ones")
		}
	}
	if m.limits.Memory <= 0 {
		return
	}
	if m.unsampled += errorBytes * weight * int64(calls); m.unsampled >= largeAllocation {
		m.sampleHeap(0)
		m.check()
	}
}

// shortStack leaves out the middle of a stack that is very long.
func shortStack(text string) string {
	const kept = 50
	lines := strings.Split(text, "\n")
	if len(lines) <= 2*kept+1 {
		return text
	}
	middle := fmt.Sprintf("\t… %d more calls", len(lines)-2*kept)
	return strings.Join(lines[:kept], "\n") + "\n" + middle + "\n" + strings.Join(lines[len(lines)-kept:], "\n")
}
