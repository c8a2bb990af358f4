package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// served returns a dialer of a server in memory.
func served(answer func(number int, q *http.Request) string) dialer {
	return func(context.Context) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			in := bufio.NewReader(there)
			for number := 0; ; number++ {
				q, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				text := answer(number, q)
				if _, err := fmt.Fprintf(there, "HTTP/1.1 200 OK\r\nSet-Cookie: s=%d\r\nContent-Length: %d\r\n\r\n%s", number, len(text), text); err != nil {
					return
				}
			}
		}()
		return here, nil
	}
}

func visitOf(answers ...string) (v visit) {
	for _, answer := range answers {
		q := step{path: "/"}.request()
		q.answer = []byte(answer)
		v.requests = append(v.requests, q)
	}
	v.cookies = len(answers) > 1
	return v
}

// TestStallShows: a server that stops for half a second at the start keeps 500 requests waiting at 1,000 a second, though its
// only client could send just one meanwhile.
func TestStallShows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := loader{visit: visitOf("a"), connections: 1, took: time.Second, rate: 1000, dial: served(func(number int, _ *http.Request) string {
			if number == 0 {
				time.Sleep(500 * time.Millisecond) // the bubble's clock
			}
			return "a"
		})}
		r := l.run(t.Context())
		if r.answered != 1000 || r.failed != 0 {
			t.Fatalf("%d answered, %d failed: %v", r.answered, r.failed, r.failure)
		}
		for p, want := range map[float64]float64{0: 0, 49: 0, 75: 251, 90: 401, 99.9: 500} {
			if got := r.percentile(p); got != want {
				t.Errorf("%v %%: %v ms, not %v", p, got, want)
			}
		}
	})
}

// TestRate: the connections share the rate and do not send at one moment.
func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		moments := make(chan time.Duration, 100)
		l := loader{visit: visitOf("a"), connections: 4, took: 100 * time.Millisecond, rate: 400, dial: served(func(int, *http.Request) string {
			moments <- time.Since(begun)
			return "a"
		})}
		if r := l.run(t.Context()); r.answered != 40 {
			t.Fatalf("%d answered, not 40", r.answered)
		}
		close(moments)
		last := time.Duration(-1)
		for at := range moments {
			if at == last {
				t.Fatalf("two at %v", at)
			}
			last = at
		}
	})
}

func TestWrongAnswersFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := loader{visit: visitOf("a"), connections: 1, took: 100 * time.Millisecond, rate: 100, dial: served(func(number int, _ *http.Request) string {
			if number == 3 {
				return "b"
			}
			return "a"
		})}
		r := l.run(t.Context()) // the connection after each failure counts anew: 3 right ones, then a wrong one
		if r.answered != 8 || r.failed != 2 || !strings.Contains(r.failure.Error(), "another answer") {
			t.Errorf("%d answered, %d failed: %v", r.answered, r.failed, r.failure)
		}
	})
}

// TestVisits: each visit begins without a cookie and sends what it got.
func TestVisits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cookies := make(chan string, 10)
		l := loader{visit: visitOf("a", "b"), connections: 1, took: 60 * time.Millisecond, rate: 100, dial: served(func(number int, q *http.Request) string {
			cookies <- q.Header.Get("Cookie")
			return string("ab"[number%2])
		})}
		if r := l.run(t.Context()); r.answered != 6 || r.failed != 0 {
			t.Fatalf("%d answered, %d failed: %v", r.answered, r.failed, r.failure)
		}
		close(cookies)
		var got []string
		for c := range cookies {
			got = append(got, c)
		}
		if text := strings.Join(got, ","); text != ",s=0,,s=2,,s=4" {
			t.Errorf("cookies %q", text)
		}
	})
}
