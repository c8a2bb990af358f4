//go:build !linux

package sandbox

import "testing"

func limitAddressSpace(t *testing.T) { t.Skip("the address space can be limited on Linux only") }
