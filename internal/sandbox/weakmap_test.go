package sandbox

import (
	"runtime"
	"sync"
	"testing"
)

// TestWeakMapsAreAuditedWhileKeysGo: the collector's goroutine takes keys out of a WeakMap while the audit reads it. Without
// goja's lock Go ends the process.
func TestWeakMapsAreAuditedWhileKeysGo(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	var collector sync.WaitGroup
	collector.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				runtime.GC()
			}
		}
	})
	got := evaluate(t, `(() => {
		let garbage; const kept = [], weak = new WeakMap()
		for (let i = 0; i < 30000; i++) {
			const key = {}
			if (i % 10 === 0) garbage = new Array(3000).fill(i) // so that memory is audited
			weak.set(key, [i])
			if (i % 3 === 0) kept.push(key)
		}
		return kept.every((key, i) => weak.get(key)[0] === 3 * i)
	})()`, Limits{Memory: 48 << 20})
	close(done)
	collector.Wait()
	if got != "boolean:true" {
		t.Error(got)
	}
}
