package jsapi

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// TestWhyNot: what is wrong with the disk is no mistake of the flow, and names the setting.
func TestWhyNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		kind fault.Kind
		says string
	}{
		{syscall.ENOSPC, fault.Unavailable, "the disk is full; free space where [vm_pool] filesystem_root"},
		{syscall.EDQUOT, fault.Unavailable, "the disk is full; free space where [vm_pool] filesystem_root"},
		{syscall.EROFS, fault.Unavailable, "read-only where [vm_pool] filesystem_root"},
		{syscall.EIO, fault.Unavailable, "the disk fails where [vm_pool] filesystem_root"},
		{syscall.ENOENT, fault.Script, "does not exist below the files directory"},
		{syscall.EACCES, fault.Script, "it must be a path below the files directory"},
		{errTooLong, fault.Script, "gets too long"},
		{errors.New("path escapes from parent"), fault.Script, "it must be a path below the files directory"},
	} {
		kind, why := whyNot(&fs.PathError{Op: "write", Path: "/secret/a", Err: c.err})
		if kind != c.kind || !strings.Contains(why, c.says) || strings.Contains(why, "secret") {
			t.Errorf("%v: %v, %q", c.err, kind, why)
		}
	}
}
