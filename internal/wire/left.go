package wire

import (
	"context"
	"net"
)

// socketKey is the key of a request's socket in its context.
type socketKey struct{}

// Met returns the context of a connection's requests, by which Left finds its socket.
func Met(ctx context.Context, socket net.Conn) context.Context {
	if h, ok := socket.(*hastyConn); ok {
		socket = h.Conn
	}
	return context.WithValue(ctx, socketKey{}, socket)
}

// Left reports whether the client of a request has reset its connection. http.Server does not notice while a body is unread.
func Left(ctx context.Context) bool {
	socket, _ := ctx.Value(socketKey{}).(net.Conn)
	return socket != nil && reset(socket)
}
