package app

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestFullDisk: a disk that is full is named with the setting of its path, while flows that write nothing continue; with room on
// it again all is well.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("a small disk takes a mount, which this user may not make: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(data, syscall.MNT_DETACH) })
	s := start(t, Options{App: flows(t, map[string]string{"/hi": `return c.String(200, "hi")`, "/keep": `kv.set("k", "x".repeat(200000)); return c.String(200, "kept")`}), Data: data})
	equal(t, "health before", s.get("/health").StatusCode, 200)
	equal(t, "a flow that writes, before", s.get("/keep").body, "kept")
	filler := filepath.Join(data, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
	s.await("/health", `"reason":"disk_full"`)
	a := s.get("/health")
	equal(t, "health", a.StatusCode, 503)
	has(t, a.body, "database_nflow.dsn or --data")
	has(t, s.log.String(), "the disk of the SQLite database is full")
	equal(t, "a flow that writes nothing", s.get("/hi").body, "hi")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	f.Close()
	s.await("/health", `"database":{"status":"healthy"}`)
	equal(t, "a flow that writes, afterwards", s.get("/keep").body, "kept")
}
