package engine

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// The walk over all functions: each is called with hostile arguments of the kinds that its signature declares, in a process
// of its own whose runs may use 64 MB and 2 s.
const (
	walkMemory = 64 << 20
	walkTime   = 2 * time.Second

	walkLate   = 500 * time.Millisecond // how much longer than its time a call may take
	walkMargin = 128 << 20              // what the process may hold beside what it held before the walk, and one run's memory
	walkPing   = 250 * time.Millisecond // how long other requests may take

	walkSmall = 10_000  // characters, or parts of arguments
	walkLarge = 100_000 // the same again, where a small call is not quick and light
	// What a small call may take: even where it grows with the square, the large one is within bounds.
	walkQuick = 3 * time.Millisecond // of a processor
	walkLight = 5000                 // kilobytes that the process allocates meanwhile, also for others

	walkAgain = 1                    // times that a call which was bad in company is made alone
	walkLook  = 5 * time.Millisecond // between two looks at the process

	walkAtOnce        = 4  // calls
	walkEndlessAtOnce = 32 // of those that only their time ends
)

// walkJob is one call to make.
type walkJob struct {
	index, at, variant, n int
	fixed                 bool   // n makes no difference
	like                  string // which value of which kind it is
	name                  string
	client                *walkClient
}

func (j walkJob) String() string {
	return fmt.Sprintf("%s parameter %d variant %d n %d", j.name, j.at, j.variant, j.n)
}

// walked is what came of one call.
type walked struct {
	walkJob
	took, ping time.Duration
	rss        int64
	measured   bool          // inside and kilobytes are known
	inside     time.Duration // that the function computed, on the run's own goroutine
	kilobytes  int64         // allocated meanwhile, by the process
	status     int
	answer     string
}

func (g *walked) bad() string {
	switch {
	case g.took > walkTime+walkLate:
		return fmt.Sprintf("took %s", g.took)
	case g.rss > walkMemory+walkMargin:
		return fmt.Sprintf("the process held %d MB more", g.rss>>20)
	case g.ping > walkPing:
		return fmt.Sprintf("another request took %s", g.ping)
	case strings.Contains(g.answer, "the server is stopping"):
		return "the process gives up"
	}
	return ""
}

// call makes one call.
func (w *walker) call(j walkJob) *walked {
	got := &walked{walkJob: j}
	w.mu.Lock()
	w.active[got] = true
	w.mu.Unlock()
	url := w.base + j.path()
	since := w.clock()
	if j.client != nil {
		w.send(got, j.client.request(url, j.n))
	} else if strings.HasPrefix(j.name, "((...args) => c.WebSocket(") {
		w.talk(got, url)
	} else {
		w.ask(got, url)
	}
	got.took = since()
	rss := w.held()
	w.note(rss, 0)
	w.mu.Lock()
	delete(w.active, got)
	w.mu.Unlock()
	return got
}

// path is what the server serves the call at, and its name in the measurements.
func (j walkJob) path() string {
	kind := "call"
	if j.client != nil {
		kind = "client"
	}
	return fmt.Sprintf("/%s/%d/%d/%d/%d", kind, j.index, j.at, j.variant, j.n)
}

func (w *walker) ask(got *walked, url string) {
	form := "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n" + strings.Repeat("ñ", got.n/2) + "\r\n--x--\r\n"
	q, err := http.NewRequest(http.MethodPost, url, strings.NewReader(form))
	if err != nil {
		w.t.Error(err)
		return
	}
	q.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w.send(got, q)
}

