package servertest

import "testing"

// Redis starts a Redis server that keeps what it was told over a stop. More settings come as "--name", "value".
func Redis(t testing.TB, settings ...string) *Server {
	t.Helper()
	program, port := Program(t, "redis-server"), Port(t)
	return (&Server{
		t: t, Addr: "127.0.0.1:" + port, program: program, dir: folder(t, nil),
		args: append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "yes", "--appendfsync", "always"}, settings...),
	}).launch()
}
