package sandbox

import (
	"sync"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
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
