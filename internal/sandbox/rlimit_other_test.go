//go:build !linux

package sandbox

import (
	"testing"
	"time"
)

func limitAddressSpace(t *testing.T) { t.Skip("the address space can be limited on Linux only") }

func cpuTime() time.Duration { return 0 }
