package sandbox

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
)

// This file keeps what the process holds from the system near what its runs hold alive. The collector alone lets garbage
// grow to as much as is alive, more when a native allocates faster than it marks, and gives pages back after minutes. So
// a run that grows looks for itself, on its own goroutine and before it allocates: that holds however busy the machine is.

// sampleEvery is how many operations a run may use between two looks at the process' memory, which cost a microsecond.
const sampleEvery = 8192

// headroom is what a Budget knows of the memory that runs may make the process hold.
type headroom struct {
	baseline atomic.Int64 // live bytes that belong to no run
	growing  atomic.Int64 // what the runs that have grown may hold
	floor    atomic.Int64 // what was held after the last sweep, and a bit: less is not to be had
	sweep    sync.Mutex

	// Under the Budget's mu:
	learnFrom  uint64 // the first collection that has seen nothing of the runs that had grown
	overBudget bool   // a run was stopped for what nothing explained, and the baseline was not learned anew since
	stoppedAt  int64  // what was alive then
}

// footprint is what the process holds from the system.
type footprint struct {
	objects int64 // garbage included
	held    int64 // objects, and pages of the heap that are free but not given back
}

func measure() footprint {
	s := [3]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(s[:])
	objects := int64(s[0].Value.Uint64())
	return footprint{objects, objects + int64(s[1].Value.Uint64()+s[2].Value.Uint64())}
}

// headroomOf returns what the heap may hold for a run that has grown: its limit, and half of it for garbage. What comes between
// two looks, and the pages of the program, are on top; three times the limit must do for all.
func headroomOf(limit int64) int64 { return limit + limit/2 }

// allowance returns what the heap may hold: twice what is alive without runs, as Go would let it grow, what headroomOf says for
// each run that has grown, and more for one that may.
func (b *Budget) allowance(more int64) int64 {
	n := 2*b.headroom.baseline.Load() + b.headroom.growing.Load() + more
	return max(min(n, b.most/5*4), b.headroom.floor.Load())
}

// paced has the collector keep to the allowance while there are runs that have grown.
func (b *Budget) paced() {
	if b.headroom.growing.Load() == 0 {
		pace.clear(b)
	} else {
		pace.set(b, b.allowance(0))
	}
}

// mayHold reports whether the run may continue to allocate n bytes. Where the heap would outgrow its allowance, garbage is
// collected and free pages are given back first; when that does not help, memory is held that audits cannot see.
func (b *Budget) mayHold(m *meter, f footprint, n int64) bool {
	more := headroomOf(m.limits.Memory)
	if m.watch.grown {
		more = 0
	}
	if f.held+n <= b.allowance(more) {
		return true
	}
	b.headroom.sweep.Lock()
	defer b.headroom.sweep.Unlock()
	if measure().held+n <= b.allowance(more) { // another run has swept meanwhile
		return true
	}
	debug.FreeOSMemory()
	b.headroom.floor.Store(measure().held + m.limits.Memory/4)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unexplained(sample().live)
	return m.stopped() == nil
}

// unexplained stops the run that has done most when more is alive than audits and limits explain: what natives hold on
// Go's stack is not seen by audits. The caller holds b.mu.
func (b *Budget) unexplained(live int64) {
	if m := b.suspect(live); m != nil {
		b.headroom.overBudget, b.headroom.stoppedAt = true, live
		b.drop(m, m.memoryExceeded())
	}
}

// suspect returns the run that unexplained would stop, or nil. A run that did too little to hold that much is not suspected. When
// stopping one has changed nothing, the program around us holds the memory; while it moves, the next goes, until little is left.
func (b *Budget) suspect(live int64) (busiest *meter) {
	explained, ending, waits := b.headroom.baseline.Load(), false, false
	for _, m := range b.runs {
		explained += m.audited.Load() + m.limits.Memory
		ending = ending || m.stopped() != nil
		switch suspect := m.stopped() == nil && m.limits.Memory > 0 && m.work.Load() > m.limits.Memory; {
		case suspect && m.watch.idle.Load(): // it may hold what a call has brought: nothing is learned before it continues
			waits = true
		case suspect && (busiest == nil || m.work.Load() > busiest.work.Load()):
			busiest = m
		}
	}
	switch {
	case live <= explained || ending || busiest == nil && waits:
		return nil
	case busiest == nil || b.headroom.overBudget && (live-explained <= b.little() || b.isStill(live, busiest.limits.Memory)):
		b.headroom.baseline.Add(live - explained)
		return nil
	}
	return busiest
}

