package sandbox

import "sync"

// pace is the one thing that VMs of a process share: the Go runtime has a single soft memory limit.
var pace = pacer{heaps: map[*Budget]int64{}}

// watchman is the budget of runs that have none, in the degraded mode: there nothing but the memory of the process bounds
// theirs.
var watchman = sync.OnceValue(func() *Budget { return NewBudget(0) })
