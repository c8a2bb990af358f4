//go:build !linux

package sqlite

// shareOf knows Linux only; elsewhere a database on a network share is opened, and docs/operations.md warns of it.
func shareOf(string) string { return "" }
