package logger

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// all reads a log file and those that it was moved to.
func all(t *testing.T, path string) (text string, files int) {
	t.Helper()
	names, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	return text, len(names)
}

func open(t *testing.T, o FileOptions) *File {
	t.Helper()
	f, err := OpenFile(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// A file that is full is moved away; of the older ones the newest stay, and nothing is ever larger than the bound.
func TestFileIsBounded(t *testing.T) {
	t.Parallel()
	for _, keep := range []int{0, 1, 3} {
		path := filepath.Join(t.TempDir(), "x.log")
		f := open(t, FileOptions{Path: path, MaxBytes: 100, Keep: keep})
		for i := range 100 {
			if _, err := fmt.Fprintf(f, "line %02d of some length\n", i); err != nil {
				t.Fatal(err)
			}
		}
		text, files := all(t, path)
		if files != keep+1 || !strings.Contains(text, "line 99 ") || strings.Contains(text, "line 10 ") {
			t.Errorf("keep %d: %d files\n%s", keep, files, text)
		}
		for i := range keep + 1 {
			name := path
			if i > 0 {
				name = fmt.Sprintf("%s.%d", path, i)
			}
			if info, err := os.Stat(name); err != nil || info.Size() > 100 {
				t.Errorf("keep %d: %s: %v, %v", keep, name, info, err)
			}
		}
	}
	// What a process before wrote counts, and one line that is longer than the bound is written all the same.
	path := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(path, bytes.Repeat([]byte("old\n"), 24), 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, FileOptions{Path: path, MaxBytes: 100, Keep: 2})
	fmt.Fprintln(f, "new line")
	fmt.Fprintln(f, strings.Repeat("x", 500))
	if b, _ := os.ReadFile(path + ".2"); !strings.HasPrefix(string(b), "old\n") {
		t.Errorf("the old lines are gone: %q", b)
	}
	if b, _ := os.ReadFile(path); len(b) != 501 {
		t.Errorf("the long line: %d bytes", len(b))
	}
}

// Who moves or removes the file, as logrotate does, gets a new one without telling.
func TestFileMovedAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	f := open(t, FileOptions{Path: path, MaxBytes: 1000, Keep: 2})
	fmt.Fprintln(f, "one")
	if err := os.Rename(path, path+"-yesterday"); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f, "two")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f, "three")
	f.Close()
	fmt.Fprintln(f, "four")
	if b, _ := os.ReadFile(path); string(b) != "three\nfour\n" {
		t.Errorf("the new file: %q", b)
	}
	if b, _ := os.ReadFile(path + "-yesterday"); string(b) != "one\n" {
		t.Errorf("the old file: %q", b)
	}
	// Truncated in place, as copytruncate does.
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f, "five")
	if b, _ := os.ReadFile(path); string(b) != "five\n" {
		t.Errorf("after truncation: %q", b)
	}
}

// Several writers of one path, as processes are, lose no line and none is torn.
func TestFileOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.log")
	var writing sync.WaitGroup
	for w := range 4 {
		f := open(t, FileOptions{Path: path, MaxBytes: 2000, Keep: 900})
		writing.Go(func() {
			for i := range 200 {
				fmt.Fprintf(f, "writer %d line %03d\n", w, i)
			}
		})
	}
	writing.Wait()
	text, files := all(t, path)
	if n := strings.Count(text, "\n"); n != 800 || files < 8 {
		t.Errorf("%d lines of 800 in %d files", n, files)
	}
	for line := range strings.Lines(text) {
		if len(line) != len("writer 0 line 000\n") {
			t.Fatalf("torn: %q", line)
		}
	}
}

// What the file does not take goes elsewhere.
func TestFileOnFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	var other bytes.Buffer
	f := open(t, FileOptions{Path: "/dev/full", MaxBytes: 10, Fallback: &other})
	l := New(Options{Out: f})
	l.Logger().Warn("the disk is full")
	if !strings.Contains(other.String(), "the disk is full") {
		t.Errorf("lost: %q", other.String())
	}
	if _, err := OpenFile(FileOptions{Path: filepath.Join(t.TempDir(), "no", "folder")}); err == nil {
		t.Error("a file in a folder that is not there")
	}
}

// A text that is too long is cut, wherever it stands in a line, and a secret where it is cut stays hidden.
func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	const secret = "a-long-enough-secret-of-somebody"
	mask, err := NewMasker(MaskOptions{Secrets: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("é", 5<<20)
	cut := strings.Repeat("x", maxValue-10) + secret + strings.Repeat("x", 5<<20)
	for _, format := range []Format{JSON, Text} {
		for name, tell := range map[string]func(*slog.Logger){
			"message":         func(l *slog.Logger) { l.Info(long) },
			"value":           func(l *slog.Logger) { l.Info("m", "v", long) },
			"error":           func(l *slog.Logger) { l.Info("m", "error", fmt.Errorf("%s", long)) },
			"lines":           func(l *slog.Logger) { l.Info("m", "v", strings.Repeat("a\n", 5<<20)) },
			"data":            func(l *slog.Logger) { l.Info("m", "v", map[string]any{"a": long, "b": []string{long}}) },
			"group":           func(l *slog.Logger) { l.Info("m", slog.Group("g", "v", long)) },
			"With":            func(l *slog.Logger) { l.With("v", long).Info("m") },
			"secret":          func(l *slog.Logger) { l.Info("m", "v", cut) },
			"secret in lines": func(l *slog.Logger) { l.Info("m", "v", "a\n"+cut) },
		} {
			var out bytes.Buffer
			l := New(Options{Out: &out, Format: format, Mask: mask})
			tell(l.Logger())
			l.Close()
			if n := out.Len(); n < maxValue || n > 6*maxValue {
				t.Errorf("format %d, %s: %d bytes", format, name, n)
			}
			if !strings.Contains(out.String(), "bytes left out") || strings.Contains(out.String(), secret[:6]) || strings.ContainsRune(out.String(), '\ufffd') {
				t.Errorf("format %d, %s: …%s", format, name, out.String()[max(0, out.Len()-200):])
			}
		}
	}
}
