//go:build unix

package wire

import (
	"net"
	"syscall"
)

// reset reports whether the other end has reset a connection. What it sent before may be unread.
func reset(socket net.Conn) bool {
	s, ok := socket.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	failed := 0 // an error number
	err = raw.Control(func(fd uintptr) {
		failed, _ = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_ERROR)
	})
	return err != nil || failed != 0
}
