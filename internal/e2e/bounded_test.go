//go:build bombs || siege

package e2e

import (
	"os/exec"
	"testing"
)

// bounded has a shell bound the address space of a command, to 8 GiB: what goes wrong in a test must not hurt the machine.
func bounded(cmd *exec.Cmd) *exec.Cmd {
	shell := exec.Command("sh", append([]string{"-c", `ulimit -v 8388608; exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)...)
	shell.Dir = cmd.Dir
	return shell
}

// lives fails the test when the process has ended.
func (s *server) lives(t *testing.T) {
	t.Helper()
	select {
	case <-s.done:
		log := s.log.String()
		t.Errorf("the process did not live:\n%s", log[max(0, len(log)-4000):])
	default:
	}
}
