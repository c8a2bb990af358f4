// Package servertest starts servers of a test's own on loopback, so that the test may stop and start them: PostgreSQL,
// PgBouncer, Redis and nginx. It also makes databases on the PostgreSQL server that all tests share, and keeps what a server
// says. Only tests import it.
//
// A test whose program is not installed skips with a message; with NFLOW_TEST_PROGRAMS in the environment, as in .ci/run, that is a
// failure. Servers of PostgreSQL refuse to run as root: a test that does so itself starts them as user postgres or nobody.
package servertest

import (
	"crypto/rand"
	"encoding/binary"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds how long a server may take to start or stop.
const patience = 60 * time.Second

// Waiting has the tests of a package run four at a time, unless -parallel says otherwise, where by default there are as many as
// processors: they wait for servers more than they compute. TestMain calls it.
func Waiting() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "4") // it is a number
	}
}

// Program finds an installed program, or skips the test.
func Program(t testing.TB, name string, places ...string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range places {
		found, _ := filepath.Glob(filepath.Join(pattern, name))
		slices.Sort(found)
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	if os.Getenv("NFLOW_TEST_PROGRAMS") != "" {
		t.Fatalf("%s is not installed, and NFLOW_TEST_PROGRAMS says that it is", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// Port returns a port of loopback where nothing listens, for a program that cannot choose one itself. It is below those
// that systems take for port 0 and for outgoing connections (Linux: from 32768), so no other test is given it meanwhile.
func Port(t testing.TB) string {
	t.Helper()
	var b [2]byte
	for range 100 {
		_, _ = rand.Read(b[:])
		port := strconv.Itoa(20000 + int(binary.BigEndian.Uint16(b[:]))%12000)
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("100 ports between 20000 and 32000 are taken")
	return ""
}

// Server is a program of the test's own. It ends with the test.
type Server struct {
	t       testing.TB
	Addr    string // host:port
	program string
	args    []string
	dir     string
	owner   *account
	ready   func() error
	halt    syscall.Signal

	mu   sync.Mutex
	cmd  *exec.Cmd
	said *Record
}

func (s *Server) launch() *Server {
	s.t.Helper()
	s.said = &Record{}
	if s.ready == nil {
		s.ready = s.connects
	}
	s.Start()
	s.t.Cleanup(s.Stop)
	return s
}

func (s *Server) connects() error {
	c, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err == nil {
		c.Close()
	}
	return err
}

// Start starts it, again after Stop or Kill with what it knew, and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := exec.Command(s.program, s.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, s.said, s.said
	s.owner.run(cmd)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd = cmd
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = s.ready(); err == nil {
			return
		}
	}
	s.t.Fatalf("%s does not get ready: %v\n%s", s.program, err, s.said)
}

// Stop ends it properly and waits until it has ended.
func (s *Server) Stop() { s.end(s.halt) }

func (s *Server) end(by syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	if by == 0 {
		by = syscall.SIGTERM
	}
	_ = s.cmd.Process.Signal(by)
	late := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait()
	late.Stop()
	s.cmd = nil
}

// folder makes a folder that the user owns, in a place that others can reach.
func folder(t testing.TB, of *account) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nflow-server")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := of.take(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// write puts a configuration file into a folder and returns its path.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // the server's user reads it
		t.Fatal(err)
	}
	return path
}

// run runs a program to its end.
func run(t testing.TB, as *account, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = os.TempDir()
	as.run(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

// Postgres starts a PostgreSQL server with an empty database "nflow"; DSN names it.
func Postgres(t testing.TB) *Server {
	t.Helper()
	const places = "/usr/lib/postgresql/*/bin"
	initdb, program := Program(t, "initdb", places), Program(t, "postgres", places)
	as := owner(t)
	dir := folder(t, as)
	data, port := filepath.Join(dir, "data"), Port(t)
	run(t, as, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	s := &Server{
		t: t, Addr: "127.0.0.1:" + port, program: program, dir: dir, owner: as, halt: syscall.SIGINT, // fast shutdown
		args: []string{"-D", data, "-h", "127.0.0.1", "-p", port, "-k", dir, "-c", "fsync=off", "-c", "max_connections=200"},
	}
	ready := Program(t, "pg_isready", places)
	s.ready = func() error {
		return exec.Command(ready, "-q", "-h", "127.0.0.1", "-p", port).Run()
	}
	return s.launch()
}

// DSN names database "postgres" of a server that Postgres or PgBouncer started.
func (s *Server) DSN() string { return "postgres://postgres@" + s.Addr + "/postgres?sslmode=disable" }

// PgBouncer starts a PgBouncer before a PostgreSQL server, in session or transaction mode.
func PgBouncer(t testing.TB, server, mode string) *Server {
	t.Helper()
	program, as, port := Program(t, "pgbouncer", "/usr/sbin"), owner(t), Port(t)
	dir := folder(t, as)
	host, at, err := net.SplitHostPort(server)
	if err != nil {
		t.Fatal(err)
	}
	users := write(t, dir, "users.txt", `"postgres" ""`+"\n")
	file := write(t, dir, "pgbouncer.ini", fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = %s
max_client_conn = 200
default_pool_size = 50
`, host, at, port, users, mode))
	return (&Server{t: t, Addr: "127.0.0.1:" + port, program: program, args: []string{file}, dir: dir, owner: as, halt: syscall.SIGINT}).launch()
}
