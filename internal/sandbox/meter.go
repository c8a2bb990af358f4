package sandbox

import (
	"math"
	"sync/atomic"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/natives"
)

// Limits of one run. The zero value limits nothing.
type Limits struct {
	Operations int64 // nodes of code that may be executed. Defaults to 0: unlimited
	Memory     int64 // bytes that may be reachable from the VM. Defaults to 0: unlimited
	BigInt     bool  // whether BigInt may be used. Programs must be compiled for it too. Defaults to false

	Budget *Budget // shared by the VMs of a process: watches their growth. Defaults to nil: no watch
}

// Usage is what a run has used so far.
type Usage struct {
	Operations int64 // deterministic: the same program with the same input uses the same
	PeakMemory int64 // bytes; the largest that an audit found, 0 when none was needed
}

// meter counts the operations of one VM, and is where everything that bounds a script's run comes together: the ticks
// of instrumented code, the guards of dangerous natives, and the audits that the watchdog requests.
//
// Its methods belong to the VM's goroutine except stop, ask and the atomics.
type meter struct {
	rt         *goja.Runtime
	depth      layout.Depth
	host       Host
	limits     Limits
	operations int64
	maximum    int64 // limits.Operations, or as good as infinite
	next       int64 // operations at which to look at memory again; at most maximum

	wanted atomic.Bool           // an audit was requested for the next tick
	cause  atomic.Pointer[error] // why the run was stopped; the first cause stays

	guards     guards
	audited    atomic.Int64 // result of the last audit
	peak       int64
	sinceAudit int64        // bytes that guards have let natives allocate since the last audit
	reserved   int64        // bytes of the budget for an allocation that is being made
	inFlight   int64        // bytes that natives hold and no audit can see
	beside     atomic.Int64 // bytes that the host holds on other goroutines
	inNatives  []goja.Value // values that natives hold and no audit would see: see keep

	charged   int64        // bytes that guards have let natives allocate
	unsampled int64        // of these, since the last sampleHeap
	mark      int64        // bytes of objects in the process at the last audit that sampleHeap requested
	work      atomic.Int64 // about what the run can have allocated at most

	allocatedAtReturn uint64 // bytes that the process had allocated when returned last measured

	held map[int][]goja.Value // what only work of the host keeps alive that is to end later

	rejections *rejections

	iterable goja.Value // what was written to be iterated

	power    goja.Value             // what ** is; nil until a program asks
	families [natives.Families]bool // that are in place

	watch watched

	loop loopTick // of the first weight that a program asked for
}

// infinite is a maximum that no run reaches.
const infinite = math.MaxInt64 / 2

// prepare ties the meter to its VM.
func (m *meter) prepare(rt *goja.Runtime, host Host, limits Limits) {
	m.rt, m.host, m.limits, m.maximum = rt, host, limits, limits.Operations
	if m.maximum <= 0 {
		m.maximum = infinite
	}
	m.next = min(m.maximum, sampleEvery)
	m.mark = infinite
	m.guards.meter = m
}

// usage returns what the run has used.
func (m *meter) usage() Usage { return Usage{Operations: m.operations, PeakMemory: m.peak} }

// stop ends the run at the script's next instruction, or inside a guarded native. Any goroutine may call it.
func (m *meter) stop(cause error) {
	m.cause.CompareAndSwap(nil, &cause)
	m.rt.Interrupt(*m.cause.Load()) // goja forgets an interrupt that has ended a program
}

// stopped returns the cause of a stop, or nil.
func (m *meter) stopped() error {
	if c := m.cause.Load(); c != nil {
		return *c
	}
	return nil
}

// begin watches the VM while one of its programs runs; end must follow.
func (m *meter) begin() {
	if b := m.limits.Budget; b != nil {
		b.enter(m)
	}
}

// end puts the cause of a stop in place of what the script made of it.
func (m *meter) end(err *error) {
	m.settle()
	if b := m.limits.Budget; b != nil {
		b.leave(m)
	}
	if cause := m.stopped(); cause != nil {
		*err = cause
	}
}

// check unwinds a native of a stopped run. The script cannot catch what follows: the interrupt is already set.
func (m *meter) check() {
	if m.cause.Load() != nil {
		panic(m.rt.NewTypeError("the run was stopped"))
	}
}

// tick counts the operations of a piece of code that runs straight on.
func (m *meter) tick(weight int64) {
	if m.operations += weight; m.operations > m.next || m.wanted.Load() {
		m.count(0)
	}
}

// count adds operations.
func (m *meter) count(n int64) {
	m.operations += n
	if m.operations > m.next && m.operations <= m.maximum {
		m.next = min(m.maximum, m.operations+sampleEvery)
		m.sampleHeap(0)
		m.turn()
	}
	if m.operations > m.maximum {
		m.stop(fault.Exceeded("operations", "the script used more than %d operations: shorten its loops or raise [vm_pool] max_operations", m.limits.Operations))
	}
	if m.wanted.Load() {
		m.settle()
		m.audit()
		m.prove()
	}
}

