package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/server"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

func TestPathReachesFlowsAsItCame(t *testing.T) {
	t.Parallel()
	s := open(t, server.Options{Flows: func(c echo.Context) error {
		return c.String(http.StatusOK, c.Request().URL.EscapedPath())
	}})
	for _, path := range []string{"/", "/a/b", "/a%2fb", "/a/../b", "//a//b", "/a/./b/", "/%2e%2e/x", "/a%20b;c=d", "/nftk/x/nfnext/1"} {
		a := s.raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		equal(t, path+" status", a.StatusCode, http.StatusOK)
		equal(t, path, a.body, path)
	}
}

func TestErrorsOfFlowsGoToTheHandler(t *testing.T) {
	t.Parallel()
	s := open(t, server.Options{
		Flows:  func(echo.Context) error { return errors.New("secret") },
		Errors: func(err error, c echo.Context) { c.String(http.StatusTeapot, "handled") },
	})
	a := s.get("/x")
	equal(t, "status", a.StatusCode, http.StatusTeapot)
	equal(t, "body", a.body, "handled")
	// A method that Echo does not know is an error of Echo's: it takes the same way.
	a = s.do("BREW", "/x", nil)
	equal(t, "unknown method", a.body, "handled")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := open(t, server.Options{Flows: func(echo.Context) error { t.Error("a flow was reached"); return nil }})
	refused(t, s.do(http.MethodTrace, "/x", nil), http.StatusMethodNotAllowed)
	many := make([]string, 0, 300)
	for i := range 150 {
		many = append(many, fmt.Sprintf("X-%d", i), "1")
	}
	refused(t, s.get("/x", many...), http.StatusRequestHeaderFieldsTooLarge)
	same := make([]string, 0, 300)
	for range 150 {
		same = append(same, "X-Same", "1")
	}
	refused(t, s.get("/x", same...), http.StatusRequestHeaderFieldsTooLarge)
	a := s.get("/x", "X-Big", strings.Repeat("x", 80<<10))
	equal(t, "headers too large", a.StatusCode, http.StatusRequestHeaderFieldsTooLarge)
}

func TestHeadAndOptions(t *testing.T) {
	t.Parallel()
	s := open(t, server.Options{
		Flows: func(c echo.Context) error {
			c.Response().Header().Set("X-Method", c.Request().Method)
			return c.String(http.StatusOK, "hello")
		},
	})
	a := s.do(http.MethodHead, "/x", nil)
	equal(t, "HEAD", fmt.Sprint(a.StatusCode, a.body, a.ContentLength, a.Header.Get("X-Method")), "2005HEAD")
	for _, method := range []string{http.MethodOptions, "FOO"} {
		a = s.do(method, "/x", nil)
		equal(t, method+" is for the flows", a.Header.Get("X-Method"), method)
	}
}

// What was said before the connection changes hands leaves first: packages for WebSockets say 101 that way.
func TestHijack(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusSwitchingProtocols, http.StatusOK, 0} {
		s := open(t, server.Options{Flows: func(c echo.Context) error {
			if status != 0 {
				c.Response().WriteHeader(status)
			}
			conn, out, err := c.Response().Hijack()
			if err != nil {
				return err
			}
			defer conn.Close()
			io.WriteString(out, "from here on it is ours")
			return out.Flush()
		}})
		c := s.dial()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		text, err := io.ReadAll(c)
		if err != nil {
			t.Fatal(err)
		}
		head, _, said := strings.Cut(string(text), "\r\n\r\n")
		equal(t, "a header left", said, status != 0)
		if said && !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", status)) || !strings.HasSuffix(string(text), "from here on it is ours") {
			t.Errorf("%d: %q", status, text)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var log servertest.Record
	live := int64(0)
	status := server.Healthy
	s := open(t, server.Options{
		Flows: says("flow"), HealthPath: "/health", Log: jsonLog(&log, slog.LevelInfo),
		Health: func(context.Context) server.Report {
			return server.Report{
				Status: status, Timestamp: time.Unix(0, 0).UTC(), Uptime: "1s", Version: "v1",
				Components: map[string]server.Component{"processes": {Status: server.Healthy, Live: &live}},
			}
		},
	})
	const want = `{"status":"healthy","timestamp":"1970-01-01T00:00:00Z","uptime":"1s","version":"v1","components":{"processes":{"status":"healthy","live":0}}}`
	a := s.get("/health")
	equal(t, "body", fmt.Sprint(a.StatusCode, a.body), "200"+want)
	equal(t, "type", a.Header.Get("Content-Type"), "application/json; charset=UTF-8")
	equal(t, "cache", a.Header.Get("Cache-Control"), "no-store")
	a = s.do(http.MethodHead, "/health", nil)
	equal(t, "HEAD", fmt.Sprint(a.StatusCode, a.body, a.ContentLength), fmt.Sprint("200", len(want)))
	equal(t, "POST is for the flows", s.do(http.MethodPost, "/health", nil).body, "flow")
	equal(t, "health below", s.get("/health/x").body, "flow")
	equal(t, "escaped", s.raw("GET /%68ealth HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").body, want)
	status = server.Unhealthy
	equal(t, "unhealthy", s.get("/health").StatusCode, http.StatusServiceUnavailable)
	if strings.Contains(log.String(), `"method":"GET","path":"/health",`) {
		t.Error("asking for health is in the log at level info")
	}

	off := open(t, server.Options{Flows: says("flow")})
	equal(t, "switched off", off.get("/health").body, "flow")
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	var log servertest.Record
	s := open(t, server.Options{Log: jsonLog(&log, slog.LevelInfo), Flows: func(c echo.Context) error {
		if c.Request().URL.Path == "/run" {
			c.Response().Header().Set("Nflow-Wid-1", "the-wid")
		}
		return c.String(http.StatusCreated, "12345")
	}})
	s.get("/orders/7?token=secret")
	s.get("/run") // the engine logs runs
	s.do(http.MethodHead, "/"+strings.Repeat("x", 5000), nil)
	s.stop() // lines are written after the response
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	equal(t, "lines", len(lines), 2)
	var got struct {
		Level, Msg, Method, Path, Wid, Client string
		Status, Bytes                         int
		Ms                                    *float64
	}
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil || got.Ms == nil {
		t.Fatal(lines[0], err)
	}
	got.Ms = nil
	equal(t, "line", fmt.Sprint(got), "{INFO request GET /orders/7  127.0.0.1 201 5 <nil>}")
	if strings.Contains(log.String(), "secret") || len(lines[1]) > 1000 || !strings.Contains(lines[1], `"bytes":0`) {
		t.Error("the log says too much:", lines)
	}
}

