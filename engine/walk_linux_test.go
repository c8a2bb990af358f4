package engine

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The walk over all functions: each is called with hostile arguments of the kinds that its signature declares, in processes
// of its own whose runs may use 64 MB, 2 s (125 ms in the gate, which has less time) and 3 million operations.
const (
	walkMemory     = 64 << 20
	walkOperations = 3_000_000

	walkMargin = 160 << 20              // what the process may hold beside what it held before the walk, and one run's memory
	walkPing   = 250 * time.Millisecond // how long other requests may take
	walkReply  = 2 * time.Minute        // how long the walk itself waits for an answer

	walkFirst = 2_000      // characters, or parts of arguments, of the first call with a value
	walkMore  = 8          // times as many has each call after it
	walkMost  = 70_000_000 // more than a run can hold

	// A call that took less of this size or a larger one does not grow.
	walkLarge = 1_000_000
	walkQuick = time.Millisecond // of a processor
	walkLight = 1 << 20          // bytes that the process allocated meanwhile

	walkTidy = 16 << 20 // bytes beside what a process held when it was last asked to give back what is garbage

	walkAlike = 32 * time.Microsecond // two calls that differ by less took the same

	walkAgain = 3 // times that a call which was bad in company is made alone

	walkLook          = 5 * time.Millisecond // between two looks at a process
	walkProcesses     = 4                    // each makes one call at a time; some calls wait
	walkBusy          = 2                    // processes for calls that compute
	walkTrapEvery     = 4                    // each function gets one of so many of the values that run code, other functions others
	walkEndlessAtOnce = 32                   // calls of those that only their time ends

	walkLarger   = 64 * walkFirst        // of the second call with each value, where all are called
	walkTogether = 16                    // calls in one run, where they are small
	walkSteep    = 20 * time.Millisecond // of a processor, from where on it matters how fast a cost grows
)

// walkFull reports whether every value is made larger, and not the dearest ones alone.
func walkFull() bool { return os.Getenv("NFLOW_WALK_FULL") != "" }

// walkTime is how long a run may take.
func walkTime() time.Duration {
	if walkFull() {
		return 2 * time.Second
	}
	return 125 * time.Millisecond
}

// walkLate is how much longer than its time a call may take, or compute. In the gate it is more, on a run's time that is less: there
// a machine whose memory is busy takes four times as long for the same bytes as at other times.
func walkLate() time.Duration {
	if walkFull() {
		return 500 * time.Millisecond
	}
	return time.Second
}

// walk is one walk over all functions.
type walk struct {
	t       *testing.T
	calls   []walkCall
	rows    []walkRow
	crew    []*walker
	missing map[string]bool // members without a row

	mu    sync.Mutex
	wrong []string // what is wrong
}

func (k *walk) fail(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wrong = append(k.wrong, fmt.Sprintf(format, args...))
}

// TestWalk calls each function of flow code with hostile arguments of each kind that its signature declares. Each call ends
// within its time, memory stays bounded, others are served, and the process keeps running. Every value is first handed over
// small. Then those that cost the most, of each parameter, are made larger until the call is refused or ended by the limits of a
// run; with NFLOW_WALK_FULL=1, every value is handed over large as well, those grow whose cost did more than their size, and
// all values that run code are handed to each function.
// It runs where NFLOW_WALK is a pattern of names; NFLOW_WALK_VERBOSE=1 writes each call.
func TestWalk(t *testing.T) {
	if os.Getenv("NFLOW_WALK") == "" {
		t.Skip("make walk runs it, which takes minutes; NFLOW_WALK is a pattern of names, . for all")
	}
	for _, why := range walkOver(t, os.Getenv("NFLOW_WALK"), walkProcesses) {
		t.Error(why)
	}
}

// TestWalkFails: the walk finds a function that computes, and one that allocates, without a charge.
func TestWalkFails(t *testing.T) {
	if os.Getenv("NFLOW_WALK") == "" {
		t.Skip("it takes part of a minute; NFLOW_WALK=. runs it")
	}
	t.Setenv("NFLOW_WALK_TRAPS", "1")
	wrong := strings.Join(walkOver(t, "^walk_trap_", walkBusy), "\n")
	for _, want := range []string{"walk_trap_time parameter 0 .* computed for .* after it was stopped", "walk_trap_memory parameter 0 .* the process held .* MB more"} {
		if !regexp.MustCompile(want).MatchString(wrong) {
			t.Errorf("the walk did not find %q:\n%s", want, wrong)
		}
	}
}

