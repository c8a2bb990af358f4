//go:build !unix

package servertest

import (
	"os/exec"
	"testing"
)

// account is the user of the test: here servers run as the user of the test.
type account struct{}

func owner(testing.TB) *account { return nil }

func (*account) run(*exec.Cmd) {}

func (*account) take(string) error { return nil }

// Pause is not possible here.
func (s *Server) Pause() (resume func()) {
	s.t.Skip("no server can be made to hang on this system")
	return nil
}
