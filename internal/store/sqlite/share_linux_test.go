package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func TestShares(t *testing.T) {
	t.Parallel()
	for number, want := range map[uint32]string{
		0x6969: "nfs", 0xFF534D42: "cifs", 0xFE534D42: "smb2", 0x517B: "smb", 0x01021997: "9p",
		0xEF53: "", 0x9123683E: "", 0x58465342: "", 0x794C7630: "", 0x01021994: "", 0x65735546: "", // ext4, btrfs, xfs, overlay, tmpfs, fuse
	} {
		if got := shareName(number); got != want {
			t.Errorf("%#x: got %q, want %q", number, got, want)
		}
	}
	if got := shareOf("/proc"); got != "" {
		t.Errorf("/proc is taken for %s", got)
	}
}

func TestRefuseShare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	src, err := parse(filepath.Join(dir, "nflow.db"))
	if err != nil {
		t.Fatal(err)
	}
	var asked string
	err = src.refuseShare(func(dir string) string { asked = dir; return "nfs" })
	if text := fault.From(err).Text; asked != dir || !strings.Contains(text, "network share (nfs)") || !strings.Contains(text, "PostgreSQL") || strings.Contains(text, dir) {
		t.Errorf("asked for %s: %v", asked, err)
	}
	if err := src.refuseShare(shareOf); err != nil {
		t.Errorf("a local folder: %v", err)
	}
	memory, _ := parse(":memory:")
	if err := memory.refuseShare(func(string) string { return "nfs" }); err != nil {
		t.Errorf("in memory: %v", err)
	}
}