func (w *walker) send(got *walked, q *http.Request) {
	res, err := w.client.Do(q)
	if err != nil {
		got.answer = err.Error()
		return
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	got.status, got.answer = res.StatusCode, string(body)
}

// talk is the other end of a WebSocket.
func (w *walker) talk(got *walked, url string) {
	conn, _, err := websocket.Dial(w.t.Context(), url, nil)
	if err != nil {
		got.answer = err.Error()
		return
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 30)
	err = conn.Write(w.t.Context(), websocket.MessageText, bytes.Repeat([]byte("a"), got.n))
	for err == nil {
		_, _, err = conn.Read(w.t.Context())
	}
	got.status, got.answer = http.StatusOK, err.Error()
}

// walkRow is a line of the table.
type walkRow struct {
	name       string
	calls      int
	took, ping time.Duration
	rss        int64
	slowest    string
}

func (r *walkRow) take(got *walked) {
	r.calls++
	if got.took > r.took {
		r.slowest = got.String()
	}
	r.took, r.rss, r.ping = max(r.took, got.took), max(r.rss, got.rss), max(r.ping, got.ping)
}

// all makes calls, so many at once. A call that is bad in company is made again alone, for a busy machine or its neighbours may
// be why: what it does alone counts.
func (w *walker) all(rows []walkRow, jobs []walkJob, atOnce int) (done []*walked) {
	queue, results := make(chan walkJob), make(chan *walked)
	for range atOnce {
		go func() {
			for j := range queue {
				results <- w.call(j)
			}
		}()
	}
	go func() {
		defer close(queue)
		for _, j := range jobs {
			select {
			case queue <- j:
			case <-w.died:
				return
			}
		}
	}()
	for range jobs {
		select {
		case got := <-results:
			done = append(done, got)
		case <-w.died:
			w.t.Fatalf("the process died; the last calls were %v", done[max(0, len(done)-2*atOnce):])
		}
	}
	w.measure(done)
	for i := range done {
		for again := 0; again < walkAgain && done[i].bad() != ""; again++ {
			done[i] = w.alone(done[i].walkJob)
		}
		if why := done[i].bad(); why != "" {
			w.t.Errorf("%s: %s: %s", done[i], why, done[i].answer[:min(len(done[i].answer), 300)])
		}
		rows[done[i].index].take(done[i])
	}
	return done
}

// families returns for each row which of those it is that take the same options, and how many they are: they read them by one
// piece of code, so each value of an option is for one of them.
func families(calls []walkCall) (place, size []int) {
	place, size = make([]int, len(calls)), make([]int, len(calls))
	names, count := make([]string, len(calls)), map[string]int{}
	for i, c := range calls {
		last := len(c.params) - 1
		if last < 0 || c.params[last].Kind != "options" {
			continue
		}
		names[i] = fmt.Sprint(c.row, c.params[last].Keys)
		place[i] = count[names[i]]
		count[names[i]]++
	}
	for i := range calls {
		size[i] = max(1, count[names[i]])
	}
	return place, size
}

// plan lists the small calls of a row: those that end, and those that only their time ends. Of the values of options it takes
// each size-th, from place on.
func (w *walker) plan(i int, c walkCall, place, size int) (jobs, endless []walkJob) {
	res, err := w.client.Get(w.base + "/plan/" + strconv.Itoa(i))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var plan []struct {
		At, Count      int
		Endless, Fixed []int
		Like           []string
	}
	if err := json.NewDecoder(res.Body).Decode(&plan); err != nil {
		w.t.Fatalf("%s: %v", c.name, err)
	}
	for _, p := range plan {
		for v := range p.Count {
			if p.At >= 0 && p.At == len(c.params)-1 && v%size != place {
				continue
			}
			j := walkJob{index: i, at: p.At, variant: v, n: walkSmall, fixed: slices.Contains(p.Fixed, v), name: c.name}
			if v < len(p.Like) {
				j.like = cmp.Or(p.Like[v], fmt.Sprint(c.params[p.At].Kind, v))
			}
			if !slices.Contains(p.Endless, v) {
				jobs = append(jobs, j)
			} else if !slices.ContainsFunc(endless, j.alike) {
				endless = append(endless, j)
			}
		}
	}
	return jobs, endless
}

// TestWalk calls each function of flow code with hostile arguments of each kind that its signature declares. Each call ends
// within its time, memory stays bounded, others are served, and the process keeps running. It runs where NFLOW_WALK is a
// pattern of names; NFLOW_WALK_VERBOSE=1 tells each call.
func TestWalk(t *testing.T) {
	if os.Getenv("NFLOW_WALK") == "" {
		t.Skip("make walk runs it, which takes minutes; NFLOW_WALK is a pattern of names, . for all")
	}
	began := time.Now()
	calls := walkCalls(t)
	only := regexp.MustCompile(os.Getenv("NFLOW_WALK"))
	w := startWalk(t)
	rows := make([]walkRow, len(calls))
	var small, endless []walkJob
	place, size := families(calls)
	for i, c := range calls {
		if rows[i].name = c.name; !only.MatchString(c.name) {
			continue
		}
		if c.client != nil {
			for reader := range walkReaders {
				small = append(small, walkJob{index: i, at: reader, n: walkSmall, name: c.name, client: c.client})
			}
		} else {
			jobs, more := w.plan(i, c, place[i], size[i])
			small, endless = append(small, jobs...), append(endless, more...)
		}
	}
	phase := func(what string, jobs []walkJob, atOnce int) []*walked {
		began, computed := time.Now(), w.processors()
		done := w.all(rows, jobs, atOnce)
		if os.Getenv("NFLOW_WALK_VERBOSE") != "" {
			for _, got := range done {
				t.Logf("%s: %s, %s inside, %d kB, %d MB, ping %s: %d %.300q", got, got.took.Round(time.Millisecond), got.inside, got.kilobytes, got.rss>>20, got.ping.Round(time.Millisecond), got.status, got.answer)
			}
		}
		t.Logf("%d %s calls, %d at once, took %s, and the server %s of processors", len(jobs), what, atOnce, time.Since(began).Round(time.Second), w.processors()-computed)
		return done
	}
	smalls := phase("small", small, walkAtOnce)
	for _, got := range smalls {
		w.members(calls, got)
	}
	phase("large", promising(smalls, calls), walkAtOnce)
	phase("endless", endless, walkEndlessAtOnce)
	w.print(rows, time.Since(began))
}

// alike reports whether two calls hand the same value to options of one function.
func (j walkJob) alike(other walkJob) bool {
	return j.like != "" && j.like == other.like && j.index == other.index && j.at == other.at
}

// easy reports whether a call was so quick and light that the large one is not worth the time.
func (g *walked) easy() bool {
	return g.measured && g.inside <= walkQuick && g.kilobytes <= walkLight
}

// promising lists the calls that are worth being made large. Of functions of one family that took the same for the same
// value, the dearest stands for all.
func promising(small []*walked, calls []walkCall) (large []walkJob) {
	slices.SortFunc(small, func(a, b *walked) int { return cmp.Compare(b.inside, a.inside) })
	seen := map[string]bool{}
	for _, got := range small {
		if got.fixed || got.at < 0 && got.client == nil || got.easy() {
			continue
		}
		if family := calls[got.index].row; got.like != "" && family != "language" {
			key := fmt.Sprint(family, got.like, got.measured, got.status, bits.Len64(uint64(got.inside.Milliseconds())))
			if seen[key] {
				continue
			}
			seen[key] = true
		}
		j := got.walkJob
		j.n = walkLarge
		large = append(large, j)
	}
	return large
}

// members wants a row for each function that a response has.
func (w *walker) members(calls []walkCall, got *walked) {
	var answer struct{ Members []string }
	if json.Unmarshal([]byte(got.answer), &answer) != nil {
		return
	}
	row := calls[got.index].row
	for _, m := range answer.Members {
		declared := func(c walkCall) bool { return c.row == row && strings.HasSuffix(c.name, "."+m) }
		if missing := got.name + " " + m; !slices.ContainsFunc(calls, declared) && !w.missing[missing] {
			w.missing[missing] = true
			w.t.Errorf("what %s returns has a function %s that no row calls: add %s(…).%s() to Calls", got.name, m, got.name, m)
		}
	}
}

func (w *walker) print(rows []walkRow, took time.Duration) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r walkRow) bool { return r.calls == 0 })
	slices.SortFunc(rows, func(a, b walkRow) int { return cmp.Compare(b.took, a.took) })
	var out strings.Builder
	sum := 0
	for _, r := range rows {
		sum += r.calls
		fmt.Fprintf(&out, "%-70s %6d calls %8s %5d MB, others %s\n", r.name, r.calls, r.took.Round(time.Millisecond), r.rss>>20, r.ping.Round(time.Millisecond))
	}
	w.t.Logf("%d functions, %d calls in %s; worst time, worst memory of the process beside the %d MB at the start, with up to %d calls at once, and the slowest request of others:\n%s",
		len(rows), sum, took.Round(time.Second), w.started>>20, walkAtOnce, out.String())
}
