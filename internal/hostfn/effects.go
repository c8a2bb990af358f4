package hostfn

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/replay"
)

// Coded is an error of a service that scripts know by a code.
type Coded interface {
	error
	ErrorCode() string
}

type coded struct{ text, code string }

func (e *coded) Error() string     { return e.text }
func (e *coded) ErrorCode() string { return e.code }

// OutcomeOf makes the outcome of a value that JSON can hold, and an error.
func OutcomeOf(value any, err error) replay.Outcome {
	var o replay.Outcome
	if err != nil {
		o.Err = &replay.Failure{Text: err.Error()}
		if f, ok := errors.AsType[*fault.Error](err); ok {
			o.Err = &replay.Failure{Text: f.Text, Kind: f.Kind.String(), Limit: f.Limit}
		} else if c, ok := errors.AsType[Coded](err); ok {
			o.Err.Code = c.ErrorCode()
		}
	}
	text, err := json.Marshal(value)
	if err != nil && o.Err == nil {
		o.Err = &replay.Failure{Text: "the effect cannot be recorded: " + err.Error()}
	}
	o.Value = text
	return o
}

// ReadOutcome returns the value and the error of an outcome.
func ReadOutcome(o replay.Outcome, value any) error {
	if o.Err == nil {
		return json.Unmarshal(o.Value, value)
	}
	if o.Err.Kind != "" {
		return &fault.Error{Kind: fault.KindOf(o.Err.Kind), Text: o.Err.Text, Limit: o.Err.Limit}
	}
	if o.Err.Code != "" {
		return &coded{o.Err.Text, o.Err.Code}
	}
	return errors.New(o.Err.Text)
}

// Take causes an effect that waits for something outside, as Block does. key is what is requested, as JSON or text.
// Errors are a *fault.Error or are known by text and code alone; T must survive JSON.
func Take[T any](r *Run, kind string, key func() string, call func(ctx context.Context) (T, error)) (value T, err error) {
	live := func() (value T, err error) {
		err = r.Block(func(ctx context.Context) (err error) { value, err = call(ctx); return err })
		r.Count(kind, err)
		return value, err
	}
	if r.Effects == nil {
		return live()
	}
	return through(r.Effects.Begin(kind, key()), live)
}

// Do causes an effect that waits for nothing, as Take does.
func Do[T any](e replay.Effects, kind, key string, live func() (T, error)) (T, error) {
	if e == nil {
		return live()
	}
	return through(e.Begin(kind, key), live)
}

func through[T any](e replay.Effect, live func() (T, error)) (value T, err error) {
	if o, ok := e.Replay(); ok {
		err = ReadOutcome(o, &value)
		return value, err
	}
	value, err = live()
	e.Keep(OutcomeOf(value, err))
	return value, err
}

// Later is Take for work that goes on beside the run: begin is called on the run's goroutine, and the function that it
// returns on the work's.
func Later[T any](r *Run, kind string, key func() string, call func(ctx context.Context) (T, error)) func(ctx context.Context) (T, error) {
	live := call
	if r.Called != nil {
		live = func(ctx context.Context) (T, error) {
			value, err := call(ctx)
			r.Count(kind, err)
			return value, err
		}
	}
	if r.Effects == nil {
		return live
	}
	e := r.Effects.Begin(kind, key())
	return func(ctx context.Context) (T, error) { return through(e, func() (T, error) { return live(ctx) }) }
}

// Count counts a call of a service. Take and Later do it for what goes through them.
func (r *Run) Count(service string, err error) {
	if r.Called != nil {
		r.Called(service, err != nil)
	}
}

// Key makes the key of an effect: what it is in words, and a digest of the rest, which may hold secrets.
func Key(words string, rest ...string) func() string {
	return func() string {
		h := sha256.New()
		for _, text := range rest {
			h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
			h.Write([]byte(text))
		}
		return words + " " + hex.EncodeToString(h.Sum(nil)[:8])
	}
}

// Words makes the key of an effect that needs no digest.
func Words(words string) func() string { return func() string { return words } }

// Now is the time that the script sees.
func (r *Run) Now() time.Time {
	t, _ := Do(r.Effects, "time", "now", func() (time.Time, error) { return r.Time.Now(), nil })
	return t
}

// Sleep waits. A replay does not.
func (r *Run) Sleep(d time.Duration) error {
	_, err := Do(r.Effects, "sleep", d.String(), func() (struct{}, error) {
		return struct{}{}, r.Block(func(ctx context.Context) error { return r.Time.Sleep(ctx, d) })
	})
	return err
}

// Random returns n random bytes, fit for keys.
func (r *Run) Random(n int) []byte {
	b, _ := Do(r.Effects, "random", strconv.Itoa(n), func() ([]byte, error) {
		b := make([]byte, n)
		_, err := rand.Read(b) // never fails
		return b, err
	})
	return b
}

// UUID returns a random UUID.
func (r *Run) UUID() string {
	id, _ := Do(r.Effects, "uuid", "", func() (string, error) { return r.NewID(), nil })
	return id
}

// Observe has a VM's Date and Math.random go through the effects, and returns a loop whose promises and timers come back
// in the recorded order. It does nothing while they are off.
func Observe(vm *goja.Runtime, loop Loop, clock Clock, e replay.Effects) Loop {
	if e == nil {
		return loop
	}
	vm.SetTimeSource(func() time.Time {
		t, _ := Do(e, "time", "date", func() (time.Time, error) { return clock.Now(), nil })
		return t
	})
	vm.SetRandSource(func() float64 {
		f, _ := Do(e, "random", "math", func() (float64, error) {
			var b [8]byte
			_, err := rand.Read(b[:])
			return float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53), err
		})
		return f
	})
	return &orderedLoop{Loop: loop, effects: e}
}

// orderedLoop numbers what is pending and notes, or follows, the order in which it comes back.
type orderedLoop struct {
	Loop
	effects replay.Effects
	last    int
}

// retry is how often a replay looks whether it is the turn of something that is pending.
const retry = time.Millisecond

func (l *orderedLoop) next() string { l.last++; return strconv.Itoa(l.last) }

func (l *orderedLoop) Go(work func(ctx context.Context) (func() goja.Value, error)) goja.Value {
	n := l.next()
	return l.Loop.Go(func(ctx context.Context) (func() goja.Value, error) {
		value, err := work(ctx)
		for !l.effects.May("turn", n) && ctx.Err() == nil {
			time.Sleep(retry)
		}
		if err != nil {
			return nil, err
		}
		return func() goja.Value { l.effects.Begin("turn", n).Keep(replay.Outcome{}); return value() }, nil
	})
}

func (l *orderedLoop) After(d time.Duration, holds []goja.Value, fn func() error) (cancel func()) {
	n := l.next()
	if l.effects.Replays() {
		d = 0
	}
	var stop func()
	cancelled := false
	var fire func() error
	fire = func() error {
		if cancelled {
			return nil
		}
		if !l.effects.May("turn", n) {
			stop = l.Loop.After(retry, holds, fire)
			return nil
		}
		l.effects.Begin("turn", n).Keep(replay.Outcome{})
		return fn()
	}
	stop = l.Loop.After(d, holds, fire)
	return func() { cancelled = true; stop() }
}
