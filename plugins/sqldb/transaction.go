package sqldb

import (
	"context"
	"database/sql"
	"reflect"
	"sync"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// rollbackTimeout is how long a rollback may take before its connection is closed instead, which does the same.
const rollbackTimeout = 5 * time.Second

// transaction is one connection between BEGIN and its end. The end of the run's context is its end too: the connection
// is closed, and the database rolls back.
type transaction struct {
	d       *database
	unwatch func() bool

	mu    sync.Mutex // one statement at a time, and none during the end
	c     *sql.Conn
	clean bool // the connection may serve others
	ended bool
}

func (d *database) beginTransaction(ctx context.Context) (*transaction, error) {
	return await(ctx, d, func() (*transaction, error) {
		for attempt := 1; ; attempt++ {
			t, err := d.beginOnce(ctx)
			if again(ctx, attempt, err) {
				continue
			}
			return t, d.explain(ctx, err)
		}
	})
}

func (d *database) beginOnce(ctx context.Context) (*transaction, error) {
	c, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.begin(ctx, c); err != nil {
		d.release(c, false)
		return nil, err
	}
	t := &transaction{d: d, c: c, clean: true}
	d.calls.Add(1)
	t.mu.Lock()
	t.unwatch = context.AfterFunc(ctx, t.abandon)
	t.mu.Unlock()
	return t, nil
}

// run executes a statement inside the transaction.
func (t *transaction) run(ctx context.Context, st statement, params []any) (*answer, error) {
	return await(ctx, t.d, func() (*answer, error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.ended {
			return nil, errEnded(ctx)
		}
		a := &answer{rowCap: t.d.rows, byteCap: t.d.bytes}
		err := t.d.bounded(ctx, a, func(ctx context.Context) error { return t.d.server.run(ctx, t.c, st, params, a) })
		t.clean = t.clean && t.d.server.keeps(st) && answered(t.d.server, err)
		return a, t.d.explain(ctx, err)
	})
}

func errEnded(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fault.New(fault.Script, "the transaction has ended: its tx cannot be used any more")
}

// commit ends the transaction; on an error nothing of it stays.
func (t *transaction) commit(ctx context.Context) error {
	_, err := await(ctx, t.d, func() (struct{}, error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.ended {
			return struct{}{}, errEnded(ctx)
		}
		clean, err := t.d.server.end(ctx, t.c, !t.d.readOnly)
		t.end(t.clean && clean)
		return struct{}{}, t.d.explain(ctx, err)
	})
	return err
}

// rollback undoes the transaction, also when ctx has ended.
func (t *transaction) rollback(ctx context.Context) {
	_, _ = await(ctx, t.d, func() (struct{}, error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.ended {
			return struct{}{}, nil
		}
		ctx, cancel := context.WithTimeout(ctx, rollbackTimeout)
		defer cancel()
		clean, _ := t.d.server.end(ctx, t.c, false)
		t.end(t.clean && clean)
		return struct{}{}, nil
	})
}

// abandon closes the connection of a transaction whose run has ended.
func (t *transaction) abandon() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		t.end(false)
	}
}

// end returns the connection to the pool; mu is held.
func (t *transaction) end(clean bool) {
	t.ended = true
	t.unwatch()
	t.d.release(t.c, clean)
	t.d.calls.Done()
}

// transaction is db.transaction(fn). When fn returns a promise, so does it, and the transaction ends with that promise.
func (s *script) transaction(d *database, call goja.FunctionCall) goja.Value {
	fn, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		panic(s.run.VM.NewTypeError("db.transaction takes a function, as in db.transaction(tx => tx.exec(…))"))
	}
	s.run.NoOptions("db.transaction", call, 1)
	t := &transaction{d: d} // has no connection in a replay
	if _, err := hostfn.Take(s.run, "db", s.key(d, "begin", "", nil), func(ctx context.Context) (none struct{}, err error) {
		t, err = d.beginTransaction(ctx)
		return none, err
	}); err != nil {
		s.throw(err)
	}
	s.open[d.name] = t
	settled := false
	defer func() {
		if !settled { // fn threw or was interrupted, or something below it panicked
			s.undo(t)
		}
	}()
	result, err := fn(goja.Undefined(), s.tx(t))
	if err != nil {
		s.run.Rethrow(err)
	}
	if result.ExportType() == reflect.TypeFor[*goja.Promise]() {
		later := s.later(t, result.(*goja.Object))
		settled = true
		return later
	}
	s.commit(t)
	settled = true
	return result
}

// tx is what fn gets.
func (s *script) tx(t *transaction) goja.Value {
	o := s.run.VM.NewObject()
	s.statements(o, "tx", func(string) (*database, runner) { return t.d, t })
	hostfn.Define(s.run, o, "transaction", func(goja.FunctionCall) goja.Value {
		s.run.Throwf("transactions do not nest: use this tx")
		return nil
	})
	return o
}

// later ends the transaction when the promise of fn is settled.
func (s *script) later(t *transaction, promise *goja.Object) goja.Value {
	vm := s.run.VM
	then, ok := goja.AssertFunction(promise.Get("then"))
	if !ok {
		panic(vm.NewTypeError("the promise of db.transaction has no then"))
	}
	result, err := then(promise, s.run.Function(func(call goja.FunctionCall) goja.Value {
		s.commit(t)
		return call.Argument(0)
	}), s.run.Function(func(call goja.FunctionCall) goja.Value {
		s.undo(t)
		panic(call.Argument(0))
	}))
	if err != nil {
		s.run.Rethrow(err)
	}
	return result
}

// commit ends a transaction and lets the run begin another one.
func (s *script) commit(t *transaction) {
	delete(s.open, t.d.name)
	if _, err := hostfn.Take(s.run, "db", s.key(t.d, "commit", "", nil), func(ctx context.Context) (struct{}, error) {
		return struct{}{}, t.commit(ctx)
	}); err != nil {
		s.throw(err)
	}
}

// undo rolls back a transaction, unless it has ended.
func (s *script) undo(t *transaction) {
	delete(s.open, t.d.name)
	_, _ = hostfn.Take(s.run, "db", s.key(t.d, "rollback", "", nil), func(ctx context.Context) (none struct{}, err error) {
		t.rollback(ctx)
		return none, nil
	})
}
