//go:build !linux

package sqlite

// freeSpace knows Linux only; elsewhere a full disk is noticed when a commit needs more of it.
func freeSpace(string) (int64, bool) { return 0, false }

func readOnlyDisk(string) bool { return false }
