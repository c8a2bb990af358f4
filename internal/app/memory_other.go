//go:build !linux

package app

import "context"

// restWhenQuiet does nothing: other systems do not count the pages of a program file as the process's own, or have no way to
// give them back.
func restWhenQuiet(context.Context) {}
