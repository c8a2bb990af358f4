//go:build !linux

package app

import "context"

// rest does nothing: other systems do not count the pages of a program file as the process's own, or have no way to give
// them back.
type rest struct{}

func newRest() rest { return rest{} }

func (rest) tend(context.Context) {}
