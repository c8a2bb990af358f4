package wire_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// long bounds everything that must happen; nothing waits for it unless it is broken.
const long = 20 * time.Second

var errEnough = errors.New("enough")

// serve returns each request with handle, on HTTP/1.1 and on HTTP/2.
func serve(t *testing.T, l wire.Limits, handle func(c *wire.Conn, r *http.Request)) map[string]*httptest.Server {
	t.Helper()
	l.SetDefaults()
	all := map[string]*httptest.Server{}
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var c wire.Conn
			c.Open(w, r, &l)
			defer c.End()
			handle(&c, r)
		}))
		wire.Tune(s.Listener)
		if proto == "HTTP/2.0" {
			s.EnableHTTP2 = true
			s.StartTLS()
		} else {
			s.Start()
		}
		s.Client().Timeout = long
		t.Cleanup(s.Close)
		all[proto] = s
	}
	return all
}

// stalled is a body that gives its text and then nothing until the test is over.
func stalled(t *testing.T, text string) io.Reader {
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	go io.WriteString(w, text)
	return r
}

// TestCutEndsReading cuts while a read waits: it ends immediately with the cause, and the response still arrives.
func TestCutEndsReading(t *testing.T) {
	t.Parallel()
	servers := serve(t, wire.Limits{}, func(c *wire.Conn, r *http.Request) {
		cut := make(chan time.Time, 1)
		go func() {
			for !c.Reading() {
				time.Sleep(time.Millisecond)
			}
			cut <- time.Now()
			c.Cut(errEnough)
		}()
		_, err := io.ReadAll(r.Body)
		took := time.Since(<-cut)
		_, again := r.Body.Read(make([]byte, 1))
		c.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(c, "%v %v %t %t", err, again, took < time.Second, c.Gone())
	})
	for proto, s := range servers {
		res, err := s.Client().Post(s.URL, "text/plain", stalled(t, "some"))
		if err != nil {
			t.Fatal(proto, err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusTeapot || string(text) != "enough enough true false" {
			t.Errorf("%s: %d %s %v", proto, res.StatusCode, text, err)
		}
	}
}

// TestCutLeavesTheConnection cuts a request that waits for nothing: its response arrives, and the next request on the
// connection is none the worse.
func TestCutLeavesTheConnection(t *testing.T) {
	t.Parallel()
	servers := serve(t, wire.Limits{}, func(c *wire.Conn, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/cut" {
			c.Cut(errEnough)
			time.Sleep(50 * time.Millisecond)
		}
		fmt.Fprintf(c, "%s %v %s", text, r.Context().Err(), strings.Repeat("x", 100_000))
	})
	for proto, s := range servers {
		from := map[string]bool{}
		for _, path := range []string{"/cut", "/", "/"} {
			res, err := s.Client().Post(s.URL+path, "text/plain", strings.NewReader("whole"))
			if err != nil {
				t.Fatal(proto, err)
			}
			text, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || !strings.HasPrefix(string(text), "whole <nil> xx") || len(text) != 100_012 {
				t.Errorf("%s %s: %.30s (%d bytes), %v", proto, path, text, len(text), err)
			}
			from[res.Header.Get("Connection")] = true
		}
		if from["close"] {
			t.Errorf("%s: the connection was closed", proto)
		}
	}
}

// stopped sends a request whose response nobody reads.
func stopped(t *testing.T, s *httptest.Server) {
	if s.TLS == nil {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { c.Close() })
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		return
	}
	res, err := s.Client().Get(s.URL) // its body is not read: the window of the stream closes
	if err != nil {
		t.Error(err)
		return
	}
	t.Cleanup(func() { res.Body.Close() })
}

// TestCutEndsWriting cuts while a write waits for a client that reads nothing.
func TestCutEndsWriting(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 2)
	servers := serve(t, wire.Limits{}, func(c *wire.Conn, _ *http.Request) {
		go func() {
			for !c.Busy() {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(100 * time.Millisecond) // so that it waits
			c.Cut(errEnough)
		}()
		_, err := c.Write(make([]byte, 64<<20))
		ended <- err
	})
	for proto, s := range servers {
		go stopped(t, s)
		select {
		case err := <-ended:
			if !errors.Is(err, errEnough) {
				t.Errorf("%s: 64 MiB to a client that reads nothing ended with %v, not with the cause of the cut", proto, err)
			}
		case <-time.After(long / 2):
			t.Error(proto, "the write was not ended")
		}
	}
}

// TestSlowReaderIsTold: who takes nothing for as long as a piece may take is given up, and the error says why.
func TestSlowReaderIsTold(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	servers := serve(t, wire.Limits{Write: 300 * time.Millisecond}, func(c *wire.Conn, _ *http.Request) {
		_, err := c.Write(make([]byte, 64<<20))
		ended <- err
	})
	for proto, s := range servers {
		go stopped(t, s)
		if f := fault.From(<-ended); f.Kind != fault.Unavailable || !strings.Contains(f.Text, "too slowly") {
			t.Errorf("%s: %v", proto, f)
		}
	}
}

