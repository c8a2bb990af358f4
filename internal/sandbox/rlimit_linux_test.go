package sandbox

import (
	"syscall"
	"testing"
	"time"
)

// limitAddressSpace makes the system refuse this process more than 6 GB, so that a bomb cannot hurt the machine.
func limitAddressSpace(t *testing.T) {
	l := syscall.Rlimit{Cur: 6 << 30, Max: 6 << 30}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &l); err != nil {
		t.Skipf("cannot limit the address space: %v", err)
	}
}

// cpuTime returns the CPU time that the process has taken, all its threads together.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
