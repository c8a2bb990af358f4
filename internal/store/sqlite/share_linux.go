package sqlite

import "syscall"

// shareOf returns on which kind of network share a folder is, as statfs(2) numbers them; "" for none. FUSE is left out: it
// may be local.
func shareOf(dir string) string {
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil {
		return "" // opening reports the error
	}
	return shareName(uint32(fs.Type)) //nolint:gosec,unconvert // the size of the field differs by machine; the numbers have 32 bits
}

func shareName(number uint32) string {
	switch number {
	case 0x6969:
		return "nfs"
	case 0xFF534D42:
		return "cifs"
	case 0xFE534D42:
		return "smb2"
	case 0x517B:
		return "smb"
	case 0x564C:
		return "ncp"
	case 0x5346414F, 0x6B414653:
		return "afs"
	case 0x73757245:
		return "coda"
	case 0x01021997:
		return "9p"
	case 0x00C36400:
		return "ceph"
	case 0x0BD00BD0:
		return "lustre"
	case 0x786F4256:
		return "vboxsf"
	}
	return ""
}
