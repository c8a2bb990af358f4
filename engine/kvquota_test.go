package engine

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/runloop"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/postgres"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// kvStores are the real databases that keep values.
func kvStores(t *testing.T) map[string]store.Store {
	stores := map[string]store.Store{}
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	stores["sqlite"] = st
	if os.Getenv("NFLOW_TEST_POSTGRES") != "" {
		st, err := postgres.Open(t.Context(), postgres.Options{DSN: servertest.Schema(t)})
		if err != nil {
			t.Fatal(err)
		}
		stores["postgres"] = st
	}
	for _, st := range stores {
		t.Cleanup(func() { st.Close() })
	}
	return stores
}

// However many runs write at once, an app keeps no more keys than it may, on each database; what is there can be
// changed and deleted, which makes room at once, and so does time. Another app has room of its own.
func TestKVKeysAreBounded(t *testing.T) {
	t.Parallel()
	for name, st := range kvStores(t) {
		t.Run(name, func(t *testing.T) {
			clock := runloop.SystemClock{}
			kv := &boundedKV{KV: st, clock: clock, keys: 10}
			var writing sync.WaitGroup
			for w := range 8 {
				writing.Go(func() {
					for i := range 5 {
						key := string(rune('a'+w)) + string(rune('0'+i))
						var err error
						if i%2 == 0 {
							err = kv.KVSet(t.Context(), "app", key, `"x"`, time.Time{})
						} else {
							_, err = kv.KVIncr(t.Context(), "app", key, 1, time.Time{}, clock.Now())
						}
						if err != nil && !strings.Contains(err.Error(), "[kv] max_keys") {
							t.Error(err)
						}
					}
				})
			}
			writing.Wait()
			keys, _, err := st.KVUsage(t.Context(), "app")
			if err != nil || keys != 10 {
				t.Fatalf("%d keys, want 10: %v", keys, err)
			}
			if err := kv.KVSet(t.Context(), "other", "k", `"x"`, time.Time{}); err != nil {
				t.Errorf("another app: %v", err)
			}
		})
	}
}

func TestKVBytesAndErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		config: ConfigWorkspace{KV: KVConfig{MaxKeys: 20, MaxMB: 1}},
		app: app(
			starter("s1", "/bytes", "b"), js("b", `function main(){
				const v = "x".repeat(200 << 10); let kept = 0, why = "";
				try { for (let i = 0; i < 10; i++) { kv.set("k" + i, v); kept++ } } catch (e) { why = e.message }
				kv.set("k0", v); kv.delete("k1"); kv.set("new", v); c.JSON(200, [kept, why]) }`),
			starter("s2", "/keys", "k"), js("k", `function main(){
				let kept = 0, why = "";
				try { for (let i = 0; i < 100; i++) { kv.incr("n" + i); kept++ } } catch (e) { why = e.message }
				c.JSON(200, [kept, why, kv.incr("n0")]) }`)),
	})
	w.expect(w.get("/bytes"), 200, `[5,"kv: the values of the app would exceed 1 MiB ([kv] max_mb)`)
	w.expect(w.get("/keys"), 200, `[15,"kv: the app has 20 keys, the maximum ([kv] max_keys)`)
	w.expect(w.get("/keys"), 200, `,4]`)
}
