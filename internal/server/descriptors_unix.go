//go:build unix

package server

import (
	"math"
	"syscall"
)

// descriptors returns how many the process may have.
func descriptors() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxInt
	}
	return int(min(uint64(limit.Cur), math.MaxInt)) //nolint:unconvert // FreeBSD counts with a sign
}
