package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// minPassword is the fewest characters of a password that is set here.
const minPassword = 8

// maxLine is the most that is read of a line, in bytes.
const maxLine = 4096

// terminal returns the file behind a stream if it is a terminal.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// password prompts for a new password twice, without showing it; from a pipe it reads one line.
func (s *shell) password(ctx context.Context) (string, error) {
	f, ok := terminal(s.in)
	if !ok {
		line, err := until(ctx, func() (string, error) { return readLine(s.in) })
		if err == nil && line == "" {
			err = fault.New(fault.Invalid, "no password given: pass it as one line on standard input")
		}
		if err == nil {
			err = longEnough(line)
		}
		return line, err
	}
	before, err := term.GetState(int(f.Fd()))
	if err != nil {
		return "", fault.Wrap(fault.Internal, err, "the terminal cannot hide the password; pass it as one line on standard input")
	}
	defer term.Restore(int(f.Fd()), before) //nolint:errcheck // also when ctx ends while the question is open
	ask := func(question string) (string, error) {
		fmt.Fprint(s.err, question)
		answer, err := until(ctx, func() (string, error) {
			b, err := term.ReadPassword(int(f.Fd()))
			return string(b), err
		})
		fmt.Fprintln(s.err)
		return answer, err
	}
	first, err := ask("Password: ")
	if err != nil {
		return "", err
	}
	if err := longEnough(first); err != nil {
		return "", err
	}
	again, err := ask("Again: ")
	if err == nil && again != first {
		err = fault.New(fault.Invalid, "the two passwords differ; nothing was changed")
	}
	return first, err
}

func longEnough(password string) error {
	if utf8.RuneCountInString(password) < minPassword {
		return fault.New(fault.Invalid, "the password is too short; use at least %d characters", minPassword)
	}
	return nil
}

// until reads, or gives up when ctx ends. An abandoned read continues until the program exits.
func until(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := read()
		done <- answer{text, err}
	}()
	select {
	case a := <-done:
		return a.text, a.err
	case <-ctx.Done():
		return "", fault.New(fault.Invalid, "stopped; nothing was changed")
	}
}

// readLine reads the first line.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReaderSize(io.LimitReader(r, maxLine), maxLine).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fault.Wrap(fault.Internal, err, "standard input cannot be read")
	}
	if len(line) == maxLine && !strings.HasSuffix(line, "\n") {
		return "", fault.New(fault.Invalid, "the line is over %d bytes", maxLine)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// colour wraps a text in a terminal's colour if stdout is one and NO_COLOR does not forbid it.
func (s *shell) colour(code, text string) string {
	if _, ok := terminal(s.out); !ok || s.getenv("NO_COLOR") != "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// table writes rows in columns.
func (s *shell) table(rows [][]string) error {
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, printable(strings.Join(row, "\t")))
	}
	return w.Flush()
}

// printable takes out what would steer a terminal. Tabs stay.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
			return '·'
		}
		return r
	}, text)
}

// json writes a value as JSON.
func (s *shell) json(v any) error {
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
