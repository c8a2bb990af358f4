package server_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/server"
)

func TestThousandSlowHeaders(t *testing.T) {
	t.Parallel()
	const conns = 1000
	s := open(t, server.Options{Flows: says("hello"), Timeouts: server.Timeouts{Header: time.Second}})
	slow := make([]net.Conn, conns)
	for i := range slow {
		slow[i] = s.dial()
		if _, err := io.WriteString(slow[i], "GET /x HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	equal(t, "a request among them", s.get("/").body, "hello")
	if took := time.Since(start); took > 5*time.Second {
		t.Error("the slow ones held a request up for", took)
	}
	var ended sync.WaitGroup
	for _, c := range slow {
		ended.Go(func() {
			if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("a slow connection was never closed")
			}
		})
	}
	ended.Wait()
	if took := time.Since(start); took > 10*time.Second {
		t.Error("the slow ones lived for", took)
	}
}

// reads responds with the length of the body, or the fault that reading it met.
func reads(c echo.Context) error {
	n, err := io.Copy(io.Discard, c.Request().Body)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return c.String(f.Kind.Status(), f.Limit)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, n)
}

func TestBodyThatStalls(t *testing.T) {
	t.Parallel()
	s := open(t, server.Options{Flows: reads, Timeouts: server.Timeouts{Body: 100 * time.Millisecond}})
	a := s.raw("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
	equal(t, "status", a.StatusCode, http.StatusRequestTimeout)
	equal(t, "limit", a.body, "time")
	a = s.raw("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n")
	equal(t, "chunked", a.StatusCode, http.StatusRequestTimeout)
}

func TestBodyThatNobodyReadsDoesNotHoldTheAnswer(t *testing.T) {
	t.Parallel()
	s := open(t, server.Options{Flows: says("hello"), Timeouts: server.Timeouts{Body: 100 * time.Millisecond}})
	equal(t, "body", s.raw("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345").body, "hello")
}

// TestBodyThatTrickles sends a byte each time it finds that no response has come yet.
func TestBodyThatTrickles(t *testing.T) {
	t.Parallel()
	s := open(t, server.Options{Flows: reads, Timeouts: server.Timeouts{Body: 300 * time.Millisecond}})
	c := s.dial()
	io.WriteString(c, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
	from := bufio.NewReader(c)
	for sent := 0; ; sent++ {
		if sent > 200 {
			t.Fatal("a body of one byte at a time goes on for ever")
		}
		c.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
		if _, err := from.Peek(1); err == nil {
			break
		}
		c.Write([]byte("x"))
	}
	c.SetReadDeadline(time.Now().Add(long))
	equal(t, "status", s.read(from).StatusCode, http.StatusRequestTimeout)
}

func TestBodyThatFlowsMayTakeLong(t *testing.T) {
	t.Parallel()
	const stall = 200 * time.Millisecond
	s := open(t, server.Options{Flows: reads, Timeouts: server.Timeouts{Body: stall}})
	c := s.dial()
	io.WriteString(c, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n")
	from := bufio.NewReader(c)
	for range 8 {
		c.SetReadDeadline(time.Now().Add(stall / 4))
		if _, err := from.Peek(1); err == nil {
			t.Fatal("an answer came early")
		}
		c.Write(make([]byte, 8192))
	}
	c.SetReadDeadline(time.Now().Add(long))
	equal(t, "body", strings.TrimSpace(s.read(from).body), "65536")
}

// TestSlowFlowsAreNotSlowClients has flows that rest longer than any timeout, before and between pieces of responses.
func TestSlowFlowsAreNotSlowClients(t *testing.T) {
	t.Parallel()
	const short = 50 * time.Millisecond
	rest := func(c echo.Context) error {
		if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
			return err
		}
		for _, word := range []string{"a", "b", "c"} {
			select {
			case <-time.After(3 * short):
			case <-c.Request().Context().Done():
				return errors.New("the client seems to be gone")
			}
			c.Response().Write([]byte(word))
			c.Response().Flush()
		}
		<-time.After(3 * short)
		return nil
	}
	s := open(t, server.Options{Flows: rest, Timeouts: server.Timeouts{Header: short, Body: short, Write: short}})
	cert, key := server.WriteCertificate(t, "one")
	h2 := open(t, server.Options{Flows: rest, CertFile: cert, KeyFile: key, Timeouts: server.Timeouts{Header: long, Body: short, Write: short}})
	for range 2 { // the second time on the same connection
		equal(t, "HTTP/1.1", s.do(http.MethodPost, "/", strings.NewReader("body")).body, "abc")
		a := h2.do(http.MethodPost, "https:/", strings.NewReader("body"))
		equal(t, "HTTP/2", a.Proto+" "+a.body, "HTTP/2.0 abc")
	}
	// A body that the flow leaves alone until late is not a slow client's.
	late := open(t, server.Options{Timeouts: server.Timeouts{Body: short}, Flows: func(c echo.Context) error {
		<-time.After(3 * short)
		return reads(c)
	}})
	equal(t, "late", strings.TrimSpace(late.do(http.MethodPost, "/", bytes.NewReader(make([]byte, 300_000))).body), "300000")
}

// TestRestBetweenRequests has a client that rests between two requests for longer than it may take over a response.
func TestRestBetweenRequests(t *testing.T) {
	t.Parallel()
	const short = 50 * time.Millisecond
	s := open(t, server.Options{Timeouts: server.Timeouts{Write: short}, Flows: func(c echo.Context) error {
		switch c.Request().URL.Path {
		case "/large":
			return c.String(http.StatusOK, strings.Repeat("x", 100_000))
		case "/hints":
			c.Response().Writer.WriteHeader(http.StatusEarlyHints)
		case "/body":
			return reads(c)
		}
		return c.String(http.StatusOK, "small")
	}})
	c := s.dial()
	from := bufio.NewReader(c)
	for _, step := range []struct{ ask, want string }{
		{"GET /small HTTP/1.1\r\nHost: x\r\n\r\n", "small"},
		{"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", strings.Repeat("x", 100_000)},
		{"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n", ""},
		{"GET /hints HTTP/1.1\r\nHost: x\r\n\r\n", ""},
		{"GET /small HTTP/1.1\r\nHost: x\r\n\r\n", "small"},
	} {
		<-time.After(3 * short)
		c.SetDeadline(time.Now().Add(long))
		io.WriteString(c, step.ask)
		a := s.read(from)
		switch a.StatusCode {
		case http.StatusContinue:
			io.WriteString(c, "body")
			a, step.want = s.read(from), "4"
		case http.StatusEarlyHints:
			a, step.want = s.read(from), "small"
		}
		equal(t, step.ask, strings.TrimSpace(a.body), step.want)
	}
}

func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	for _, proto := range []string{"http/1.1", "h2"} {
		failed := make(chan error, 1)
		cert, key := server.WriteCertificate(t, "one")
		s := open(t, server.Options{
			CertFile: cert, KeyFile: key, Timeouts: server.Timeouts{Write: 200 * time.Millisecond},
			Flows: func(c echo.Context) error {
				_, err := c.Response().Write(make([]byte, 64<<20))
				failed <- err
				return nil
			},
		})
		dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{proto}}} //nolint:gosec // a certificate of the test's own
		c, err := dialer.DialContext(t.Context(), "tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if proto == "h2" {
			// Preface, empty SETTINGS, and a request for / in static headers: GET, https, /, and authority "x".
			io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"+
				"\x00\x00\x06\x01\x05\x00\x00\x00\x01\x82\x87\x84\x41\x01x")
		} else {
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		}
		select {
		case err := <-failed:
			if err == nil {
				t.Error(proto, "64 MiB went to a client that does not read")
			}
		case <-time.After(long):
			t.Error(proto, "a client that does not read holds its request for ever")
		}
	}
}

