package engine

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// walkJob is one call to make.
type walkJob struct {
	index, at, variant, n int
	fixed                 bool   // n makes no difference
	endless               bool   // only its time ends it
	like                  string // which value of which kind it is, for options
	group                 string // what kind of value it is, and of which option
	name                  string
	client                *walkClient
}

func (j walkJob) String() string {
	return fmt.Sprintf("%s parameter %d value %d n %d", j.name, j.at, j.variant, j.n)
}

// path is what the server serves the call at, and its name in the measurements.
func (j walkJob) path() string {
	kind := "call"
	if j.client != nil {
		kind = "client"
	}
	return fmt.Sprintf("/%s/%d/%d/%d/%d", kind, j.index, j.at, j.variant, j.n)
}

// walked is what came of one call.
type walked struct {
	walkJob
	sent, began time.Time // began is zero where the arguments could not be made
	took, ping  time.Duration
	rss         int64
	done        bool          // the function returned or threw; then inside and bytes are known
	inside      time.Duration // that the function computed, on the run's own goroutine
	late        time.Duration // that this goroutine computed after the run was stopped
	bytes       int64         // allocated meanwhile, by the process
	status      int
	answer      string
}

// bad says what is wrong with what came.
func (g *walked) bad() string {
	var wrong []string
	add := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	add(g.late > walkLate(), "computed for %s after it was stopped", g.late)
	add(g.took > walkTime()+walkLate(), "took %s", g.took)
	add(g.rss > walkMemory+walkMargin, "the process held %d MB more", g.rss>>20)
	add(g.ping > walkPing, "another request took %s", g.ping)
	add(strings.Contains(g.answer, "the server is stopping"), "the process gives up")
	add(strings.Contains(g.answer, "cannot run: "), "the row is no JavaScript")
	return strings.Join(wrong, ", ")
}

// call returns how long it took without the time in which its arguments were made.
func (g *walked) call() time.Duration {
	if g.began.IsZero() {
		return g.took
	}
	return max(0, g.took-max(0, g.began.Sub(g.sent)))
}

// limit names the limit of a run that ended it, "" for none.
func (g *walked) limit() string {
	for text, name := range map[string]string{"needs more than": "memory", "took longer than": "time", "operations": "operations"} {
		if g.status == http.StatusRequestTimeout && strings.Contains(g.answer, text) {
			return name
		}
	}
	return ""
}

// end says why no larger value is handed over: "" where one is.
func (g *walked) end() string {
	light := g.done && g.inside < walkQuick && g.bytes < walkLight
	switch limit := g.limit(); {
	case limit != "" && g.began.IsZero():
		return "no larger argument within the " + limit
	case limit != "":
		return "ended by the " + limit
	case light && g.thrown() != "":
		return "refused"
	case light && g.n >= walkLarge:
		return "does not grow"
	case g.n*walkMore >= walkMost:
		return "as large as can be"
	case !g.done && (g.status >= http.StatusBadRequest || g.status == 0):
		return "failed"
	}
	return ""
}

// thrown returns the message of what the function threw.
func (g *walked) thrown() string {
	var answer struct{ Error string }
	_ = json.Unmarshal([]byte(g.answer), &answer)
	return answer.Error
}

// said returns the beginning of the answer.
func (g *walked) said() string { return g.answer[:min(len(g.answer), 300)] }

// once makes calls with values of one parameter: all in one run, and where that does not come to its end, half of them.
func (w *walker) once(jobs []walkJob) []*walked {
	if w.gone() {
		return nil
	}
	w.tidy()
	if len(jobs) == 1 {
		return []*walked{w.call(jobs[0])}
	}
	if all := w.many(jobs); all != nil {
		return all
	}
	return append(w.once(jobs[:len(jobs)/2]), w.once(jobs[len(jobs)/2:])...)
}

