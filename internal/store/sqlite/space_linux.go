package sqlite

import (
	"os"
	"syscall"
)

// freeSpace returns how many bytes this user may still write below a folder, and whether that is known.
func freeSpace(dir string) (int64, bool) {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil || fs.Blocks == 0 { // some file systems do not count
		return 0, false
	}
	blocks := fs.Bavail
	if os.Geteuid() == 0 {
		blocks = fs.Bfree
	}
	return int64(min(blocks, 1<<40)) * int64(fs.Bsize), true //nolint:gosec,unconvert // no disk has more; the size of the field differs by machine
}

// readOnlyDisk reports whether the disk of a folder is mounted read-only.
func readOnlyDisk(dir string) bool {
	var fs syscall.Statfs_t
	return syscall.Statfs(dir, &fs) == nil && fs.Flags&syscall.MS_RDONLY != 0
}
