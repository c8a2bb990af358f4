//go:build !unix

package redisconn

import "net"

// waits reports true: a connection that the server closed fails when it is used.
func waits(net.Conn) bool { return true }
