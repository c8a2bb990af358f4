package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// result is what clients saw.
type result struct {
	answered, failed int
	took             time.Duration
	times            []time.Duration
	failure          error // the first one
}

// percentile gives a time in milliseconds. The times are sorted.
func (r *result) percentile(p float64) float64 {
	if len(r.times) == 0 {
		return 0
	}
	i := min(int(float64(len(r.times))*p/100), len(r.times)-1)
	return float64(r.times[i].Microseconds()) / 1000
}

// load sends the request again and again over so many connections. With a rate (requests a second, 0 for as fast as it
// goes) each has a moment when it is due, and its time counts from there: a server that stops answering for a while cannot
// hide it by keeping its clients from asking.
func load(ctx context.Context, address string, request []byte, status, connections int, took time.Duration, rate float64) result {
	var mu sync.Mutex
	var total result
	begun := time.Now()
	var clients sync.WaitGroup
	for i := range connections {
		clients.Go(func() {
			r := client(ctx, address, request, status, begun, took, i, rate/float64(connections))
			mu.Lock()
			defer mu.Unlock()
			total.answered += r.answered
			total.failed += r.failed
			total.times = append(total.times, r.times...)
			if total.failure == nil {
				total.failure = r.failure
			}
		})
	}
	clients.Wait()
	total.took = time.Since(begun)
	slices.Sort(total.times)
	return total
}

func client(ctx context.Context, address string, request []byte, status int, begun time.Time, took time.Duration, number int, rate float64) (r result) {
	var c net.Conn
	var in *bufio.Reader
	defer func() {
		if c != nil {
			c.Close() //nolint:errcheck // nothing is lost
		}
	}()
	var every time.Duration
	due := begun
	if rate > 0 {
		every = time.Duration(float64(time.Second) / rate)
		due = begun.Add(every * time.Duration(number) / 64) // not all at once
	}
	for end := begun.Add(took); ; {
		now := time.Now()
		if every > 0 {
			if wait := due.Sub(now); wait > 0 {
				time.Sleep(wait)
			}
			now = due
			due = due.Add(every)
		}
		if !now.Before(end) {
			return r
		}
		if c == nil {
			var err error
			if c, err = new(net.Dialer).DialContext(ctx, "tcp", address); err != nil {
				r.fail(err)
				return r
			}
			in = bufio.NewReader(c)
		}
		got, err := exchange(c, in, request)
		switch {
		case err != nil:
			r.fail(err)
			c.Close() //nolint:errcheck // it is broken
			c = nil
			if r.failed > 100 {
				return r
			}
		case got != status:
			r.fail(fmt.Errorf("status %d", got))
		default:
			r.answered++
			r.times = append(r.times, time.Since(now))
		}
	}
}

func (r *result) fail(err error) {
	r.failed++
	if r.failure == nil {
		r.failure = err
	}
}

// exchange sends a request and reads its answer: just enough of HTTP for servers that we know.
func exchange(c net.Conn, in *bufio.Reader, request []byte) (status int, err error) {
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, err
	}
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	first, err := in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(first)
	if len(fields) < 2 {
		return 0, errors.New("no status line")
	}
	if status, err = strconv.Atoi(fields[1]); err != nil {
		return 0, err
	}
	length := 0
	for {
		header, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(header) <= 2 {
			break
		}
		if name, value, _ := strings.Cut(string(header), ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return 0, err
			}
		}
	}
	_, err = io.CopyN(io.Discard, in, int64(length))
	return status, err
}
