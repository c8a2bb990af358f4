//go:build unix

package redisconn

import (
	"errors"
	"net"
	"syscall"
)

// waits reports whether nothing can be read yet: neither the end of the connection nor what nobody asked for.
func waits(socket net.Conn) bool {
	s, ok := socket.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	var quiet bool
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK) // Go's sockets never block
		quiet = errors.Is(err, syscall.EAGAIN)
	})
	return err == nil && quiet
}
