package sandbox

import (
	"sync"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/intl"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/intls"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/natives"
)

// pace is the one thing that VMs of a process share: the Go runtime has a single soft memory limit.
var pace = pacer{heaps: map[*Budget]int64{}}

// watchman is the budget of runs that have none, in the degraded mode: there nothing but the memory of the process bounds
// theirs.
var watchman = sync.OnceValue(func() *Budget { return NewBudget(0) })

// computedProgram is computed.js, compiled when a VM first needs it.
var computedProgram = sync.OnceValues(func() (*goja.Program, error) {
	return compile.Compiler{}.CompileModule("native:arrays", computedCode)
})

// familyPrograms are the programs of natives, each compiled when a VM first needs it.
var familyPrograms = func() (list [natives.Families]func() (*goja.Program, error)) {
	for f := range natives.Families {
		list[f] = sync.OnceValues(func() (*goja.Program, error) { return compile.Compiler{}.CompileNatives(f) })
	}
	return list
}()

// languages is what the process has unpacked of the data of languages.
var languages = sync.OnceValue(intl.New)

// localZone is the name of the process's time zone.
var localZone = sync.OnceValue(func() string { return languages().LocalZone() })

// intlPrograms are the programs of Intl, each compiled when a VM first needs it.
var intlPrograms = func() (list [intls.Parts]func() (*goja.Program, error)) {
	for p := range intls.Parts {
		list[p] = sync.OnceValues(func() (*goja.Program, error) {
			code, err := p.Code()
			if err != nil {
				return nil, err
			}
			return compile.Compiler{}.CompileModule(p.Name(), code)
		})
	}
	return list
}()

// ownPower is goja's ** as a function, for operands that are no numbers.
var ownPower = sync.OnceValue(func() *goja.Program { return goja.MustCompile("power", "((a, b) => a ** b)", true) })

// ownNumeric is what operators of numbers make of an operand, as a function.
var ownNumeric = sync.OnceValue(func() *goja.Program { return goja.MustCompile("numeric", "(a => a++)", true) })
