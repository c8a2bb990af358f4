package main

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// pipe returns a wire whose other end reads requests and sends these responses in turn.
func pipe(t *testing.T, answers ...string) (*wire, <-chan *http.Request) {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	asked := make(chan *http.Request, len(answers))
	go func() {
		defer there.Close()
		in := bufio.NewReader(there)
		for _, answer := range answers {
			q, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			asked <- q
			if _, err := there.Write([]byte(answer)); err != nil {
				return
			}
		}
	}()
	if err := here.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &wire{conn: here, in: bufio.NewReader(here)}, asked
}

func TestExchange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		status int
		body   string
		fails  bool
	}{
		"a length":            {answer: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", status: 200, body: "ok"},
		"no body":             {answer: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", status: 404},
		"chunks":              {answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", status: 200, body: "abcde"},
		"no status":           {answer: "HTTP/1.1\r\n\r\n", fails: true},
		"a status of letters": {answer: "HTTP/1.1 OK\r\n\r\n", fails: true},
		"a length of letters": {answer: "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok", fails: true},
		"a negative length":   {answer: "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", fails: true},
		"an early end":        {answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", fails: true},
		"an early end, chunk": {answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := pipe(t, c.answer)
			status, err := w.exchange(step{path: "/"}.request(), false)
			if (err != nil) != c.fails {
				t.Fatalf("error %v, wanted one: %v", err, c.fails)
			}
			if !c.fails && (status != c.status || w.body.String() != c.body) {
				t.Errorf("%d %q, not %d %q", status, &w.body, c.status, c.body)
			}
		})
	}
}

// TestExchangesFollow: nothing of one response is left for the next.
func TestExchangesFollow(t *testing.T) {
	t.Parallel()
	w, _ := pipe(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nb")
	for _, want := range []struct {
		status int
		body   string
	}{{200, "a"}, {201, "b"}} {
		status, err := w.exchange(step{path: "/"}.request(), false)
		if err != nil || status != want.status || w.body.String() != want.body {
			t.Fatalf("%d %q %v, not %+v", status, &w.body, err, want)
		}
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	set := func(cookies ...string) string {
		return "HTTP/1.1 200 OK\r\nSet-Cookie: " + strings.Join(cookies, "\r\nSet-Cookie: ") + "\r\nContent-Length: 0\r\n\r\n"
	}
	for _, keeps := range []bool{true, false} {
		w, asked := pipe(t, set("a=1; Path=/; HttpOnly", "b=2"), set("a=3"), set("c=4"))
		for _, want := range []string{"", "a=1; b=2", "b=2; a=3"} {
			if _, err := w.exchange(step{path: "/"}.request(), keeps); err != nil {
				t.Fatal(err)
			}
			if !keeps {
				want = ""
			}
			if got := (<-asked).Header.Get("Cookie"); got != want {
				t.Errorf("keeps %v: sent %q, not %q", keeps, got, want)
			}
		}
	}
}
