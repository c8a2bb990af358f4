package app

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

const smaps = `00400000-01b33000 r-xp 00000000 fe:00 9996520                            /opt/my programs/nflow
Size:              23756 kB
Private_Clean:         0 kB
Private_Dirty:        72 kB
Anonymous:             0 kB
01b33000-03232000 r--p 01733000 fe:00 9996520                            /opt/my programs/nflow
Anonymous:             4 kB
03232000-03456000 rw-p 02e32000 fe:00 9996520                            /opt/my programs/nflow
Anonymous:             0 kB
7f9572b7e000-7f9572f00000 r--p 00000000 00:00 0 
Anonymous:             0 kB
7f9573000000-7f9573100000 r-xp 00000000 fe:00 9996521                    /usr/lib/libc.so
Anonymous:             0 kB
`

// Only what is the program's, cannot be written and was not written is given back.
func TestProgramMappings(t *testing.T) {
	t.Parallel()
	got := programMappings(strings.NewReader(smaps), "/opt/my programs/nflow")
	if len(got) != 1 || got[0] != (mapping{0x400000, 0x1b33000}) {
		t.Errorf("got %x, want the first mapping alone", got)
	}
	for _, bad := range []string{"", "nonsense", "Anonymous:     0 kB", "-- r-xp /opt/my programs/nflow\nAnonymous: 0 kB"} {
		if got := programMappings(strings.NewReader(bad), "/opt/my programs/nflow"); len(got) != 0 {
			t.Errorf("%q gives %x", bad, got)
		}
	}
}

// The pages of the program leave memory, and the program continues.
func TestUnmapProgram(t *testing.T) { //nolint:paralleltest // other tests map the pages again meanwhile
	before := residentFile(t)
	unmapProgram()
	after := residentFile(t)
	t.Logf("file-backed memory: %d kB before, %d kB after", before, after)
	if after > before*3/4 {
		t.Errorf("file-backed memory went from %d kB to %d kB", before, after)
	}
}

// residentFile reads RssFile of this process, in kB.
func residentFile(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssFile:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb
}
