package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func testKV(t *testing.T, d Driver) {
	dsn := d.New(t)
	stores := []store.Store{open(t, d, dsn), open(t, d, dsn)}
	st, now := stores[0], time.Unix(1800000000, 0)
	kept := func(app, key string, now time.Time) string {
		t.Helper()
		v, found, err := st.KVGet(ctx(t), app, key, now)
		must(t, err)
		if !found {
			return "-"
		}
		return v
	}
	equal(t, "nothing kept", kept("shop", "a", now), "-")
	must(t, st.KVSet(ctx(t), "shop", "a", "old", now.Add(time.Hour)))
	must(t, st.KVSet(ctx(t), "shop", "a", `{"x":"ñ"}`, time.Time{}))
	must(t, st.KVSet(ctx(t), "other", "a", "1", now.Add(time.Minute)))
	equal(t, "kept", kept("shop", "a", now.AddDate(50, 0, 0)), `{"x":"ñ"}`)
	equal(t, "of the other app", kept("other", "a", now), "1")
	equal(t, "expired", kept("other", "a", now.Add(time.Minute)), "-")

	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				if _, err := stores[i%2].KVIncr(ctx(t), "shop", "n", 2, now.Add(time.Minute), now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	equal(t, "counted", kept("shop", "n", now), "80")
	equal(t, "counting keeps the first expiry", kept("shop", "n", now.Add(time.Minute)), "-")
	equal(t, "an expired number starts anew", get[int64](t)(st.KVIncr(ctx(t), "shop", "n", -3, time.Time{}, now.Add(time.Hour))), -3)
	for key, by := range map[string]int64{"a": 1, "large": 2} {
		if key == "large" {
			must(t, st.KVSet(ctx(t), "shop", key, fmt.Sprint(int64(1<<63-1)), time.Time{}))
		}
		_, err := st.KVIncr(ctx(t), "shop", key, by, time.Time{}, now)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Script {
			t.Errorf("counting %s: got %v, want an error of kind Script", key, err)
		}
	}
	equal(t, "deleted", get[bool](t)(st.KVDelete(ctx(t), "shop", "a", now)), true)
	equal(t, "deleted again", get[bool](t)(st.KVDelete(ctx(t), "shop", "a", now)), false)
	equal(t, "deleted after it expired", get[bool](t)(st.KVDelete(ctx(t), "other", "a", now.Add(time.Hour))), false)
	testKVUsage(t, st, now)
	must(t, st.KVSet(ctx(t), "shop", "p1", "x", now))
	must(t, st.KVSet(ctx(t), "shop", "p2", "x", now.Add(time.Second)))
	equal(t, "pruned", get[int64](t)(st.PruneKV(ctx(t), now)), 1)
	equal(t, "left", kept("shop", "p2", now), "x")
	c, cancel := context.WithCancel(ctx(t))
	cancel()
	if _, err := st.KVIncr(c, "shop", "n", 1, time.Time{}, now); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want one that is context.Canceled", err)
	}
}

func testKVUsage(t *testing.T, st store.Store, now time.Time) {
	t.Helper()
	must(t, st.KVSet(ctx(t), "third", "ñ", "ñx", now))
	must(t, st.KVSet(ctx(t), "third", "b", "", time.Time{}))
	for app, want := range map[string][2]int64{"third": {2, 6}, "fourth": {0, 0}} {
		keys, bytes, err := st.KVUsage(ctx(t), app)
		must(t, err)
		equal(t, "used by "+app, [2]int64{keys, bytes}, want)
	}
	get[bool](t)(st.KVDelete(ctx(t), "third", "ñ", now.Add(-time.Hour)))
}

func testSecrets(t *testing.T, d Driver) {
	dsn := d.New(t)
	stores := []store.Store{open(t, d, dsn), open(t, d, dsn)}
	st := stores[0]
	_, err := st.Secret(ctx(t), "smtp")
	isMissing(t, err, `secret "smtp" does not exist`)
	isMissing(t, st.DeleteSecret(ctx(t), "smtp"), `secret "smtp" does not exist`)
	must(t, st.SetSecret(ctx(t), "smtp", "old"))
	must(t, st.SetSecret(ctx(t), "smtp", "pa\x00ss-ñ"))
	must(t, st.SetSecret(ctx(t), "api", ""))
	equal(t, "secret", get[string](t)(stores[1].Secret(ctx(t), "smtp")), "pa\x00ss-ñ")
	equal(t, "empty secret", get[string](t)(st.Secret(ctx(t), "api")), "")
	equal(t, "names", strings.Join(get[[]string](t)(st.Secrets(ctx(t))), " "), "api smtp")

	var sealed []byte
	must(t, st.DB().QueryRowContext(ctx(t), `SELECT sealed FROM nflow_secrets WHERE name = 'smtp'`).Scan(&sealed))
	if strings.Contains(string(sealed), "ss-") {
		t.Errorf("the secret is in the database as it is: %q", sealed)
	}
	_, err = st.DB().ExecContext(ctx(t), `UPDATE nflow_secrets SET sealed = $1 WHERE name = 'api'`, sealed)
	must(t, err)
	if v, err := st.Secret(ctx(t), "api"); err == nil {
		t.Errorf("a secret under another name was opened: %q", v)
	}
	must(t, st.DeleteSecret(ctx(t), "smtp"))
	_, err = st.Secret(ctx(t), "smtp")
	isMissing(t, err, `secret "smtp" does not exist`)
}
