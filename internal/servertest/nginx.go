package servertest

import "testing"

// Nginx starts an nginx with a configuration that listens at an address.
func Nginx(t testing.TB, config, address string) *Server {
	t.Helper()
	dir := folder(t, nil)
	file := write(t, dir, "nginx.conf", config)
	return (&Server{
		t: t, Addr: address, program: Program(t, "nginx", "/usr/sbin"), dir: dir,
		args: []string{"-p", dir, "-c", file, "-e", "stderr", "-g", "daemon off; pid " + dir + "/pid;"},
	}).launch()
}
