//go:build unix

package servertest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"testing"
)

// account is a user that a server runs as; nil is the one of the test.
type account struct{ uid, gid uint32 }

// owner returns a user for servers that refuse to run as root.
func owner(t testing.TB) *account {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
			gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
			if err1 == nil && err2 == nil {
				return &account{uint32(uid), uint32(gid)}
			}
		}
	}
	t.Skip("this runs as root, and there is no user to run a server as")
	return nil
}

func (a *account) run(cmd *exec.Cmd) {
	if a != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
	}
}

func (a *account) take(dir string) error {
	if a == nil {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}

// Pause has the server hang: it keeps its connections and returns nothing until resume is called.
func (s *Server) Pause() (resume func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	process := s.cmd.Process
	_ = process.Signal(syscall.SIGSTOP)
	return func() { _ = process.Signal(syscall.SIGCONT) }
}
