//go:build unix

package logger

import (
	"os"
	"syscall"
)

// lock keeps other processes that lock the file waiting, until it is unlocked.
func lock(f *os.File) (unlock func(), err error) {
	fd := int(f.Fd())
	for {
		if err = syscall.Flock(fd, syscall.LOCK_EX); err != syscall.EINTR {
			break
		}
	}
	return func() { _ = syscall.Flock(fd, syscall.LOCK_UN) }, err
}