// turn lets others compute first, where the host says so. Meanwhile the run does not respond to audits.
func (m *meter) turn() {
	idle := m.watch.idle.Swap(true)
	m.host.Turn()
	m.watch.idle.Store(idle)
}

// reserve takes a large allocation from the budget. The next one, a call of the host or the run's end settles it.
func (m *meter) reserve(n int64) {
	if !m.claim(n) {
		m.check()
	}
}

// claim is reserve for callers that unwind themselves: it returns false where the run was stopped.
func (m *meter) claim(n int64) bool {
	m.settle()
	b := m.limits.Budget
	if b == nil || n < largeAllocation {
		return true
	}
	if !b.reserve(n) {
		m.stop(fault.Exceeded("memory", "the server is short of memory: try again later, or raise total_memory_mb"))
		return false
	}
	m.reserved = n
	return true
}

// settle ends a reservation: what was allocated shows in the heap by now.
func (m *meter) settle() {
	if m.reserved > 0 {
		m.limits.Budget.release(m.reserved)
		m.reserved = 0
	}
}

// largeAllocation is from where on one allocation is worth a look at the process' memory, which costs half a microsecond.
const largeAllocation = 1 << 20

// allocate is called by guards before a native allocates n bytes in one step. It refuses what cannot fit, and audits when
// much was allocated since the last audit: a script need not tick between two natives.
func (m *meter) allocate(n int64) {
	limit := m.limits.Memory
	if limit <= 0 {
		return
	}
	if n > limit-m.inFlight {
		m.tooMuchMemory()
	}
	if m.reserve(n); m.reserved > 0 {
		m.wanted.Store(true) // it is settled at the next tick
	}
	m.charge(n)
	if m.sinceAudit += n; m.sinceAudit > limit/4 {
		m.audit()
		if m.audited.Load()+m.inFlight+n > limit {
			m.tooMuchMemory()
		}
	}
	m.check()
}

// copied is called before the language itself copies a text of n bytes. Adding little to a text again and again is common,
// so only what is large next to the limit is measured each time.
func (m *meter) copied(n, times int64) {
	limit := m.limits.Memory
	if limit <= 0 {
		return
	}
	if n > limit/8 {
		m.allocate(n)
		times--
	} else {
		m.reserve(n)
	}
	m.charge(n * times)
}

// charge notes n bytes that a native is about to allocate.
func (m *meter) charge(n int64) {
	m.charged += n
	if m.unsampled += n; m.unsampled >= largeAllocation {
		m.sampleHeap(n)
		m.turn()
		m.check()
	}
}

// returned is called around calls of the host, which bring answers and rows that no guard has seen and little code runs
// between: the run is measured when the process has allocated much since it last was.
func (m *meter) returned() {
	limit := m.limits.Memory
	m.turn()
	if m.settle(); limit <= 0 || m.stopped() != nil {
		return
	}
	switch n := allocated(); {
	case m.allocatedAtReturn == 0:
		m.allocatedAtReturn = n
	case n-m.allocatedAtReturn > uint64(limit/4):
		if !m.guards.known.Patched() { // the audit will see nothing
			m.charged += int64(n - m.allocatedAtReturn)
			m.sampleHeap(0)
		}
		m.allocatedAtReturn = n
		m.audit()
	}
}

// audit measures the VM and stops the run when it is over its limit.
func (m *meter) audit() {
	m.wanted.Store(false)
	m.sinceAudit = 0
	size := m.measured()
	m.audited.Store(size)
	m.peak = max(m.peak, size)
	m.watch.answered()
	if b := m.limits.Budget; b != nil && size > m.limits.Memory/8 {
		b.grows(m)
	}
	if m.limits.Memory > 0 && size > m.limits.Memory {
		m.stop(m.memoryExceeded())
	} else if m.limits.Budget != nil {
		m.limits.Budget.brake(m)
	}
}

// measured returns the bytes that the VM, its natives and the host hold for the run.
func (m *meter) measured() int64 {
	size := m.guards.known.Audit(m.rt, m.roots(), m.limits.Memory)
	size += m.host.HostMemory() + m.inFlight + m.beside.Load() + 16*int64(cap(m.inNatives))
	return size + perNative*int64(m.guards.known.Natives(m.rt))
}

func (m *meter) roots() []goja.Value {
	roots := m.host.Roots()
	if m.iterable != nil {
		roots = append(roots, m.iterable)
	}
	for _, values := range m.held {
		roots = append(roots, values...)
	}
	return m.rejections.roots(m.rt, append(roots, m.inNatives...))
}

func (m *meter) memoryExceeded() error {
	return fault.Exceeded("memory", "the script needs more than %d MB: work on less data at a time or raise [vm_pool] max_memory_mb", m.limits.Memory>>20)
}

func (m *meter) tooMuchMemory() {
	m.stop(m.memoryExceeded())
	m.check()
}
