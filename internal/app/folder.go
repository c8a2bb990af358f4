package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// folder is the directory of flows' files, [vm_pool] filesystem_root, as it was at the start.
type folder struct {
	path     string
	opened   os.FileInfo
	readOnly bool // it has been so from the start: flows read only
}

var errMoved = errors.New("another directory, or none, is there")

// openFolder looks at the directory; nil where flows have none.
func openFolder(path string) *folder {
	info, err := os.Stat(path)
	if path == "" || err != nil { // gone between the engine's look and this one
		return nil
	}
	return &folder{path: path, opened: info, readOnly: mayWrite(path) != nil}
}

// probe returns why flows cannot use the directory, as a fault.Error that names the setting. It writes nothing: what is there
// is the flows' own. The engine holds the directory itself, so that another one in its place is not used.
func (f *folder) probe(context.Context) error {
	now, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(now, f.opened):
		return fault.Wrap(fault.Unavailable, errMoved, "the directory of [vm_pool] filesystem_root was moved, deleted or replaced while it was in use; "+
			"put it back, or restart the runtime to use what is there now")
	case err != nil:
		return fault.Wrap(fault.Unavailable, err, "the directory of [vm_pool] filesystem_root cannot be read; check its disk and permissions")
	case f.readOnly:
		return nil
	}
	err = mayWrite(f.path)
	if errors.Is(err, syscall.EROFS) {
		return fault.Wrap(fault.Unavailable, err, "the file system is read-only where [vm_pool] filesystem_root points to")
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the directory of [vm_pool] filesystem_root may not be written; check its permissions")
	}
	return nil
}
