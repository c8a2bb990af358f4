package history_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills the disk that the database is on, and empties it again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	st := openSQLite(t, filepath.Join(dir, "nflow.db"))
	w := newWorld(t, st)
	w.keep("")
	w.awaitWritten(1)
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	f.Close()
	for range 40 { // more than what SQLite holds in reserve
		w.keep(strings.Repeat("x", 16<<10))
	}
	w.awaitLog("cannot be written")
	dropped := w.awaitLoss()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	w.keep("")
	w.awaitWritten(42 - dropped)
	w.awaitLog("written again")
	if w.rec.Failing() {
		t.Error("it says that it fails")
	}
}
