package e2e

import (
	"testing"

	"github.com/fsnotify/fsnotify"
)

// writeKiller kills one process after the other, each when a file has been written to once more often than for the one
// before, and begins anew where a process ends before that.
type writeKiller struct {
	file   string
	next   int // writes before the last kill
	most   int // writes at which a process was killed
	killed int // processes
}

// arm watches the file until the function that it returns is called.
func (k *writeKiller) arm(t *testing.T, kill func()) (disarm func()) {
	t.Helper()
	w, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Add(k.file); err != nil {
		t.Fatal(err)
	}
	k.next++
	n, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		for e := range w.Events {
			if e.Has(fsnotify.Write) {
				if n++; n == k.next {
					kill()
				}
			}
		}
	}()
	return func() {
		_ = w.Close()
		<-done
		if n < k.next {
			k.next = 0
			return
		}
		k.killed, k.most = k.killed+1, max(k.most, k.next)
	}
}
