package sandbox

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

var promiseType = reflect.TypeFor[*goja.Promise]()

// loop lets a run wait for promises that the host settles. A script that never waits allocates nothing here.
type loop struct {
	vm      *VM
	tasks   chan func() error
	waited  time.Duration
	pending int // host work that will post a task, and timers
	last    int // number of such work
	timers  []timer
}

// timer is a call that is due at a time. The loop keeps them by when they are due, those of one time as they were set.
type timer struct {
	due  time.Time
	n    int
	call func() error
}

func (t timer) compare(o timer) int { return cmp.Or(t.due.Compare(o.due), cmp.Compare(t.n, o.n)) }

func (l *loop) open() chan func() error {
	if l.tasks == nil {
		l.tasks = make(chan func() error)
	}
	return l.tasks
}

// Go runs work on a goroutine of its own and returns a promise of the value that work's function makes. That function
// runs on the VM's goroutine; work must not touch the VM. Work gets the run's context, and what it returns after the
// run's end is dropped.
func (l *loop) Go(work func(context.Context) (func() goja.Value, error)) goja.Value {
	tasks, ctx := l.open(), l.vm.meter.host.Context()
	l.vm.meter.trackRejections()
	promise, resolve, reject := l.vm.meter.rt.NewPromise()
	answer := l.vm.meter.rt.ToValue(promise)
	done := l.holds(answer)
	go func() {
		value, err := work(ctx)
		post(ctx, tasks, func() error {
			done()
			if err != nil {
				return reject(l.vm.errorOf(err))
			}
			return resolve(value())
		})
	}()
	return answer
}

// holds notes work of the host that is to post a task, with the values that only it keeps alive: what awaits a promise of
// the host is reached by nothing else. done ends it.
func (l *loop) holds(values ...goja.Value) (done func()) {
	l.pending++
	l.last++
	n, held := l.last, &l.vm.meter.held
	if *held == nil {
		*held = map[int][]goja.Value{}
	}
	(*held)[n] = values
	return func() {
		l.pending--
		delete(*held, n)
	}
}

// After calls fn on the VM's goroutine after d while the run waits, unless cancel is called before; an error of fn ends
// the run. Those that are due together are called in their order, however late the VM comes to it. cancel belongs to the
// VM's goroutine too. Holds are the values that fn keeps alive.
func (l *loop) After(d time.Duration, holds []goja.Value, fn func() error) (cancel func()) {
	done := l.holds(holds...)
	t := timer{due: time.Now().Add(d), n: l.last, call: func() error { done(); return fn() }}
	at, _ := slices.BinarySearchFunc(l.timers, t, timer.compare)
	l.timers = slices.Insert(l.timers, at, t)
	return func() {
		if at, found := slices.BinarySearchFunc(l.timers, t, timer.compare); found {
			l.timers = slices.Delete(l.timers, at, at+1)
			done()
		}
	}
}

// due returns a channel that is ready when the next timer is due, nil without one.
func (l *loop) due() (ready <-chan time.Time, stop func() bool) {
	if len(l.timers) == 0 {
		return nil, func() bool { return true }
	}
	t := time.NewTimer(time.Until(l.timers[0].due))
	return t.C, t.Stop
}

// take removes the next timer and returns its call.
func (l *loop) take() func() error {
	t := l.timers[0]
	l.timers = slices.Delete(l.timers, 0, 1)
	return t.call
}

func post(ctx context.Context, tasks chan<- func() error, task func() error) {
	select {
	case tasks <- task:
	case <-ctx.Done():
	}
}

// settle waits until v is settled, when it is a promise, and returns its value.
func (l *loop) settle(v goja.Value) (goja.Value, error) {
	if v == nil || v.ExportType() != promiseType {
		return v, l.vm.unhandled(nil)
	}
	promise := v.Export().(*goja.Promise)
	for promise.State() == goja.PromiseStatePending {
		if err := l.vm.unhandled(promise); err != nil {
			return nil, err
		}
		if l.pending == 0 {
			return nil, fault.New(fault.Script, "main() returned a promise that nothing will settle: resolve it, or await something that ends")
		}
		task, err := l.next()
		if err != nil {
			return nil, err
		}
		if err := task(); err != nil {
			return nil, l.vm.failure(err)
		}
		l.vm.meter.returned()
	}
	if promise.State() == goja.PromiseStateRejected {
		l.vm.meter.rejections.forget()
		return nil, l.vm.rejection(promise.Result())
	}
	return promise.Result(), l.vm.unhandled(promise)
}

// next waits for what is to be done next on the VM's goroutine.
func (l *loop) next() (task func() error, err error) {
	ctx := l.vm.meter.host.Context()
	l.vm.meter.watch.idle.Store(true)
	defer l.vm.meter.watch.idle.Store(false)
	err = l.vm.meter.host.Idle(func() error {
		began := time.Now()
		ready, stop := l.due()
		defer stop()
		select {
		case task = <-l.tasks:
			l.waited += time.Since(began)
			return nil
		case <-ready:
			task = l.take()
			l.waited += time.Since(began)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	return task, err
}

// rejection makes an error of the reason of a rejected promise.
func (vm *VM) rejection(reason goja.Value) *ScriptError {
	e := &ScriptError{Message: vm.messageOf(reason)}
	e.Stack = e.Message
	o, ok := reason.(*goja.Object)
	if !ok {
		return e
	}
	_ = vm.meter.rt.Try(func() { // a script may have put a getter there
		if s := plain(o.Get("stack")); s != "" {
			e.Stack = vm.authorNames(s)
		}
	})
	e.cause = vm.causeOf(o)
	e.Code, e.Text = vm.answerOf(o)
	return e
}
