package sqlitemem

import (
	"os"
	"path"
	"strings"
)

// Files returns the bytes of the temporary files that SQLite has open in this process, for sorting and for results that
// it keeps. They have no names any more, so that only the process itself sees them. It costs some microseconds for each
// open file of the process and may be called from any goroutine. On other systems than Linux it is 0.
func Files() (n int64) {
	const open = "/proc/self/fd"
	dir, err := os.Open(open)
	if err != nil {
		return 0
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return 0
	}
	for _, name := range names {
		file := open + "/" + name
		if target, err := os.Readlink(file); err != nil || !isTemporary(target) {
			continue
		}
		if info, err := os.Stat(file); err == nil {
			n += info.Size()
		}
	}
	return n
}

// isTemporary reports whether an open file is one without a name, "/tmp/#1234 (deleted)" (O_TMPFILE), or one whose name
// SQLite has taken away, "/tmp/etilqs_… (deleted)".
func isTemporary(target string) bool {
	at, gone := strings.CutSuffix(target, " (deleted)")
	name := path.Base(at)
	return gone && (strings.HasPrefix(name, "#") || strings.HasPrefix(name, "etilqs_"))
}
