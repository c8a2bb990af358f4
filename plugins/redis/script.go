package redis

import (
	"context"
	"errors"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
	"github.com/gomodule/redigo/redis"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxValue     = 16 << 20  // bytes of one value
	maxCommand   = 32 << 20  // bytes of all that one call sends: a text that arguments share is sent for each
	maxArguments = 10_000    // of one call
	firstBytes   = 64 << 10  // of a value, which come with its length
	maxSafe      = 1<<53 - 1 // the largest integer that a JavaScript number holds exactly
)

// Functions returns redis and the older functions.
func (p *Plugin) Functions() []hostfn.Row {
	const answer = " Returns val(), err() (null, or a text) and result(), which returns the value or throws."
	return []hostfn.Row{
		{
			Name: "redis_hset", Sig: "redis_hset(key, field, value)",
			Calls:   []string{`redis_hset(name, name, name).val()`, `redis_hset(name, name, name).err()`, `redis_hset(name, name, name).result()`},
			Doc:     "Sets a field of a Redis hash; more fields and values may follow." + answer,
			Example: `redis_hset("cart", "a", "1")`, Bind: p.old(p.hset),
		},
		{
			Name: "redis_hget", Sig: "redis_hget(key, field)",
			Calls:   []string{`redis_hget(name, name).val()`, `redis_hget(name, name).err()`, `redis_hget(name, name).result()`},
			Doc:     `Reads a field of a Redis hash; val() is "" when there is none.` + answer,
			Example: `const v = redis_hget("cart", "a").val()`, Bind: p.old(p.hget),
		},
		{
			Name: "redis_hdel", Sig: "redis_hdel(key, field)",
			Calls:   []string{`redis_hdel(name, name).val()`, `redis_hdel(name, name).err()`, `redis_hdel(name, name).result()`},
			Doc:     "Removes fields of a Redis hash." + answer,
			Example: `redis_hdel("cart", "a")`, Bind: p.old(p.hdel),
		},
		{
			Name: "redis_expire", Sig: "redis_expire(key, seconds)",
			Calls:   []string{`redis_expire(name, name).val()`, `redis_expire(name, name).err()`, `redis_expire(name, name).result()`},
			Doc:     "Sets the time to live of a Redis key; val() reports whether the key existed." + answer,
			Example: `redis_expire("cart", 60)`, Bind: p.old(p.expire),
		},
		{
			Name: "redis", Sig: "redis",
			Calls: []string{
				`redis.get(key)`,
				`redis.set(key, value, seconds)`,
				`redis.incr(key, amount)`,
				`redis.expire(key, seconds)`,
				`redis.del(...key)`,
				`redis.publish(channel, value)`,
			},
			Doc: `The Redis server of [redis]: get(key) returns text or null, set(key, value, seconds) stores a value, without seconds for good, ` +
				`incr(key, by) adds to a number, expire(key, seconds) reports whether the key existed, del(...keys) how many existed, ` +
				`publish(channel, message) how many subscribers got it. Objects are stored as JSON.`,
			Example: `redis.set("greeting", "hello", 60); const greeting = redis.get("greeting")`,
			Bind:    p.object,
		},
	}
}

// command is one function of the plugin. What it panics with is a mistake of the script's.
type command func(r *hostfn.Run, fn string, call goja.FunctionCall) (goja.Value, error)

// object binds redis.
func (p *Plugin) object(r *hostfn.Run) goja.Value {
	o := r.VM.NewObject()
	for name, run := range map[string]command{
		"get": p.get, "set": p.set, "incr": p.incr, "expire": p.expire, "publish": p.publish, "del": p.del,
	} {
		hostfn.Define(r, o, name, func(call goja.FunctionCall) goja.Value {
			v, err := run(r, "redis."+name, call)
			if err != nil {
				r.Throw(err)
			}
			return v
		})
	}
	return o
}

// old binds one of the older functions, which answer an object instead of throwing what the server says.
func (p *Plugin) old(run command) func(*hostfn.Run) goja.Value {
	return hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
		if p.missing(r) {
			r.Throw(notConfigured())
		}
		v, err := run(r, "redis", call)
		o := r.VM.NewObject()
		hostfn.Define(r, o, "val", func(goja.FunctionCall) goja.Value { return v })
		hostfn.Define(r, o, "err", func(goja.FunctionCall) goja.Value {
			if err == nil {
				return goja.Null()
			}
			return r.VM.ToValue(text(err))
		})
		hostfn.Define(r, o, "result", func(goja.FunctionCall) goja.Value {
			if err != nil {
				r.Throw(err)
			}
			return v
		})
		return o
	})
}

// text returns the part of an error that a script may read.
func text(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Text
	}
	return err.Error()
}

