package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// ticking is a clock that a test turns.
type ticking struct{ now time.Time }

func (c *ticking) Now() time.Time { return c.now }

func (c *ticking) Sleep(context.Context, time.Duration) error { return nil }

// Sessions that outgrow their cookies stay within [session] max_mb, whoever comes; those that are there continue, and what
// expires makes room.
func TestSessionsAreBoundedInAll(t *testing.T) {
	t.Parallel()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: t.TempDir() + "/nflow.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	clock := &ticking{time.Unix(1_000_000, 0)}
	b := &boundedBlobs{Blobs: st, clock: clock, most: 1 << 20}
	save := func(id string, size int, life time.Duration) error {
		return b.SaveBlob(t.Context(), id, bytes.Repeat([]byte("x"), size), clock.now.Add(life))
	}
	kept := 0
	var refused error
	for i := range 1000 {
		if err := save(fmt.Sprint("visitor ", i), 10_000, time.Hour); err != nil {
			refused = err
		} else {
			kept++
		}
		clock.now = clock.now.Add(100 * time.Millisecond)
	}
	if used, err := st.BlobUsage(t.Context()); err != nil || used > 1<<20 || kept != 104 {
		t.Errorf("%d sessions of %d bytes are kept: %v", kept, used, err)
	}
	if f, ok := errors.AsType[*fault.Error](refused); !ok || f.Kind != fault.Unavailable || !strings.Contains(f.Text, "[session] max_mb") {
		t.Errorf("what is refused: %v", refused)
	}
	if err := save("visitor 1", 9_000, time.Hour); err != nil {
		t.Error("a session that was there:", err)
	}
	if err := save("visitor 1", 300_000, time.Hour); err == nil {
		t.Error("a session that was there grows beyond the bound")
	}
	clock.now = clock.now.Add(2 * time.Hour)
	if err := save("later", 10_000, time.Hour); err != nil {
		t.Error("after the others have expired:", err)
	}
	free := &boundedBlobs{Blobs: st, clock: clock}
	for i := range 200 {
		if err := free.SaveBlob(context.Background(), fmt.Sprint("free ", i), make([]byte, 10_000), clock.now.Add(time.Hour)); err != nil {
			t.Fatal("without a bound:", err)
		}
	}
}