func (s *site) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), long)
	defer cancel()
	s.Stop(ctx)
}

func TestPanic(t *testing.T) {
	t.Parallel()
	var log servertest.Record
	s := open(t, server.Options{Log: jsonLog(&log, slog.LevelError), Flows: func(c echo.Context) error {
		c.Response().Header().Set("X-Left", "over")
		switch c.Request().URL.Path {
		case "/late":
			c.Response().WriteHeader(http.StatusOK)
			c.Response().Write([]byte("half an answer"))
			c.Response().Flush()
		case "/quiet":
			panic(http.ErrAbortHandler)
		case "/status":
			c.Response().WriteHeader(1000)
		}
		panic("the secret reason")
	}})
	a := s.get("/early")
	refused(t, a, http.StatusInternalServerError)
	if strings.Contains(a.body, "secret") || a.Header.Get("X-Left") != "" {
		t.Error("something of the failed answer is left:", a.Header, a.body)
	}
	refused(t, s.get("/status"), http.StatusInternalServerError)
	if !strings.Contains(log.String(), "1000 is not an HTTP status") {
		t.Error("the wrong status is not in the log")
	}
	for _, path := range []string{"/late", "/quiet"} {
		r, err := s.client.Get("http://" + s.addr + path)
		if err == nil {
			_, err = io.ReadAll(r.Body)
			r.Body.Close()
		}
		if err == nil {
			t.Error(path, "an answer that was cut off looks whole")
		}
	}
	equal(t, "panics logged", strings.Count(log.String(), "the secret reason"), 2)
	if !strings.Contains(log.String(), "server_test.go") {
		t.Error("the log holds no stack")
	}
}

func TestStopWaitsForAnswers(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	s := open(t, server.Options{Flows: func(c echo.Context) error {
		close(begun)
		<-end
		return c.String(http.StatusOK, "whole")
	}})
	idle := s.dial() // never says anything: a browser that connected ahead of need
	slow := s.dial() // stays in the middle of its headers
	io.WriteString(slow, "GET / HTTP/1.1\r\nHost:")
	got := make(chan answer, 1)
	go func() { got <- s.raw("GET /x HTTP/1.1\r\nHost: x\r\n\r\n") }()
	<-begun
	var stops sync.WaitGroup
	start := time.Now()
	for range 2 {
		stops.Go(s.stop)
	}
	if err := <-s.served; err != nil {
		t.Error("Serve:", err)
	}
	s.served <- nil
	if c, err := net.Dial("tcp", s.addr); err == nil {
		c.Close()
		t.Error("a stopped server takes connections")
	}
	close(end)
	equal(t, "answer", (<-got).body, "whole")
	stops.Wait()
	if took := time.Since(start); took > 3*time.Second {
		t.Error("connections without a request held the stop up for", took)
	}
	for _, c := range []net.Conn{idle, slow} {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("a connection without a request got an answer")
		}
	}
	s.stop() // once more
}

func TestStopGivesUpWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	s := open(t, server.Options{Flows: func(c echo.Context) error {
		close(begun)
		<-end
		return nil
	}})
	c := s.dial()
	io.WriteString(c, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
	<-begun
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Stop(ctx)
	if _, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
		t.Error("the connection was left open")
	}
	close(end)
}

func TestStopBeforeServe(t *testing.T) {
	t.Parallel()
	s, err := server.New(server.Options{Flows: says("x")})
	if err != nil {
		t.Fatal(err)
	}
	s.Stop(context.Background())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(l); err != nil {
		t.Error("Serve after Stop:", err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("the listener was left open")
	}
}
