package app

import (
	"errors"
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

// TestFolderGoes: the directory of flows' files that goes, or that becomes read-only, is named with its setting; with it back all is well.
func TestFolderGoes(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "files")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{App: flows(t, map[string]string{"/hi": `return c.String(200, "hi")`})},
		"NFLOW_VM_POOL_ENABLE_FILESYSTEM=true", "NFLOW_VM_POOL_FILESYSTEM_ROOT="+root)
	const well = `"files":{"status":"healthy"}`
	has(t, s.get("/health").body, well)
	for _, c := range []struct {
		name        string
		spoil, mend func() error
		want        string
	}{
		{"moved", func() error { return os.Rename(root, root+".old") }, func() error { return os.Rename(root+".old", root) }, `"reason":"moved"`},
		{
			"replaced", func() error { return errors.Join(os.Rename(root, root+".old"), os.Mkdir(root, 0o700)) },
			func() error { return errors.Join(os.Remove(root), os.Rename(root+".old", root)) }, `"reason":"moved"`,
		},
	} {
		if err := c.spoil(); err != nil {
			t.Fatal(c.name, err)
		}
		s.await("/health", c.want)
		a := s.get("/health")
		equal(t, "health", a.StatusCode, 200)
		has(t, a.body, "[vm_pool] filesystem_root")
		if err := c.mend(); err != nil {
			t.Fatal(c.name, err)
		}
		s.await("/health", well)
	}
	has(t, s.log.String(), "[vm_pool] filesystem_root was moved, deleted or replaced")
}

// TestFolderReadOnly: so does one that becomes read-only; one that was so from the start is meant to be.
func TestFolderReadOnly(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a read-only disk takes a mount, which this user may not make: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(root, syscall.MNT_DETACH) })
	mount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("", root, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	app := flows(t, map[string]string{"/keep": `string_to_file("a.txt", "x"); return c.String(200, "kept")`})
	settings := []string{"NFLOW_VM_POOL_ENABLE_FILESYSTEM=true", "NFLOW_VM_POOL_FILESYSTEM_ROOT=" + root}
	const well, bad = `"files":{"status":"healthy"}`, `"files":{"status":"unhealthy","reason":"read_only","message":"the file system is read-only where [vm_pool] filesystem_root`
	s := start(t, Options{App: app}, settings...)
	s.await("/health", well)
	mount(syscall.MS_RDONLY)
	s.await("/health", bad)
	equal(t, "a flow that writes", s.get("/keep").StatusCode, 503)
	has(t, start(t, Options{App: app}, settings...).get("/health").body, well)
	mount(0)
	s.await("/health", well)
	equal(t, "a flow that writes, afterwards", s.get("/keep").body, "kept")
}