// TestRestBetweenReads: a reader that rests for longer than a client may does not end the body.
func TestRestBetweenReads(t *testing.T) {
	t.Parallel()
	servers := serve(t, wire.Limits{Stall: 100 * time.Millisecond}, func(c *wire.Conn, r *http.Request) {
		b := make([]byte, 1)
		_, err := io.ReadFull(r.Body, b)
		time.Sleep(300 * time.Millisecond)
		rest, err2 := io.ReadAll(r.Body)
		fmt.Fprint(c, len(rest), err, err2)
	})
	for proto, s := range servers {
		res, err := s.Client().Post(s.URL, "text/plain", strings.NewReader(strings.Repeat("x", 300_001)))
		if err != nil {
			t.Fatal(proto, err)
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(text) != "300000 <nil> <nil>" {
			t.Errorf("%s: %s", proto, text)
		}
	}
}

// TestBodyTotal: a body that flows fast enough ends at its total, on both protocols, and its client has not gone.
func TestBodyTotal(t *testing.T) {
	t.Parallel()
	servers := serve(t, wire.Limits{Body: 300 * time.Millisecond}, func(c *wire.Conn, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		c.WriteHeader(http.StatusRequestTimeout)
		fmt.Fprint(c, err, c.Gone())
	})
	for proto, s := range servers {
		r, w := io.Pipe()
		go func() {
			for { // a KiB each 50 ms
				if _, err := w.Write(make([]byte, 1024)); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}()
		res, err := s.Client().Post(s.URL, "text/plain", r)
		if err != nil {
			t.Fatal(proto, err)
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		r.Close()
		if res.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(text), "300ms ([server] body_seconds) false") {
			t.Errorf("%s: %d %s", proto, res.StatusCode, text)
		}
	}
}

// TestUnreadExpect: who refuses an upload without reading it answers immediately and asks for nothing.
func TestUnreadExpect(t *testing.T) {
	t.Parallel()
	s := serve(t, wire.Limits{}, func(c *wire.Conn, _ *http.Request) { io.WriteString(c, "no") })["HTTP/1.1"]
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(long / 2))
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
	if n, err := io.Copy(io.Discard, c); n != 0 || err != nil {
		t.Errorf("the connection stays: %d bytes, %v", n, err)
	}
}

// TestBudgetOfAnswers: many clients that read nothing hold no more than the bound, and those who read get their responses.
func TestBudgetOfAnswers(t *testing.T) {
	t.Parallel()
	budget := wire.NewBudget(4<<20, "full")
	answer := make([]byte, 1<<20)
	servers := serve(t, wire.Limits{Unsent: budget}, func(c *wire.Conn, r *http.Request) {
		_, err := c.Write(answer)
		if f, ok := errors.AsType[*fault.Error](err); err != nil && (!ok || f.Text != "full") && r.Context().Err() == nil {
			t.Errorf("a client was given up with %v", err)
		}
	})
	for proto, s := range servers {
		for range 12 {
			go stopped(t, s)
		}
		for range 5 {
			res, err := s.Client().Get(s.URL)
			if err != nil {
				t.Fatal(proto, err)
			}
			n, err := io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if err != nil || n != 1<<20 {
				t.Errorf("%s: a good client got %d bytes, %v", proto, n, err)
			}
			if used := budget.Used(); used > 4<<20 {
				t.Errorf("%s: %d bytes are unsent", proto, used)
			}
		}
	}
}

// TestBudgetOfBodies: many clients that send half a body hold no more than the bound, and those who send get answers.
func TestBudgetOfBodies(t *testing.T) {
	t.Parallel()
	budget := wire.NewBudget(4<<20, "full")
	var most sync.Map
	servers := serve(t, wire.Limits{Unread: budget}, func(c *wire.Conn, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		most.Store(budget.Used() > 4<<20, true)
		fmt.Fprint(c, len(body), err)
	})
	half := strings.Repeat("x", 1<<20)
	for proto, s := range servers {
		for range 8 {
			body := stalled(t, half)
			go func() {
				if res, err := s.Client().Post(s.URL, "text/plain", body); err == nil {
					res.Body.Close()
				}
			}()
		}
		for late := time.Now().Add(long); budget.Used() < 5<<19 && time.Now().Before(late); {
			time.Sleep(time.Millisecond)
		}
		for range 5 {
			text := ""
			for range 10 { // where all wait for one another, anybody may be refused: then the client tries again
				res, err := s.Client().Post(s.URL, "text/plain", strings.NewReader(half))
				if err != nil {
					t.Fatal(proto, err)
				}
				said, _ := io.ReadAll(res.Body)
				res.Body.Close()
				if text = string(said); !strings.HasSuffix(text, "full") {
					break
				}
			}
			if text != "1048576 <nil>" {
				t.Errorf("%s: a good client got %s", proto, text)
			}
		}
	}
	if _, over := most.Load(true); over {
		t.Error("more than the bound was held")
	}
}
