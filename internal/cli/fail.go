package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/app"
	"github.com/arturoeanton/nflow-runtime/internal/config"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
	exitStuck  = 75 // EX_TEMPFAIL of sysexits: a supervisor restarts the process
)

// usageError is a command line that cannot be understood.
type usageError struct {
	text    string
	command string // whose help says more
}

func (e *usageError) Error() string { return e.text }

func misused(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), cmd.CommandPath()}
}

// errFound ends a command with exit code 1 after it has said everything itself.
var errFound = errors.New("errors were found")

// at adds to an error the file or folder that it is about, as the user named it.
func at(path string, err error) error {
	e := fault.From(err)
	return &fault.Error{Kind: e.Kind, Text: path + ": " + e.Text, Cause: e.Cause}
}

// say writes one line to stderr.
func (s *shell) say(format string, args ...any) {
	line := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	fmt.Fprintf(s.err, "%s: %s\n", program, s.mask.Mask(line))
}

// report prints an error and returns the exit code.
func (s *shell) report(err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, errFound) {
		return exitFailed
	}
	if e, ok := errors.AsType[*config.Error](err); ok {
		for _, p := range e.Problems {
			s.say("%s", p.Error())
		}
		return e.ExitCode()
	}
	if errors.Is(err, app.ErrStuck) {
		s.say("%v", err)
		return exitStuck
	}
	if e, ok := errors.AsType[*usageError](err); ok {
		s.say("%s (see %s --help)", e.text, e.command)
		return exitUsage
	}
	text, code := err.Error(), exitFailed
	if e, ok := errors.AsType[*fault.Error](err); ok {
		if !s.verbose {
			text = e.Text
		}
		if e.Setting != "" {
			text, code = s.placed(e.Setting, text), exitUsage
		}
	}
	s.say("%s", text)
	return code
}

// placed puts before a text where the configuration sets a key, if it does.
func (s *shell) placed(key, text string) string {
	if place := s.source().Place(key); place != "" {
		return place + ": " + text
	}
	return text
}
