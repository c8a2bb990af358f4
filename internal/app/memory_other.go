//go:build !linux

package app

import "context"

// idleMemoryReleaser does nothing here: other systems do not count the pages of a program file as the process's own, or have no way to give
// them back.
type idleMemoryReleaser struct{}

func newIdleMemoryReleaser() idleMemoryReleaser { return idleMemoryReleaser{} }

func (idleMemoryReleaser) Run(context.Context) {}
