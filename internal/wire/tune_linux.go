package wire

import (
	"net"
	"syscall"
)

// notSentLowat is TCP_NOTSENT_LOWAT (tcp(7), linux/tcp.h), which package syscall does not name.
const notSentLowat = 25

// Tune bounds what the system takes of a response that its client does not read yet, for all connections that l accepts: they
// take the setting over. What is on its way to a client that reads is not bounded.
func Tune(l net.Listener) {
	t, ok := l.(*net.TCPListener)
	if !ok {
		return
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) { //nolint:errcheck // without it the system takes more
		syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, notSentLowat, inKernel) //nolint:errcheck // see above
	})
}
