package hosttest

import (
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// Serve adds the functions of rows to a run's VM. Each is bound when a script first reads its name, as the engine does it.
func Serve(run *hostfn.Run, rows []hostfn.Row) {
	_ = run.VM.GlobalObject().SetPrototype(run.VM.NewDynamicObject(&globals{run, hostfn.NewTable(rows)})) // a new global object takes any
}

// globals is the prototype of a VM's global object.
type globals struct {
	run   *hostfn.Run
	table *hostfn.Table
}

func (g *globals) Get(name string) goja.Value {
	row := g.table.Find(name)
	if row == nil {
		return nil
	}
	v := row.Bind(g.run)
	hostfn.SetOwn(g.run.VM.GlobalObject(), name, v)
	return v
}
func (g *globals) Set(string, goja.Value) bool { return false }
func (g *globals) Has(name string) bool        { return g.table.Find(name) != nil }
func (g *globals) Delete(string) bool          { return true }
func (g *globals) Keys() []string              { return nil }

// JS runs a script that must not throw, and returns its value as JSON text, or "undefined".
func JS(t testing.TB, run *hostfn.Run, script string) string {
	t.Helper()
	v, err := run.VM.RunScript("flow/node", script)
	if err != nil {
		t.Fatalf("%s\nthrew %v", script, err)
	}
	if goja.IsUndefined(v) {
		return "undefined"
	}
	text, err := run.Stringify(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Eq fails the test when the result of JS is not the wanted one.
func Eq(t testing.TB, run *hostfn.Run, script, want string) {
	t.Helper()
	if got := JS(t, run, script); got != want {
		t.Errorf("%s\n got %s\nwant %s", script, got, want)
	}
}

// Throws runs a script that must throw an Error with the text, catchable by the script itself, and returns the whole text of the Error.
func Throws(t testing.TB, run *hostfn.Run, script, text string) string {
	t.Helper()
	v, err := run.VM.RunScript("flow/node", "(() => { try { "+script+" } catch (e) { return e instanceof Error ? e.name + ': ' + e.message : 'not an Error' } return 'nothing thrown' })()")
	if err != nil {
		t.Fatalf("%s\nthrew past catch: %v", script, err)
	}
	if !strings.Contains(v.String(), text) || v.String() == "nothing thrown" {
		t.Errorf("%s\nthrew %q\nwant   %q", script, v, text)
	}
	return v.String()
}
