package sqldb

import (
	"context"
	"fmt"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// Functions returns db.
func (p *Plugin) Functions() []hostfn.Row {
	return []hostfn.Row{{
		Name: "db", Sig: "db(name)",
		Calls: []string{
			`db.query(sql, params)`,
			`db.one(sql, params)`,
			`db.exec(sql, params)`,
			`db.transaction(fn)`,
			`db.transaction(tx => tx.query(sql, params))`,
			`db.transaction(tx => tx.one(sql, params))`,
			`db.transaction(tx => tx.exec(sql, params))`,
			`db("default").query(sql, params)`,
			`db("default").one(sql, params)`,
			`db("default").exec(sql, params)`,
			`db("default").transaction(fn)`,
		},
		Doc: `The databases of [db.NAME]: db(name) is one of them, db itself is [db.default]. ` +
			`query(sql, params) returns an array of rows, one(sql, params) the first row or null, ` +
			`exec(sql, params) {rowsAffected, lastInsertId}, and transaction(fn) the result of fn(tx): ` +
			`tx has query, one and exec; the transaction is rolled back when fn throws or its promise is rejected. ` +
			`Parameters are $1, $2 … on every database. Two columns of one name are an error of query and one, after the statement has run: use AS.`,
		Example: `const row = db.one("SELECT $1 AS name, 6 * 7 AS answer", ["Ada"])`,
		Bind:    func(r *hostfn.Run) goja.Value { return p.bind(r) },
	}}
}

// script is the plugin as one run sees it. It belongs to the run's goroutine.
type script struct {
	plugin *Plugin
	run    *hostfn.Run
	open   map[string]*transaction // by database: a run has one at a time on each
	by     map[string]goja.Value   // what db(name) gave
}

// runner executes statements: a database or a transaction.
type runner interface {
	run(ctx context.Context, st statement, params []any) (*answer, error)
}

func (p *Plugin) bind(r *hostfn.Run) goja.Value {
	s := &script{plugin: p, run: r, open: map[string]*transaction{}, by: map[string]goja.Value{}}
	db := r.Declared("", s.named).(*goja.Object)
	s.members(db, "default")
	return hostfn.Named(r.VM, "db", db)
}

// named is db(name).
func (s *script) named(call goja.FunctionCall) goja.Value {
	name := hostfn.String(call, 0)
	if s.plugin.databases[name] == nil {
		s.notConfigured(name)
	}
	if s.by[name] == nil {
		o := s.run.VM.NewObject()
		s.members(o, name)
		s.by[name] = o
	}
	return s.by[name]
}

// members puts the methods of a database on an object.
func (s *script) members(o *goja.Object, name string) {
	use := func(fn string) *database {
		d := s.plugin.databases[name]
		if d == nil {
			s.notConfigured(name)
		}
		if s.open[name] != nil {
			s.run.Throwf("%s: a transaction of this run is open on [db.%s]: use its tx, or wait for its end; transactions do not nest", fn, name)
		}
		return d
	}
	s.statements(o, "db", func(fn string) (*database, runner) { d := use(fn); return d, d })
	hostfn.Define(s.run, o, "transaction", func(call goja.FunctionCall) goja.Value {
		return s.transaction(use("db.transaction"), call)
	})
}

// statements puts query, one and exec on an object.
func (s *script) statements(o *goja.Object, prefix string, on func(fn string) (*database, runner)) {
	method := func(name string, show func(*answer) goja.Value) {
		fn := prefix + "." + name
		hostfn.Define(s.run, o, name, func(call goja.FunctionCall) goja.Value {
			return show(s.call(fn, call, on, name == "exec"))
		})
	}
	method("query", func(a *answer) goja.Value { return s.run.VM.NewArray(s.rows(a)...) })
	method("one", func(a *answer) goja.Value {
		if len(a.values) == 0 {
			return goja.Null()
		}
		a.values = a.values[:1]
		return s.rows(a)[0].(goja.Value)
	})
	method("exec", func(a *answer) goja.Value {
		result := map[string]any{"rowsAffected": a.affected, "lastInsertId": nil}
		if a.lastID != 0 {
			result["lastInsertId"] = s.value(a.lastID)
		}
		return s.run.ToJS(result)
	})
}

// call runs the statement of a call. A statement of a run that is traced says so in a comment, which the database's own
// log and statistics show. Only then, because a server plans each text anew.
func (s *script) call(fn string, call goja.FunctionCall, on func(string) (*database, runner), exec bool) *answer {
	text, ok := call.Argument(0).(goja.String)
	if !ok {
		panic(s.run.VM.NewTypeError("%s takes the SQL statement as text", fn))
	}
	s.run.NoOptions(fn, call, 2)
	params := s.parameters(fn, call.Argument(1)) // getters in it may run code of the script's: before the database is looked at
	d, r := on(fn)
	_, inside := r.(*transaction)
	st, err := d.statement(text.String(), &params, inside)
	if err != nil {
		s.throw(err)
	}
	st.exec = exec
	if parent := s.run.Traceparent(); s.run.Traced && parent != "" {
		st.text = "/*traceparent='" + parent + "'*/ " + st.text
	}
	a, err := hostfn.Take(s.run, "db", s.key(d, fn, text.String(), params), func(ctx context.Context) (*answer, error) { return r.run(ctx, st, params) })
	if err == nil && !exec {
		err = a.ambiguous()
	}
	if err != nil {
		s.throw(err)
	}
	return a
}

// key returns the key of a database call in a recording.
func (s *script) key(d *database, what, text string, params []any) func() string {
	return func() string { return hostfn.Key(d.name+" "+what+" "+text, fmt.Sprint(params...))() }
}