// doubt looks at what a collection has found alive while runs went on: in that is what they allocated meanwhile, garbage or not, and
// that is much where the collector waits for a processor. So a run that is suspected first collects by itself, standing
// still; one that has not by the next collection is stopped. The caller holds b.mu.
func (b *Budget) doubt(live int64) {
	switch m := b.suspect(live); {
	case m == nil:
	case m.watch.doubted:
		b.unexplained(live)
	default:
		m.watch.doubted = true
		m.watch.prove.Store(true)
		m.wanted.Store(true)
	}
}

// prove finds out what is alive while the run stands still, where that was asked of it. It is called on the VM's goroutine.
func (m *meter) prove() {
	if !m.watch.prove.CompareAndSwap(true, false) {
		return
	}
	runtime.GC()
	b := m.limits.Budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unexplained(sample().live)
	m.watch.doubted = false
}

// little returns how much memory without an explanation is worth no more than one run.
func (b *Budget) little() int64 { return min(512<<20, b.most/2) }

// isStill reports whether as much is alive as when a run was stopped, or nearly so: had it held much, that would be gone, and had another,
// it would have grown.
func (b *Budget) isStill(live, limit int64) bool {
	moved := live - b.headroom.stoppedAt
	return max(moved, -moved) <= limit/4
}

// learnBaseline learns what is alive without runs that have grown. The caller holds b.mu.
func (b *Budget) learnBaseline(s usage) {
	if b.headroom.growing.Load() == 0 && s.cycles >= b.headroom.learnFrom {
		b.headroom.baseline.Store(s.live)
		b.headroom.floor.Store(0)
		b.headroom.overBudget = false
	}
}

// grows notes that a run holds much, and has the collector keep to what runs may hold. It is called on the VM's
// goroutine.
func (b *Budget) grows(m *meter) {
	if !m.watch.grown {
		m.watch.grown = true
		b.headroom.growing.Add(headroomOf(m.limits.Memory))
		b.paced()
	}
}

// shrinks takes back what grows noted, when the run ends. The caller holds b.mu.
func (b *Budget) shrinks(m *meter) {
	if m.watch.grown {
		m.watch.grown = false
		b.headroom.growing.Add(-headroomOf(m.limits.Memory))
		b.headroom.learnFrom = sample().cycles + 2 // one may be on its way
	}
}

// perOperation is about what an operation allocates at most where no guard charges it.
const perOperation = 64

// sampleHeap looks at the memory of the process: the run is audited when much has come since it was last, and frees
// memory where there is too little for n more bytes. It is called on the VM's goroutine.
func (m *meter) sampleHeap(n int64) {
	b, limit := m.limits.Budget, m.limits.Memory
	m.unsampled = 0
	if b == nil || limit <= 0 {
		return
	}
	m.work.Store(m.charged + perOperation*m.operations)
	m.prove()
	f := measure()
	m.mark = min(m.mark, f.objects)
	if f.objects-m.mark > limit/4 {
		m.mark = f.objects
		m.audit()
		if m.work.Load() > limit/2 { // it may hold more than the audit has seen
			b.grows(m)
		}
	}
	if m.stopped() == nil && !b.mayHold(m, f, n) {
		m.stop(m.memoryExceeded())
	}
}

// pacer sets the soft memory limit of the Go runtime while runs grow: the collector then works as often as it takes to
// stay below it, and frees pages before it takes new ones. There is one such limit for the process, hence one pacer.
type pacer struct {
	mu    sync.Mutex
	heaps map[*Budget]int64 // what each budget lets the heap hold
	own   int64             // the limit before the first of them
	ours  int64             // the limit that was set; 0 for none
}

// fine is how far the limit may be off.
const fine = 8 << 20

// set has the heap keep to n bytes until clear.
func (p *pacer) set(b *Budget, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heaps[b] = n
	p.apply()
}

// clear ends what set began.
func (p *pacer) clear(b *Budget) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.heaps[b]; ok {
		delete(p.heaps, b)
		p.apply()
	}
}

func (p *pacer) apply() {
	if p.ours == 0 {
		p.own = debug.SetMemoryLimit(-1)
	}
	if len(p.heaps) == 0 {
		if debug.SetMemoryLimit(-1) == p.ours { // the program may have set another meanwhile
			debug.SetMemoryLimit(p.own)
		}
		p.ours = 0
		return
	}
	n := besidesHeap()
	for _, heap := range p.heaps {
		n += heap
	}
	if n = min(n, p.own); n < p.ours-fine || n > p.ours+fine { // a change stops the world for a moment
		p.ours = n
		debug.SetMemoryLimit(n)
	}
}

// besidesHeap returns the bytes of stacks and of the Go runtime itself, which its memory limit counts.
func besidesHeap() int64 {
	s := [5]metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(s[:])
	n := int64(s[0].Value.Uint64())
	for _, part := range s[1:] {
		n -= int64(part.Value.Uint64())
	}
	return max(n, 0)
}
