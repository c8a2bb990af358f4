package engine

import (
	"encoding/binary"
	"errors"
	"net/http"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// instructionRatio is how many instructions a request to /hello takes outside the kernel, as a multiple of the floor's, on amd64.
// Counted once by single steps, 30 requests each without a collection: 1.29 to 1.33.
const instructionRatio = 1.31

// instructionNoise is what the collector may add; no counter of a machine has told yet what it does.
const instructionNoise = 1.1

// countOf returns a counter of the kernel for the thread that calls, without what the kernel itself does for it.
func countOf(t *testing.T, kind uint32, event uint64) (read func() float64, err error) {
	t.Helper()
	fd, err := unix.PerfEventOpen(&unix.PerfEventAttr{
		Type: kind, Config: event, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{})), Bits: unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv,
	}, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	var b [8]byte
	read = func() float64 {
		_, err = unix.Read(fd, b[:])
		return float64(binary.NativeEndian.Uint64(b[:]))
	}
	if read() == 0 && err == nil {
		err = errors.New("the counter stands still")
	}
	return read, err
}

// compareInstructions does what TestHelloAgainstTheFloor does with CPU time, where the kernel and the machine count instructions.
func compareInstructions(t *testing.T, ours, bare http.Handler) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	read, err := countOf(t, unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS)
	if err != nil {
		t.Logf("instructions cannot be counted here (%v): CPU time alone is compared", err)
		return
	}
	with, without := inTurn(read, ours, bare)
	t.Logf("hello %.0f instructions, floor %.0f: %.3f ×", with, without, with/without)
	if runtime.GOARCH == "amd64" && with > without*instructionRatio*instructionNoise {
		t.Errorf("a request takes %.3f × the floor's instructions, it was %.3f ×", with/without, instructionRatio)
	}
}