func (p *Plugin) hset(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	few(r, fn, c)
	key, values := word(r, fn, c, 0), []any{word(r, fn, c, 1), value(r, fn, c.Argument(2))}
	size := len(values[0].(string)) + len(values[1].(string))
	for i := 3; i < len(c.Arguments); i += 2 {
		field, v := word(r, fn, c, i), value(r, fn, c.Argument(i+1))
		if size += len(field) + len(v); size > maxCommand {
			r.Throwf("%s: the arguments are larger than %d MiB together", fn, maxCommand>>20)
		}
		values = append(values, field, v)
	}
	r.Spend(size>>10, int64(size)) // what is sent is one text
	n, err := call(p, r, []any{"hset " + key, values}, func(ctx context.Context) (int64, error) {
		return redis.Int64(p.client.Do(ctx, "HSET", append([]any{key}, values...)...))
	})
	return r.VM.ToValue(n), err
}

func (p *Plugin) hget(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	key, field := word(r, fn, c, 0), word(r, fn, c, 1)
	hold, release := holding(r)
	defer release()
	v, err := call(p, r, []any{"hget " + key, field}, func(ctx context.Context) (string, error) {
		n, err := redis.Int64(p.client.Do(ctx, "HSTRLEN", key, field))
		if err != nil {
			return "", err
		}
		if n > maxValue {
			return "", tooLarge(key)
		}
		if err := hold(n); err != nil {
			return "", err
		}
		text, err := redis.String(p.client.Do(ctx, "HGET", key, field))
		if errors.Is(err, redis.ErrNil) {
			err = errNil
		}
		return text, err
	})
	return r.VM.ToValue(v), err
}

func (p *Plugin) hdel(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	key, fields := word(r, fn, c, 0), words(r, fn, c, 1)
	n, err := call(p, r, []any{"hdel " + key, fields}, func(ctx context.Context) (int64, error) {
		all := []any{key}
		for _, field := range fields {
			all = append(all, field)
		}
		return redis.Int64(p.client.Do(ctx, "HDEL", all...))
	})
	return r.VM.ToValue(n), err
}

func (p *Plugin) expire(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	key, ttl := word(r, fn, c, 0), seconds(r, fn, c.Argument(1))
	found, err := call(p, r, []any{"expire " + key, ttl}, func(ctx context.Context) (bool, error) {
		return redis.Bool(p.client.Do(ctx, "PEXPIRE", key, ttl.Milliseconds()))
	})
	return r.VM.ToValue(found), err
}

func (p *Plugin) get(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	key := word(r, fn, c, 0)
	hold, release := holding(r)
	defer release()
	v, err := call(p, r, []any{"get " + key}, func(ctx context.Context) (*string, error) { return p.read(ctx, key, hold) })
	if v == nil {
		return goja.Null(), err
	}
	return r.VM.ToValue(*v), err
}

// read reads a text, or nil. The beginning of a long text is read first, and what it takes is counted before the whole is.
func (p *Plugin) read(ctx context.Context, key string, hold func(int64) error) (*string, error) {
	for most := int64(firstBytes); ; {
		text, err := redis.String(p.client.Do(ctx, "GETRANGE", key, 0, most)) // one byte more
		if err != nil {
			return nil, err
		}
		switch n := int64(len(text)); {
		case n == 0:
			if found, err := redis.Bool(p.client.Do(ctx, "EXISTS", key)); err != nil || !found {
				return nil, err
			}
			return &text, nil
		case n <= most:
			return &text, nil
		}
		n, err := redis.Int64(p.client.Do(ctx, "STRLEN", key))
		switch {
		case err != nil:
			return nil, err
		case n > maxValue:
			return nil, tooLarge(key)
		case n > most:
			if err := hold(n - most); err != nil {
				return nil, err
			}
			most = n
		}
	}
}

// holding returns what counts bytes of a value that the client is about to read, twice as the VM may hold them in UTF-16 beside,
// and what counts them no more, once they are the VM's.
func holding(r *hostfn.Run) (hold func(n int64) error, release func()) {
	var held atomic.Int64 // a call that its run does not wait for goes on
	beside := r.Beside()
	return func(n int64) error {
		held.Add(2 * n)
		return beside(2 * n)
	}, func() { _ = beside(-held.Swap(0)) }
}

func tooLarge(key string) error {
	return fault.New(fault.Script, "the value of the Redis key %.64q is larger than %d MiB", key, maxValue>>20)
}

