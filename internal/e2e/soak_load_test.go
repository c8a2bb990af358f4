//go:build soak

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// load sends the requests of many visitors to all members of a fleet in turn, and checks each response.
type load struct {
	bases    []string
	visitors []*soaker
	budget   int64 // requests until run ends; 0: no bound
	spent    atomic.Int64

	mu       sync.Mutex
	counts   map[string]*count // by what the request needs
	outages  []*outage
	problems []string
	wrong    int
}

type count struct{ sent, failed, excused int64 }

// outage is a time in which what needs a server may fail.
type outage struct {
	needs string
	to    time.Time
}

// soaker is one visitor with a session.
type soaker struct {
	load    *load
	name    string
	client  *http.Client
	turn    int  // steps made
	asked   int  // requests sent
	counted int  // the last number that the session said
	unsure  bool // since then a request failed, which may have counted
}

func newLoad(t *testing.T, f *fleet) *load {
	l := &load{counts: map[string]*count{}}
	transport := &http.Transport{MaxIdleConnsPerHost: soakVisitors}
	t.Cleanup(transport.CloseIdleConnections)
	for _, m := range f.members {
		l.bases = append(l.bases, "http://"+m.address)
	}
	for i := range soakVisitors {
		jar, _ := cookiejar.New(nil)
		l.visitors = append(l.visitors, &soaker{
			load: l, name: fmt.Sprintf("v%d", i), turn: i, asked: i, client: &http.Client{Transport: transport, Jar: jar, Timeout: 30 * time.Second},
		})
	}
	return l
}

// run sends for that long, rate requests a second, or as many as it can with rate 0. It returns how many were sent per second.
// It counts anew.
func (l *load) run(length time.Duration, rate float64) float64 {
	l.mu.Lock()
	l.counts = map[string]*count{}
	l.mu.Unlock()
	l.spent.Store(0)
	begun := time.Now()
	end := begun.Add(length)
	var group sync.WaitGroup
	for i, v := range l.visitors {
		group.Go(func() {
			var pause time.Duration
			next := begun
			if rate > 0 {
				pause = time.Duration(float64(len(l.visitors)) / rate * float64(time.Second))
				next = next.Add(pause * time.Duration(i) / time.Duration(len(l.visitors)))
			}
			for next.Before(end) && time.Now().Before(end) && (l.budget == 0 || l.spent.Load() < l.budget) {
				time.Sleep(time.Until(next))
				if next = next.Add(pause); next.Before(time.Now()) {
					next = time.Now() // what is late is not made up for
				}
				v.step()
			}
		})
	}
	group.Wait()
	return float64(l.total()) / time.Since(begun).Seconds()
}

func (l *load) total() (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.counts {
		n += c.sent
	}
	return n
}

// step sends the next request of the visitor's round.
func (v *soaker) step() {
	v.turn++
	at := v.turn
	text := fmt.Sprintf("%s-%d", v.name, at)
	switch at % 12 {
	case 1, 5, 9:
		v.get("", "/hello/"+text, `{"hello":"`+text+`"}`)
	case 2, 8:
		v.get("", fmt.Sprintf("/chain/%d", at), fmt.Sprintf(`{"n":%d,"sum":%d}`, at, 50*at+49*25))
	case 3, 7:
		v.count()
	case 4:
		v.form(text)
	case 6:
		v.get("database", "/kept/"+v.name+"/"+text, text)
	case 10:
		v.get("", "/fork/"+text, "quick "+text)
	default:
		v.get("", "/nowhere/"+text, `{"message":"not found","code":404}`)
	}
}

func (v *soaker) get(needs, path, want string) bool {
	got, ok := v.send(needs, http.MethodGet, path, nil)
	if ok && got != want {
		v.load.note("%s %s answered %q, not %q", v.name, path, got, want)
	}
	return ok
}

// count counts in the session: each number once, however many processes answer.
func (v *soaker) count() {
	text, ok := v.send("session", http.MethodGet, "/count", nil)
	if !ok {
		v.unsure = true
		return
	}
	var n int
	if _, err := fmt.Sscanf(text, "n=%d", &n); err != nil {
		v.load.note("%s /count answered %q", v.name, text)
	} else if n != v.counted+1 && !(v.unsure && v.counted < n) {
		v.load.note("%s counted %d after %d", v.name, n, v.counted)
	}
	v.counted, v.unsure = n, false
}

// form requests a page and sends its form to the other member.
func (v *soaker) form(text string) {
	if !v.get("session", "/form/"+text, "<form>"+text) {
		return
	}
	got, ok := v.send("session", http.MethodPost, "/form/"+text, url.Values{"nflow_next_node_run": {"done"}, "mail": {"m"}})
	if want := text + " m"; ok && got != want {
		v.load.note("%s /form answered %q, not %q", v.name, got, want)
	}
}

// send sends a request to the next member. ok is whether it responded; a failure is noted, unless an outage excuses it.
func (v *soaker) send(needs, method, path string, form url.Values) (text string, ok bool) {
	v.load.spent.Add(1)
	v.asked++
	began := time.Now()
	var body io.Reader = http.NoBody
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	q, err := http.NewRequest(method, v.load.bases[v.asked%len(v.load.bases)]+path, body)
	if err != nil {
		panic(err) // a path of our own
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	status := 0
	res, err := v.client.Do(q)
	if err == nil {
		var b []byte
		b, err = io.ReadAll(res.Body)
		res.Body.Close()
		status, text = res.StatusCode, string(b)
	}
	if ok = err == nil && status < http.StatusInternalServerError; !ok {
		text = fmt.Sprintf("%s %s: %d %v %.200s", v.name, path, status, err, text)
	}
	v.load.tell(needs, ok, began, text)
	return text, ok
}

// tell counts a request.
func (l *load) tell(needs string, ok bool, began time.Time, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.counts[needs]
	if c == nil {
		c = &count{}
		l.counts[needs] = c
	}
	c.sent++
	if ok {
		return
	}
	c.failed++
	if slices.ContainsFunc(l.outages, func(o *outage) bool {
		return o.needs == needs && (o.to.IsZero() || began.Before(o.to))
	}) {
		c.excused++
		return
	}
	if len(l.problems) < 20 {
		l.problems = append(l.problems, text)
	}
}

func (l *load) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wrong++; len(l.problems) < 20 {
		l.problems = append(l.problems, fmt.Sprintf(format, args...))
	}
}

// outage excuses failures of what needs a server until stop is called.
func (l *load) outage(needs string) (stop func()) {
	o := &outage{needs: needs}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outages = append(l.outages, o)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		o.to = time.Now()
	}
}

// report fails the test when something was wrong.
func (l *load) report(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for needs, c := range l.counts {
		t.Logf("needs %-10q %9d sent, %6d failed, of these %6d in outages", needs, c.sent, c.failed, c.excused)
		if c.failed != c.excused {
			t.Errorf("%d requests that need %q failed outside of outages", c.failed-c.excused, needs)
		}
	}
	if l.wrong > 0 {
		t.Errorf("%d wrong answers", l.wrong)
	}
	for _, p := range l.problems {
		t.Log(p)
	}
}
