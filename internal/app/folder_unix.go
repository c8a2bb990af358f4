//go:build unix

package app

import "golang.org/x/sys/unix"

// mayWrite returns why this user cannot write into a directory.
func mayWrite(dir string) error { return unix.Access(dir, unix.W_OK) }
