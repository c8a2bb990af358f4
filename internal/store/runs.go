package store

import (
	"time"
)

const (
	runIDUnit  = 2048 // ids of one microsecond
	runsPerDay = int64(24*time.Hour/time.Microsecond) * runIDUnit
)

// RunID returns the smallest id of runs that ended at a time; ids grow with time.
func RunID(t time.Time) int64 { return t.UnixMicro() * runIDUnit }

// RunEnd returns the time that is in an id.
func RunEnd(id int64) time.Time { return time.UnixMicro(id / runIDUnit) }
