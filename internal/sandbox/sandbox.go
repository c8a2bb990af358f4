// Package sandbox compiles the JavaScript of flows and runs it in a VM made for one run and thrown away with it.
//
// The engine asks it to compile each node's code once, when an app is loaded, and to make one VM per run. A VM is never
// reused: that no data of one run is visible in another follows from this alone. The package knows nothing of flows,
// requests or the functions that scripts may call: those come in through Host.
package sandbox

import (
	"context"
	"fmt"

	"github.com/dop251/goja"
)

// Problem says why a source cannot be compiled and where. Line and column count from 1; the column counts characters.
type Problem struct {
	Line, Column int
	Text         string
}

// Error gives the place and the text.
func (p *Problem) Error() string { return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Text) }

// Host is the run that a VM is made for. Its methods are called on the VM's goroutine.
type Host interface {
	Globals
	// Context answers the context that ends with the run. It is called when a script first waits for something.
	Context() context.Context
	// Idle runs wait, in which the script waits for something, and answers its error.
	Idle(wait func() error) error
	// HostMemory answers the bytes of host objects that only this run holds, such as bodies that were read and rows of
	// a database.
	HostMemory() int64
	// Roots answers values of the VM that only the host holds, such as a payload that is served by Globals.
	Roots() []goja.Value
}

// Globals serves the names that a script finds in its global scope besides its own and the language's.
type Globals interface {
	// Get answers the value of a name, or nil. It is called for each read of a name that the script did not assign.
	Get(name string) goja.Value
	// Has tells whether a name is served. It is also how a first assignment to a served name shows: from then on the
	// name is an ordinary property of the global object.
	Has(name string) bool
	// Own answers the value of a served name that is not yet a property of the global object, and regards it as one
	// from then on. It is called for names that a program declares itself.
	Own(name string) (goja.Value, bool)
}

// Degraded says what does not hold of the goja that the program is linked with, "" when all does: guards are then slower
// and audits coarser. It is found out once for the process.
func Degraded() string { return learned().why }

// Program is compiled code. It holds no state of a run and may run in many VMs at once.
type Program struct {
	name          string
	code          *goja.Program
	counted       counted
	declares      []string // top-level var and function names
	calls         bool     // it ends by calling main()
	onlyFunctions bool     // it does nothing but declare them
	mapped        string   // how stacks spell the name when a source map is used; "" without one
}

// Name gives the name that stands in stacks.
func (p *Program) Name() string { return p.name }

// Code gives what goja runs.
func (p *Program) Code() *goja.Program { return p.code }

// Declares lists the names that the program's top level puts into the global scope.
func (p *Program) Declares() []string { return p.declares }

// OnlyFunctions tells whether the program does nothing but declare functions, so that running it cannot have changed
// anything but those names.
func (p *Program) OnlyFunctions() bool { return p.onlyFunctions }
