// Package state is the family of plugins/kit for what outlives a run: kv and secrets. Where both are kept is set by
// Options; it knows no other family.
package state

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

const (
	maxKey   = 255       // characters of a key
	maxValue = 256 << 10 // bytes of a value, as JSON
)

// KV keeps small values of apps, as JSON. Its methods may be called by many runs concurrently.
type KV interface {
	KVGet(ctx context.Context, app, key string, now time.Time) (value string, found bool, err error)
	// KVSet keeps a value until expires; the zero time is never.
	KVSet(ctx context.Context, app, key, value string, expires time.Time) error
	// KVIncr adds to a whole number, atomically, and returns the sum. A number that is new expires then.
	KVIncr(ctx context.Context, app, key string, by int64, expires, now time.Time) (int64, error)
	KVDelete(ctx context.Context, app, key string, now time.Time) (found bool, err error)
}

func (k *keeper) kvRow() hostfn.Row {
	return hostfn.Row{
		Name: "kv", Sig: "kv",
		Calls: []string{
			`kv.get(key, value)`,
			`kv.set(key, value, seconds)`,
			`kv.incr(key, amount, seconds)`,
			`kv.delete(key)`,
		},
		Doc: `Values that outlive the run, stored in the database for the app: get(key, otherwise), set(key, value, ttlSeconds), incr(key, by, ttlSeconds) → the sum, also with concurrent runs, ` +
			`delete(key) → whether it existed. Values are JSON, up to 256 KiB; without a time to live they do not expire.`,
		Example: `kv.set("last_order", { id: payload.id }, 3600)
payload.last = kv.get("last_order", null)
if (kv.incr("tries:" + wid, 1, 60) > 5) { next = "output_2" }
kv.delete("last_order")`,
		Bind: arg.Object(arg.Method("get", k.kvGet), arg.Method("set", k.kvSet), arg.Method("incr", k.kvIncr), arg.Method("delete", k.kvDelete)),
	}
}

// kvKey checks the store and the key.
func (k *keeper) kvKey(r *hostfn.Run, fn string, call goja.FunctionCall) string {
	if k.KV == nil {
		r.Throw(fault.New(fault.Unavailable, "%s: this runtime has no key-value store", fn))
	}
	key := hostfn.String(call, 0)
	if key == "" || len(key) > 4*maxKey || utf8.RuneCountInString(key) > maxKey || strings.ContainsRune(key, 0) {
		arg.Fail(r, fn, "the key must be text of 1 to %d characters", maxKey)
	}
	if r.HasHalf(call.Argument(0)) {
		arg.Fail(r, fn, "the key holds half a surrogate pair, which a database cannot keep")
	}
	return key
}

// expiry reads a time to live in seconds.
func expiry(r *hostfn.Run, fn string, v goja.Value) time.Time {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return time.Time{}
	}
	seconds := v.ToFloat()
	if !(seconds > 0 && seconds <= 1e10) {
		arg.Fail(r, fn, "the time to live must be a positive number of seconds")
	}
	return r.Time.Now().Add(time.Duration(min(seconds, 9e9) * float64(time.Second)))
}

func (k *keeper) kvGet(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	key := k.kvKey(r, "kv.get", call)
	kept, err := hostfn.Take(r, "kv", hostfn.Words("get "+key), func(ctx context.Context) (*string, error) {
		kept, found, err := k.KV.KVGet(ctx, r.App, key, r.Time.Now())
		if !found {
			return nil, err
		}
		return &kept, err
	})
	if err != nil {
		r.Throw(err)
	}
	if kept == nil {
		return call.Argument(1)
	}
	v, err := r.Parse([]byte(*kept))
	if err != nil {
		arg.Fail(r, "kv.get", "the value of %q cannot be read", key)
	}
	return v
}

func (k *keeper) kvSet(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	key := k.kvKey(r, "kv.set", call)
	value, err := r.Stringify(call.Argument(1))
	if err != nil {
		r.Rethrow(err)
	}
	if len(value) > maxValue {
		arg.Fail(r, "kv.set", "the value is larger than %d KiB", maxValue>>10)
	}
	expires := expiry(r, "kv.set", call.Argument(2))
	_, err = hostfn.Take(r, "kv", hostfn.Key("set "+key, string(value)), func(ctx context.Context) (struct{}, error) {
		return struct{}{}, k.KV.KVSet(ctx, r.App, key, string(value), expires)
	})
	if err != nil {
		r.Throw(err)
	}
	return goja.Undefined()
}

func (k *keeper) kvIncr(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	key := k.kvKey(r, "kv.incr", call)
	by := int64(1)
	if v := call.Argument(1); !goja.IsUndefined(v) && !goja.IsNull(v) {
		if by = v.ToInteger(); float64(by) != v.ToFloat() || by > 1<<53 || by < -1<<53 {
			arg.Fail(r, "kv.incr", "the amount must be a whole number")
		}
	}
	expires := expiry(r, "kv.incr", call.Argument(2))
	sum, err := hostfn.Take(r, "kv", hostfn.Words(fmt.Sprintf("incr %s %d", key, by)), func(ctx context.Context) (int64, error) {
		return k.KV.KVIncr(ctx, r.App, key, by, expires, r.Time.Now())
	})
	if err != nil {
		r.Throw(err)
	}
	return r.VM.ToValue(sum)
}

func (k *keeper) kvDelete(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	key := k.kvKey(r, "kv.delete", call)
	found, err := hostfn.Take(r, "kv", hostfn.Words("delete "+key), func(ctx context.Context) (bool, error) {
		return k.KV.KVDelete(ctx, r.App, key, r.Time.Now())
	})
	if err != nil {
		r.Throw(err)
	}
	return r.VM.ToValue(found)
}
