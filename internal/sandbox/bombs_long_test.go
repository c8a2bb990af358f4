//go:build long

package sandbox

import "testing"

// TestAllBombs runs every bomb, and each fourth in the degraded mode.
func TestAllBombs(t *testing.T) { throw(t, "0 of 2", "1 of 2", "degraded 3 of 4") }
