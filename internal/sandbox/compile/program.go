// Package compile turns the JavaScript and TypeScript of flows into programs for the sandbox's VM: it checks a source before
// any parser reads it, lowers newer syntax, bundles npm packages, and instruments the code so that its run can be counted
// and bounded.
//
// The engine calls it once for each node, module and package when an app is loaded. It knows no VM: what instrumented code
// expects of the one that runs it is in protocol.go. It knows nothing of flows or requests.
package compile

import (
	"fmt"

	"github.com/dop251/goja"
)

// Problem is why a source cannot be compiled and where. Line and column count from 1; the column counts characters.
type Problem struct {
	Line, Column int
	Text         string
	sure         bool // no other reader finds another one
}

// Error returns the place and the text.
func (p *Problem) Error() string { return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Text) }

// Program is compiled code. It holds no state of a run and may run in many VMs concurrently.
type Program struct {
	name          string
	code          *goja.Program
	counted       counted
	names         names
	patterns      patterns
	declares      []string // top-level var and function names
	calls         bool     // it ends by calling main()
	onlyFunctions bool     // it does nothing but declare them
	absent        []Use
	misspelt      string // what should have been main, by its looks
	mapped        string // how stacks spell the name when a source map is used; "" without one
}

// Name returns the name that stands in stacks.
func (p *Program) Name() string { return p.name }

// MappedName returns how goja spells the name in stacks when it uses a source map, "" for a program without one.
func (p *Program) MappedName() string { return p.mapped }

// Code returns what goja runs.
func (p *Program) Code() *goja.Program { return p.code }

// Declares lists the names that the program's top level puts into the global scope.
func (p *Program) Declares() []string { return p.declares }

// Calls lists the functions and constructors that the code calls by their name or as members of c, sorted.
func (p *Program) Calls() []string { return p.names.calls }

// Imports lists the modules that the code names in import, export … from and require, sorted.
func (p *Program) Imports() []string { return p.names.imports }

// FlowCalls lists the flows that the code calls by a name or path that stands in it, sorted.
func (p *Program) FlowCalls() []string { return p.names.flows }

// Absent lists what the code names and flows do not have, sorted by name.
func (p *Program) Absent() []Use { return p.absent }

// OnlyFunctions reports whether the program does nothing but declare functions, so that running it cannot have changed
// anything but those names.
func (p *Program) OnlyFunctions() bool { return p.onlyFunctions }

// CallsMain reports whether the program ends by calling main(): its value is then what main returned.
func (p *Program) CallsMain() bool { return p.calls }

// Weight returns the number of nodes of code that run once, whatever happens. The VM counts them before it runs the program.
func (p *Program) Weight() int { return p.counted.weight }

// Metered reports whether the code reads MeterName.
func (p *Program) Metered() bool { return p.counted.metered }

// Misspelt returns the name of a function or variable that looks as if it should have been main(), which the code lacks; ""
// where there is none.
func (p *Program) Misspelt() string { return p.misspelt }