// many makes calls in one run. It returns nil where a limit ended it, or where it did not answer as it should.
func (w *walker) many(jobs []walkJob) (all []*walked) {
	var variants []string
	for _, j := range jobs {
		variants = append(variants, strconv.Itoa(j.variant))
	}
	first := jobs[0]
	w.mu.Lock()
	for _, j := range jobs {
		got := &walked{walkJob: j}
		all = append(all, got)
		w.active[got] = true
	}
	w.mu.Unlock()
	whole := &walked{sent: time.Now(), walkJob: first}
	since := w.clock()
	w.ask(whole, fmt.Sprintf("%s/many/%d/%d/%d/%s", w.base, first.index, first.at, first.n, strings.Join(variants, ",")))
	took := since() / time.Duration(len(jobs))
	w.note(w.held(), 0)
	w.mu.Lock()
	for _, got := range all {
		delete(w.active, got)
	}
	w.mu.Unlock()
	var answer struct {
		All []struct {
			CPU, Bytes  int64
			Type, Error string
			Members     []string
		}
	}
	if json.Unmarshal([]byte(whole.answer), &answer) != nil || len(answer.All) != len(jobs) {
		return nil
	}
	for i, got := range all {
		of := answer.All[i]
		text, _ := json.Marshal(map[string]any{"type": of.Type, "error": of.Error, "members": of.Members})
		got.sent, got.began, got.took, got.done, got.status, got.answer = whole.sent, whole.sent, took, true, whole.status, string(text)
		got.inside, got.bytes = time.Duration(of.CPU), of.Bytes
	}
	return all
}

func (w *walker) call(j walkJob) *walked {
	got := &walked{walkJob: j}
	w.mu.Lock()
	w.active[got] = true
	w.mu.Unlock()
	url := w.base + j.path()
	var hostile []byte
	if j.client != nil {
		hostile = w.written(j.client.request(url, j.n)) // before the clock starts: a hundred thousand headers take a client its time
	}
	got.sent = time.Now()
	since := w.clock()
	if j.client != nil {
		w.write(got, hostile)
	} else if strings.HasPrefix(j.name, "((...args) => c.WebSocket(") {
		w.talk(got, url)
	} else {
		w.ask(got, url)
	}
	got.took = since()
	w.note(w.held(), 0)
	w.mu.Lock()
	delete(w.active, got)
	w.mu.Unlock()
	w.measure(got)
	return got
}

// ask sends a small form with a file, for functions that read one.
func (w *walker) ask(got *walked, url string) {
	form := "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n" + strings.Repeat("ñ", min(got.n, walkLarge)/2) + "\r\n--x--\r\n"
	q, err := http.NewRequest(http.MethodPost, url, strings.NewReader(form))
	if err != nil {
		w.fail("%s: %v", got, err)
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
	w.read(got, res)
}

// written returns a request as it travels, on a connection of its own.
func (w *walker) written(q *http.Request) []byte {
	q.Close = true
	var out bytes.Buffer
	if err := q.Write(&out); err != nil {
		w.fail("%s: %v", q.URL, err)
	}
	return out.Bytes()
}

// write sends a request that is written already, and reads what is answered meanwhile.
func (w *walker) write(got *walked, request []byte) {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(w.base, "http://"), walkReply)
	if err != nil {
		got.answer = err.Error()
		return
	}
	var group sync.WaitGroup
	defer group.Wait()
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(walkReply))
	group.Go(func() { _, _ = conn.Write(request) })
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		got.answer = err.Error()
		return
	}
	w.read(got, res)
}

// read reads an answer to its end and keeps its beginning.
func (w *walker) read(got *walked, res *http.Response) {
	body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
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
	err = conn.Write(w.t.Context(), websocket.MessageText, bytes.Repeat([]byte("a"), min(got.n, walkLarge)))
	for err == nil {
		_, _, err = conn.Read(w.t.Context())
	}
	got.status, got.answer = http.StatusOK, err.Error()
}

// measure asks the process what a call took of it.
func (w *walker) measure(got *walked) {
	res, err := w.client.Get(w.base + "/used?call=" + got.path())
	if err != nil {
		return // it died, which is reported
	}
	defer func() { _ = res.Body.Close() }()
	var used walkUse
	if err := json.NewDecoder(res.Body).Decode(&used); err != nil {
		w.fail("%s: %v", got, err)
	}
	if got.began, got.done, got.late = used.Began, used.Done, used.Late; got.done {
		got.inside, got.bytes = used.CPU, used.Bytes
	}
}
