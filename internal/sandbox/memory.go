package sandbox

import (
	"cmp"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// How often the heap is sampled: as a rule, and while it grows. A sample costs a microsecond.
const (
	usualPause = 4 * time.Millisecond
	shortPause = time.Millisecond
	linger     = 50 * time.Millisecond // how long the watch continues without a run
	silent     = 50 * time.Millisecond // without a response, a run that has a core is held to be inside a native
	often      = 50 * time.Millisecond // no two collections are requested within

	askEvery = 4 * time.Millisecond // how long one reading of the process's memory serves allocations
	patience = time.Second          // how long a run is held while others are to end
)

// Budget watches the memory of a process for the VMs that share it: a run that grows is audited, one that does not answer
// while the heap runs away is stopped, and when the process outgrows its total the largest run goes first.
//
// One goroutine watches, only while there are runs. A Budget needs no closing. Its methods may be called from any
// goroutine.
type Budget struct {
	made  time.Time // or a little before: a look is due at once
	total int64
	most  int64 // of these, for the heap: the rest is for code, stacks and Go itself

	mu       sync.Mutex
	runs     []*meter
	entered  uint64 // runs, ever
	watching bool

	headroom headroom
	beside   func() int64 // see Beside; nil for nothing

	fullSince atomic.Int64 // in nanoseconds after made; 0 while there is room for new runs
	asking    atomic.Int64 // when Full last looked, in nanoseconds after made
	grants    sync.Mutex
	reserved  int64     // see reserve
	swept     time.Time // when reserve last collected the garbage

	// Of the watching goroutine:
	heap   int64 // at the last look
	freed  int64 // audited bytes of runs that were stopped since the last collection
	cycles uint64
	empty  time.Time // since when there is no run
	asked  time.Time // when a collection was requested
}

// watched is what a Budget keeps of a run.
type watched struct {
	idle  atomic.Bool  // the run waits for the host; it cannot answer and does not grow
	prove atomic.Bool  // the run is to find out whether it holds what nothing explains
	asked atomic.Int64 // when an audit was requested that is not done, in nanoseconds after the budget was made; 0 for none

	place   int    // among the budget's runs
	turn    uint64 // which of the budget's runs it is, the first is 1
	mark    int64  // heap at the last audit
	depth   int    // programs that run, one inside the other
	pending bool   // an audit was requested, and its response not yet noticed
	doubted bool   // prove was set, and the run has not found out yet; under the Budget's mu
	grown   bool   // the run holds much; of the VM's goroutine
}

func (w *watched) answered() { w.asked.Store(0) }

// NewBudget makes a budget of total bytes for the whole process. 0 or less is 60 % of the memory that the process may
// have: of its cgroup, or of the machine.
func NewBudget(total int64) *Budget {
	if total <= 0 {
		total = available() / 10 * 6
	}
	return &Budget{made: time.Now().Add(-askEvery), total: total, most: total - min(total/8, 64<<20)}
}

// age returns the nanoseconds since the budget was made, at least 1: the machine's clock may be set.
func (b *Budget) age(now time.Time) int64 { return max(1, int64(now.Sub(b.made))) }

// Total returns the bytes of the budget.
func (b *Budget) Total() int64 { return b.total }

// Beside has the budget count what the process holds outside of Go's heap, as SQLite does. It must be called before there
// are runs; bytes is called every few milliseconds while there are, from any goroutine.
func (b *Budget) Beside(bytes func() int64) { b.beside = bytes }

func (b *Budget) sample() usage {
	s := sample()
	if b.beside != nil {
		s.heap += b.beside()
	}
	return s
}

// Full reports whether the process is near its budget: new runs shall wait. The caller has one that waits: when it stays full for
// a second, the largest runs end.
func (b *Budget) Full() bool {
	now := b.age(time.Now())
	if now-b.asking.Load() < int64(askEvery) {
		return b.fullSince.Load() != 0
	}
	b.asking.Store(now)
	s := b.sample()
	full := s.heap > b.most/100*85 && (s.live > b.most/100*70 || s.heap > b.most)
	if !full {
		b.fullSince.Store(0)
		return false
	}
	if b.fullSince.CompareAndSwap(0, now); now-b.fullSince.Load() > int64(patience) {
		b.fullSince.Store(now)
		b.mu.Lock()
		b.shrink(s.heap, b.most/2)
		b.mu.Unlock()
	}
	return true
}

// reserve takes n bytes of the budget for an allocation that is about to be made, and reports whether there was room, also
// by collecting the garbage and giving free pages back. Many runs that stay below their own limits can ask at the same moment, before any of them
// has allocated and before the watcher looks. What is reserved is given back by release, once it shows in the heap.
func (b *Budget) reserve(n int64) bool {
	b.grants.Lock()
	defer b.grants.Unlock()
	if measure().held+b.reserved+n > b.most {
		if time.Since(b.swept) > often {
			debug.FreeOSMemory()
			b.swept = time.Now()
		}
		if measure().objects+b.reserved+n > b.most {
			return false
		}
	}
	b.reserved += n
	return true
}

func (b *Budget) release(n int64) {
	b.grants.Lock()
	b.reserved -= n
	b.grants.Unlock()
}

// enter watches a run until leave.
func (b *Budget) enter(m *meter) {
	if m.watch.depth++; m.watch.depth > 1 {
		return
	}
	m.watch.mark = -1 // the next look sets it
	b.mu.Lock()
	b.entered++
	m.watch.turn = b.entered
	m.watch.place = len(b.runs)
	b.runs = append(b.runs, m)
	start := !b.watching
	b.watching = true
	b.mu.Unlock()
	if start {
		go b.watch()
	}
}

func (b *Budget) leave(m *meter) {
	if m.watch.depth--; m.watch.depth > 0 {
		return
	}
	b.mu.Lock()
	last := b.runs[len(b.runs)-1]
	b.runs[m.watch.place], last.watch.place = last, m.watch.place
	b.runs[len(b.runs)-1] = nil
	b.runs = b.runs[:len(b.runs)-1]
	b.shrinks(m)
	b.mu.Unlock()
}

func (b *Budget) watch() {
	b.mu.Lock()
	b.empty, b.heap = time.Time{}, 0
	b.learnBaseline(sample())
	b.mu.Unlock()
	timer := time.NewTimer(shortPause)
	for {
		<-timer.C
		now := time.Now()
		b.mu.Lock()
		if len(b.runs) > 0 {
			b.empty = time.Time{}
		} else if b.empty.IsZero() {
			b.empty = now
		} else if now.Sub(b.empty) > linger {
			b.watching = false
			pace.clear(b)
			b.mu.Unlock()
			return
		}
		pause := b.look(now, b.sample())
		b.mu.Unlock()
		timer.Reset(pause)
	}
}

// look decides about the runs. It returns when to look again.
func (b *Budget) look(now time.Time, s usage) time.Duration {
	growing := s.heap > b.heap+1<<20
	if s.cycles != b.cycles {
		b.cycles, b.freed = s.cycles, 0
		b.doubt(s.live)
		b.learnBaseline(s)
	}
	b.heap = s.heap
	pause := usualPause
	if b.paced(); b.headroom.overBudget && b.headroom.growing.Load() == 0 {
		b.collect(now)
	}
	if growing {
		pause = shortPause
	}
	var mute *meter // the run that has been silent for longest while the heap ran away
	explained := b.headroom.baseline.Load()
	for _, m := range b.runs {
		explained += m.audited.Load() + m.limits.Memory
		if m.watch.pending && m.watch.asked.Load() == 0 {
			m.watch.pending, m.watch.mark = false, s.heap
		}
		if m.watch.mark < 0 || s.heap < m.watch.mark {
			m.watch.mark = s.heap
		}
		grown := s.heap - m.watch.mark
		limit := m.limits.Memory
		if limit <= 0 || grown < limit/4 {
			continue
		}
		pause = shortPause
		b.ask(m, now)
		if grown > limit/2 {
			b.collect(now)
		}
		if growing && grown > limit && b.isSilent(m, now) && (mute == nil || m.watch.asked.Load() < mute.watch.asked.Load()) {
			mute = m
		}
	}
	if mute != nil && s.heap > explained {
		b.drop(mute, mute.memoryExceeded())
	}
	if s.heap > b.most/2 {
		pause = shortPause
		for _, m := range b.runs {
			b.ask(m, now) // and have it brake
		}
	}
	if s.heap > b.most/4*3 {
		b.collect(now)
	}
	if s.heap-b.freed > b.most {
		b.shrink(s.heap, b.most)
	}
	return pause
}

// ask wants an audit of a run at its next tick.
func (b *Budget) ask(m *meter, now time.Time) {
	if m.watch.pending || m.watch.idle.Load() {
		return
	}
	m.watch.pending = true
	m.watch.asked.Store(b.age(now))
	m.wanted.Store(true)
}

func (b *Budget) isSilent(m *meter, now time.Time) bool {
	asked := m.watch.asked.Load()
	turn := silent * time.Duration(1+len(b.runs)/runtime.GOMAXPROCS(0)) // it may be waiting for one
	return asked != 0 && !m.watch.idle.Load() && m.stopped() == nil && b.age(now)-asked > int64(turn)
}

func (b *Budget) drop(m *meter, cause error) {
	b.freed += m.audited.Load()
	m.stop(cause)
}

// shrink stops the largest runs until what they are held to free brings the bytes in use below a goal. A run that does not
// answer is held to have an equal share.
func (b *Budget) shrink(used, goal int64) {
	var alive []*meter
	ending := false // a stopped run has not returned: its memory is still to come back
	for _, m := range b.runs {
		ending = ending || m.stopped() != nil
	}
	for _, m := range b.runs {
		if size := m.audited.Load(); m.stopped() == nil && (size > b.most/64 || !ending && b.isSilent(m, time.Now())) {
			alive = append(alive, m)
		}
	}
	if len(alive) == 0 {
		return
	}
	share := max(used-b.headroom.baseline.Load(), 0) / int64(len(alive))
	size := func(m *meter) int64 { return max(m.audited.Load(), share) }
	slices.SortFunc(alive, func(x, y *meter) int {
		return cmp.Or(cmp.Compare(y.audited.Load(), x.audited.Load()), cmp.Compare(x.watch.turn, y.watch.turn))
	})
	for _, m := range alive {
		if used-b.freed <= goal {
			return
		}
		b.freed += size(m)
		m.stop(outOfBudget())
	}
}

func outOfBudget() error {
	return fault.Exceeded("memory", "the server is out of memory, and this script used the most: work on less data at a time or raise total_memory_mb")
}

// brake holds a run at a tick while the process is near its budget. When a collection does not help, the largest runs
// end, enough of them for the others to continue. It is called on the VM's goroutine, after an audit.
func (b *Budget) brake(m *meter) {
	s := b.sample()
	if s.heap < b.most/4*3 {
		return
	}
	m.watch.idle.Store(true)
	defer m.watch.idle.Store(false)
	start, before := time.Now(), s.cycles
	for ; m.stopped() == nil && s.heap >= b.most/4*3 && time.Since(start) < patience; s = b.sample() {
		b.mu.Lock()
		b.collect(time.Now())
		if s.cycles > before+1 { // a collection that began while this run waited has ended, and did not help
			before = s.cycles
			b.shrink(s.live, b.most/2)
		}
		b.mu.Unlock()
		time.Sleep(shortPause)
	}
}

// collect has the collector run beside the watch, not too often.
func (b *Budget) collect(now time.Time) {
	if now.Sub(b.asked) > often {
		b.asked = now
		go runtime.GC()
	}
}

// usage is what the Go runtime says of the process.
type usage struct {
	heap   int64  // bytes of objects, garbage included
	live   int64  // bytes of objects that the last collection found alive
	cycles uint64 // collections
}

func sample() usage {
	s := [3]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s[:])
	return usage{heap: int64(s[0].Value.Uint64()), live: int64(s[1].Value.Uint64()), cycles: s[2].Value.Uint64()}
}

// allocated returns the bytes that the process has ever allocated.
func allocated() uint64 {
	s := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s[:])
	return s[0].Value.Uint64()
}

// available returns the bytes that this process may use: of its cgroup, version 2 or 1, or of the machine; 2 GB where
// neither is known.
func available() int64 {
	least := int64(2 << 30)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 && fields[0] == "MemTotal:" {
			if kb, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				least = kb << 10
			}
		}
	}
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(name); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
				least = min(least, n)
			}
		}
	}
	return least
}
