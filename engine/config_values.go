package engine

import (
	"math"
	"time"
)

// None is what a Go literal writes where the file would say 0: no limit, no waiting. (A plain 0 in a literal means
// "left out".)
const None = -1

// Limit is a count that may be unbounded: 0 was left out, None is an explicit 0.
type Limit int64

// Unlimited reports whether there is no bound.
func (l Limit) Unlimited() bool { return l < 0 }

// Int64 returns the number as the file says it: 0 for None.
func (l Limit) Int64() int64 { return max(0, int64(l)) }

// Times are in the unit that their key has always had; parts of a unit are fine. 0 was left out, None is an explicit 0.

// Millis is a time in milliseconds.
type Millis float64

// Seconds is a time in seconds.
type Seconds float64

// Minutes is a time in minutes.
type Minutes float64

// Duration returns the time; 0 for None.
func (m Millis) Duration() time.Duration { return scale(float64(m), time.Millisecond) }

// Duration returns the time; 0 for None.
func (s Seconds) Duration() time.Duration { return scale(float64(s), time.Second) }

// Duration returns the time; 0 for None.
func (m Minutes) Duration() time.Duration { return scale(float64(m), time.Minute) }

func scale(v float64, unit time.Duration) time.Duration {
	return time.Duration(math.Round(max(0, v) * float64(unit)))
}
