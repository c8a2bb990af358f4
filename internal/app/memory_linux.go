package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

const (
	// idleUse is how little processor time of a second counts as doing nothing.
	idleUse = 5 * time.Millisecond
	// worthReleasing is how much must have been done since memory was released, for there to be something to release.
	worthReleasing = 20 * time.Millisecond
	// releaseEvery is the least time from one release to the next: the request after it pays for pages that come back.
	releaseEvery = 30 * time.Second
)

// idleMemoryReleaser returns memory to the system when the process has had nothing to do for a second.
type idleMemoryReleaser struct {
	before, released time.Duration // processor time used until the last look, and until the last release
	at               time.Time     // of the last release
}

func newIdleMemoryReleaser() *idleMemoryReleaser {
	unmapProgram() // what only the start needed
	return &idleMemoryReleaser{}
}

// Run looks once a second, until ctx is done, whether there is memory to give back.
func (r *idleMemoryReleaser) Run(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case now := <-t.C:
			r.look(now)
		case <-ctx.Done():
			return
		}
	}
}

// look is called once a second.
func (r *idleMemoryReleaser) look(now time.Time) {
	used := processorTime()
	if used-r.before < idleUse && used-r.released > worthReleasing && now.Sub(r.at) > releaseEvery {
		debug.FreeOSMemory()
		unmapProgram()
		r.at, r.released = now, processorTime()
	}
	r.before = processorTime()
}

// processorTime reports what the process has used of the processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// unmapProgram takes the pages of the program file out of this process's resident memory. The kernel maps
// sixteen pages for each that is touched, so that a start and some requests count two thirds of a large program; what is
// needed comes back from the page cache. Only pages that
// are the file's own go: a mapping that was written to (a debugger's breakpoint, an address set at load) stays. What cannot
// be found or done is left as it is. Measured: BENCHMARKS.md, "Memory".
func unmapProgram() {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for _, m := range programMappings(bytes.NewReader(maps), path) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.from, m.to-m.from, syscall.MADV_DONTNEED)
	}
}

type mapping struct{ from, to uintptr }

// programMappings finds in the text of a smaps file, as proc(5) describes it, the mappings of the file at path that cannot
// be written and have no page of their own in memory.
func programMappings(smaps io.Reader, path string) (list []mapping) {
	var m mapping
	ours := false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		line := lines.Text()
		if line == "" || line[0] < 'A' || line[0] > 'Z' { // a mapping begins: its fields have names
			var mode string
			_, err := fmt.Sscanf(line, "%x-%x %4s", &m.from, &m.to, &mode)
			ours = err == nil && !strings.Contains(mode, "w") && strings.HasSuffix(line, " "+path)
			continue
		}
		var own int
		if n, _ := fmt.Sscanf(line, "Anonymous: %d kB", &own); ours && n == 1 && own == 0 {
			list = append(list, m)
		}
	}
	return list
}