// walkOver walks over the functions whose names match, in so many processes, prints the table, and returns what is wrong.
func walkOver(t *testing.T, names string, processes int) []string {
	t.Helper()
	began := time.Now()
	k := &walk{t: t, calls: walkCalls(t), missing: map[string]bool{}}
	k.rows = make([]walkRow, len(k.calls))
	redis := walkRedis(t)
	for range processes {
		k.crew = append(k.crew, startWalk(t, k.fail, redis))
	}
	first, endless := k.plan(regexp.MustCompile(names))
	small := k.phase("small", k.together(first), processes, 1, (*walker).once)
	for _, got := range small {
		k.members(got)
		if got.began.IsZero() && got.client == nil {
			k.fail("%s was never made: %s", got, got.said())
		}
	}
	grow := worthGrowing(small)
	if walkFull() {
		larger := k.phase("larger", k.together(sized(grow, walkLarger)), processes, 1, (*walker).once)
		grow = append(k.dearest(worthGrowing(larger)), steep(small, worthGrowing(larger))...)
	} else {
		grow = k.dearest(grow)
	}
	k.phase("growing", apart(jobsOf(grow)), walkBusy, 1, (*walker).grow)
	k.phase("endless", apart(endless), walkBusy, walkEndlessAtOnce/walkBusy, (*walker).once)
	k.print(time.Since(began))
	return k.wrong
}

// phase makes calls in so many processes, so many at once in each. A call that is bad is made again where nothing else is asked
// for, as a busy machine or its neighbours may be why: what it does alone counts.
func (k *walk) phase(what string, jobs [][]walkJob, processes, atOnce int, with func(*walker, []walkJob) []*walked) (done []*walked) {
	began, computed := time.Now(), k.processors()
	queue := make(chan []walkJob)
	var group sync.WaitGroup
	var mu sync.Mutex
	for _, w := range k.crew[:processes] {
		for range atOnce {
			group.Go(func() {
				for j := range queue {
					got := with(w, j)
					k.tell(got)
					mu.Lock()
					done = append(done, got...)
					mu.Unlock()
				}
			})
		}
	}
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	group.Wait()
	ends := map[string]int{}
	for i, got := range done {
		unmade := func() bool { return what == "small" && got.began.IsZero() && got.client == nil }
		for again := 0; again < walkAgain && (got.bad() != "" || unmade()); again++ {
			got = k.crew[0].alone(got.walkJob)
			done[i] = got
		}
		if why := got.bad(); why != "" {
			k.fail("%s: %s: %s", got, why, got.said())
		}
		k.rows[got.index].take(got)
		ends[got.end()]++
	}
	delete(ends, "")
	k.t.Logf("%s: %d requests, %d calls took %s, for which the servers computed %s; how the last calls ended: %v", what, len(jobs), len(done), time.Since(began).Round(time.Second), k.processors()-computed, ends)
	return done
}

// tell writes calls as they are made, for a walk of hours.
func (k *walk) tell(done []*walked) {
	if os.Getenv("NFLOW_WALK_VERBOSE") == "" {
		return
	}
	for _, g := range done {
		k.t.Logf("%s: %s, %s inside, %s late, %d kB, %d MB, ping %s, %s: %d %q", g, g.took.Round(time.Millisecond), g.inside, g.late, g.bytes>>10, g.rss>>20, g.ping.Round(time.Millisecond), g.end(), g.status, g.said())
	}
}

func (k *walk) processors() (d time.Duration) {
	for _, w := range k.crew {
		d += w.processors()
	}
	return d
}

// walkRow is a line of the table.
type walkRow struct {
	name       string
	calls      int
	took, ping time.Duration
	late       time.Duration
	rss        int64
	slowest    string
}

func (r *walkRow) take(got *walked) {
	r.calls++
	if took := got.call(); took > r.took {
		r.took, r.slowest = took, fmt.Sprintf("parameter %d, value %d, n %d: %s", got.at, got.variant, got.n, got.end())
	}
	r.rss, r.ping, r.late = max(r.rss, got.rss), max(r.ping, got.ping), max(r.late, got.late)
}

// print writes the table, the slowest first.
func (k *walk) print(took time.Duration) {
	rows := slices.DeleteFunc(slices.Clone(k.rows), func(r walkRow) bool { return r.calls == 0 })
	slices.SortFunc(rows, func(a, b walkRow) int { return cmp.Compare(b.took, a.took) })
	var out strings.Builder
	sum := 0
	for _, r := range rows {
		sum += r.calls
		fmt.Fprintf(&out, "%-70.70s %6d calls %7s %4d MB  late %5s  others %5s  %s\n", r.name, r.calls, r.took.Round(time.Millisecond), r.rss>>20, r.late.Round(time.Millisecond), r.ping.Round(time.Millisecond), r.slowest)
	}
	k.t.Logf("%d functions, %d calls in %s. A run may use %d MB, %s and %d operations; a call may take %s, the process hold %d MB beside what it held before, and others wait %s.\n"+
		"Worst time, worst memory of the process, how long it computed after it was stopped, the slowest request of others, and what took the time:\n%s",
		len(rows), sum, took.Round(time.Second), walkMemory>>20, walkTime(), walkOperations, walkTime()+walkLate(), (walkMemory+walkMargin)>>20, walkPing, out.String())
}
