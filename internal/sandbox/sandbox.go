// Package sandbox runs the programs of flows in a VM made for one run and discarded when it ends.
//
// The engine makes one VM per run. A VM is never reused: that no data of one run is visible in another follows from this
// alone. A VM counts operations, bounds the natives of the language, and measures its memory; a Budget watches the memory of
// the process for all of them. The package compile makes the programs, layout knows how goja is laid out in memory. The
// package knows nothing of flows, requests or the functions that scripts may call: those come in through Host.
package sandbox

import (
	"context"

	"github.com/dop251/goja"
)

// Host is the run that a VM is made for. Its methods are called on the VM's goroutine.
type Host interface {
	Globals
	// Context returns the context that ends with the run. It is called when a script first waits for something.
	Context() context.Context
	// Idle runs wait, in which the script waits for something, and returns its error.
	Idle(wait func() error) error
	// Turn is called every few hundred microseconds while a script computes: it may wait, so that others compute first.
	Turn()
	// HostMemory returns the bytes of host objects that only this run holds, such as bodies that were read and rows of
	// a database.
	HostMemory() int64
	// Rejected is called with a promise that was rejected and that nothing handles, with a *ScriptError, when no job is left. What it
	// returns ends the script; nil lets it continue.
	Rejected(err error) error
	// Roots returns values of the VM that only the host holds, such as a payload that is served by Globals.
	Roots() []goja.Value
}

// Globals serves the names that a script finds in its global scope besides its own and the language's.
type Globals interface {
	// Get returns the value of a name, or nil. It is called for each read of a name that the script did not assign.
	Get(name string) goja.Value
	// Has reports whether a name is served. It is also how a first assignment to a served name shows: from then on the
	// name is an ordinary property of the global object.
	Has(name string) bool
	// Own returns the value of a served name that is not yet a property of the global object, and regards it as one
	// from then on. It is called for names that a program declares itself.
	Own(name string) (goja.Value, bool)
}
