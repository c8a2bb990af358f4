//go:build !unix

package wire

import "net"

// reset knows Unix only; elsewhere such a request runs as others do.
func reset(net.Conn) bool { return false }