// TestConnectionsWithoutARequest has HTTP/2 connections stop at each point before their first request is whole.
func TestConnectionsWithoutARequest(t *testing.T) {
	t.Parallel()
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	cert, key := server.WriteCertificate(t, "one")
	s := open(t, server.Options{Flows: says("hello"), CertFile: cert, KeyFile: key, Timeouts: server.Timeouts{Header: 300 * time.Millisecond}})
	for name, text := range map[string]string{
		"no preface": "", "half a preface": preface[:9], "no request": preface + settings,
		"half a head": preface + settings + "\x00\x00\x03\x01\x01\x00\x00\x00\x01\x82\x87\x84", // its flag END_HEADERS is missing
	} {
		dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}} //nolint:gosec // a certificate of the test's own
		c, err := dialer.DialContext(t.Context(), "tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		begun := time.Now()
		c.SetDeadline(begun.Add(long))
		io.WriteString(c, text)
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) > long/2 {
			t.Errorf("%s: it was open for %s", name, time.Since(begun))
		}
	}
	// One that has had its request rests as long as idle connections may.
	equal(t, "a request", s.get("https:/").Proto, "HTTP/2.0")
	<-time.After(time.Second)
	got := make(chan bool, 1)
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { got <- i.Reused }}
	q, _ := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, "https://"+s.addr, nil)
	a, err := s.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	equal(t, "the connection of before", <-got, true)
}