func (p *Plugin) set(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	key, v := word(r, fn, c, 0), value(r, fn, c.Argument(1))
	var ttl time.Duration
	if third := c.Argument(2); !goja.IsUndefined(third) && !goja.IsNull(third) {
		ttl = seconds(r, fn, third)
	}
	_, err := call(p, r, []any{"set " + key, v, ttl}, func(ctx context.Context) (string, error) {
		words := []any{key, v}
		if ttl > 0 {
			words = append(words, "PX", ttl.Milliseconds())
		}
		return redis.String(p.client.Do(ctx, "SET", words...))
	})
	return r.VM.ToValue(err == nil), err
}

func (p *Plugin) incr(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	key, by := word(r, fn, c, 0), int64(1)
	if v := c.Argument(1); !goja.IsUndefined(v) {
		f := v.ToFloat()
		if f != math.Trunc(f) || math.Abs(f) > maxSafe {
			panic(r.VM.NewTypeError("%s adds an integer", fn))
		}
		by = int64(f)
	}
	n, err := call(p, r, []any{"incr " + key, by}, func(ctx context.Context) (int64, error) {
		return redis.Int64(p.client.Do(ctx, "INCRBY", key, by))
	})
	if n > maxSafe || n < -maxSafe {
		return r.VM.ToValue(strconv.FormatInt(n, 10)), err
	}
	return r.VM.ToValue(n), err
}

func (p *Plugin) publish(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	channel, message := word(r, fn, c, 0), value(r, fn, c.Argument(1))
	n, err := call(p, r, []any{"publish " + channel, message}, func(ctx context.Context) (int64, error) {
		return redis.Int64(p.client.Do(ctx, "PUBLISH", channel, message))
	})
	return r.VM.ToValue(n), err
}

// del removes keys.
func (p *Plugin) del(r *hostfn.Run, fn string, c goja.FunctionCall) (goja.Value, error) {
	keys := words(r, fn, c, 0)
	n, err := call(p, r, []any{"del", keys}, func(ctx context.Context) (int64, error) { return p.client.Del(ctx, keys) })
	return r.VM.ToValue(n), err
}

// word reads a key, a field or a channel.
func word(r *hostfn.Run, fn string, c goja.FunctionCall, i int) string {
	s := hostfn.String(c, i)
	if s == "" || len(s) > maxValue {
		panic(r.VM.NewTypeError("%s: argument %d is missing, empty or too long", fn, i+1))
	}
	if r.HasHalf(c.Argument(i)) {
		panic(r.VM.NewTypeError("%s: argument %d holds half a surrogate pair, which is no UTF-8", fn, i+1))
	}
	return s
}

// few refuses a call of very many arguments.
func few(r *hostfn.Run, fn string, c goja.FunctionCall) {
	if len(c.Arguments) > maxArguments {
		r.Throwf("%s takes at most %d arguments", fn, maxArguments)
	}
	r.Spend(len(c.Arguments), 100*int64(len(c.Arguments)))
}

// words reads all arguments from one on.
func words(r *hostfn.Run, fn string, c goja.FunctionCall, from int) []string {
	few(r, fn, c)
	list := []string{word(r, fn, c, from)}
	size := len(list[0])
	for i := from + 1; i < len(c.Arguments); i++ {
		text := word(r, fn, c, i)
		if size += len(text); size > maxCommand {
			r.Throwf("%s: the arguments are larger than %d MiB together", fn, maxCommand>>20)
		}
		list = append(list, text)
	}
	r.Spend(size>>10, int64(size))
	return list
}

// value writes a value as Redis keeps it: text as it is, bytes as they are, objects as JSON.
func value(r *hostfn.Run, fn string, v goja.Value) string {
	text, isBytes := r.Bytes(v)
	switch o, isObject := v.(*goja.Object); {
	case isBytes:
	case goja.IsUndefined(v) || goja.IsNull(v) || isObject && o.ClassName() == "Function":
		panic(r.VM.NewTypeError("%s: the value is missing", fn))
	case isObject:
		var err error
		if text, err = r.Stringify(v); err != nil {
			r.Rethrow(err)
		}
	default:
		s := r.Text(v)
		r.Spend(0, int64(len(s)))
		text = []byte(s)
	}
	if len(text) > maxValue {
		r.Throwf("%s: the value is larger than %d MiB", fn, maxValue>>20)
	}
	r.Spend(len(text)>>10, int64(len(text)))
	return string(text)
}

// seconds reads a time to live.
func seconds(r *hostfn.Run, fn string, v goja.Value) time.Duration {
	const most = 100 * 365 * 24 * 3600
	f := v.ToFloat()
	if !(f >= 0.001 && f <= most) { // NaN too
		panic(r.VM.NewTypeError("%s takes the time as a number of seconds above 0", fn))
	}
	return time.Duration(f * float64(time.Second))
}
