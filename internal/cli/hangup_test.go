//go:build unix

package cli_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/cli"
)

// The level and the format of the log change while the program runs, and a password of the configuration is never shown.
func TestHangupReadsLogAnew(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	file := filepath.Join(t.TempDir(), "config.toml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const secret = "ca-of-a-secret"
	const rest = "\n[plugin.x]\ntoken = \"" + secret + "\"\n[http]\nca_file = \"/nowhere/" + secret + "\"\n"
	write("[log]\nlevel = \"info\"\nformat = \"json\"\n")
	logs, stderr := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- cli.Main(ctx, []string{"-c", file, "--addr", "127.0.0.1:0", "--data", t.TempDir()}, strings.NewReader(""), io.Discard, stderr, nil)
		stderr.Close()
	}()
	lines := bufio.NewScanner(logs)
	if line := seek(t, lines, "serving"); !strings.HasPrefix(line, "{") {
		t.Errorf("no JSON: %s", line)
	}
	for text, reason := range map[string]string{
		"[log]\nlevel = \"loud\"\n":                      `config.toml:2: log.level = \"loud\" is not accepted: want one of debug`,
		"\n[log\nlevel = \"info\"\n":                     "config.toml:2: this is not TOML: expected '.' or ']'",
		"[log]\nlevel = \"info\n":                        "config.toml:2: this is not TOML: strings cannot contain newlines",
		"[log]\nlevel = \"info\"\n\nlevel = \"debug\"\n": "config.toml:4: log.level was set before",
		"[mail]\nsmtp_password = \"" + secret + "\" x\n": "config.toml:2: this is not TOML",
	} {
		write(text)
		hangUp(t)
		if line := seek(t, lines, "the log settings are unchanged"); !strings.Contains(line, reason) || strings.Contains(line, secret) {
			t.Errorf("no reason %q: %s", reason, line)
		}
	}
	write("[log]\nlevel = \"debug\"\nformat = \"text\"\n" + rest)
	hangUp(t)
	if line := seek(t, lines, "the log settings were changed"); strings.HasPrefix(line, "{") || !strings.Contains(line, "level=DEBUG") {
		t.Errorf("no text: %s", line)
	}
	write("[log]\nfile = \"/no/such/folder/x.log\"\n")
	hangUp(t)
	if line := seek(t, lines, "the log settings are unchanged"); !strings.Contains(line, "[log] file cannot be opened") {
		t.Errorf("no reason: %s", line)
	}
	go io.Copy(io.Discard, logs) // what it says from here on goes elsewhere
	place := filepath.Join(filepath.Dir(file), "nflow.log")
	write("[log]\nfile = \"" + place + "\"\n" + rest)
	hangUp(t)
	awaitInFile(ctx, t, place, `"msg":"the log settings were changed"`)
	stop()
	if code := <-done; code != 0 {
		t.Errorf("exit code %d", code)
	}

	// The same file keeps it from starting: the reason is reported, without the secret in it.
	code, _, errs := call(t, "", "-c", file, "--data", t.TempDir(), "--addr", "127.0.0.1:0", "-v")
	if code == 0 || strings.Contains(errs, secret) || !strings.Contains(errs, "****") {
		t.Errorf("%d %s", code, errs)
	}
}

// seek returns the next line of a log that holds want.
func seek(t *testing.T, lines *bufio.Scanner, want string) string {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), want) {
			return lines.Text()
		}
	}
	t.Fatalf("the log ended without %q", want)
	return ""
}

func hangUp(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

func awaitInFile(ctx context.Context, t *testing.T, file, want string) {
	t.Helper()
	for text := ""; !strings.Contains(text, want); {
		if ctx.Err() != nil {
			t.Fatalf("the log file holds %q", text)
		}
		b, _ := os.ReadFile(file)
		text = string(b)
	}
}
