package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
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

// percentile returns a time in milliseconds. The times are sorted.
func (r *result) percentile(p float64) float64 {
	if len(r.times) == 0 {
		return 0
	}
	i := min(int(float64(len(r.times))*p/100), len(r.times)-1)
	return float64(r.times[i].Microseconds()) / 1000
}

// loader sends a server requests for so long over so many connections. With a rate (requests a second, 0 for as fast as it goes) each
// request has a moment when it is due, and its time counts from there: a server that stops answering for a while cannot hide
// it by keeping its clients from asking.
type loader struct {
	dial        dialer
	visit       visit
	connections int
	took        time.Duration
	rate        float64
	beside      *loader // sends requests meanwhile; what it sees does not count. nil for none
}

func (l loader) run(ctx context.Context) result {
	var mu sync.Mutex
	var total result
	begun := time.Now()
	var clients sync.WaitGroup
	if l.beside != nil {
		clients.Go(func() {
			if r := l.beside.run(ctx); r.failed > 0 {
				mu.Lock()
				defer mu.Unlock()
				total.failed, total.failure = total.failed+r.failed, r.failure
			}
		})
	}
	for i := range l.connections {
		clients.Go(func() {
			r := l.client(ctx, begun, i)
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

// client is one connection. After a failure its visit begins anew.
func (l loader) client(ctx context.Context, begun time.Time, number int) (r result) {
	var w wire
	defer w.close()
	var every time.Duration
	due := begun
	if l.rate > 0 {
		every = time.Duration(float64(time.Second) * float64(l.connections) / l.rate)
		due = begun.Add(every * time.Duration(number) / time.Duration(l.connections)) // not all at once
	}
	end := begun.Add(l.took)
	for step := 0; ; step = (step + 1) % len(l.visit.requests) {
		now := time.Now()
		if every > 0 {
			if !due.Before(end) { // nothing more is due
				return r
			}
			time.Sleep(due.Sub(now))
			now = due
			due = due.Add(every)
		}
		if !now.Before(end) || ctx.Err() != nil {
			return r
		}
		if w.conn == nil {
			if err := w.open(ctx, l.dial, end.Add(time.Minute)); err != nil {
				r.fail(err)
				return r
			}
			step = 0
		}
		if step == 0 {
			w.cookie = nil
		}
		if err := l.ask(&w, l.visit.requests[step]); err != nil {
			r.fail(err)
			w.close()
			if r.failed > 100 {
				return r
			}
			continue
		}
		r.answered++
		r.times = append(r.times, time.Since(now))
	}
}

// ask fails unless the response is the one that was checked before.
func (l loader) ask(w *wire, q request) error {
	status, err := w.exchange(q, l.visit.cookies)
	switch {
	case err != nil:
		return err
	case status != 200:
		return fmt.Errorf("status %d: %.200s", status, w.body.Bytes())
	case !bytes.Equal(w.body.Bytes(), q.answer):
		return fmt.Errorf("another answer than before: %.200s", w.body.Bytes())
	}
	return nil
}

func (r *result) fail(err error) {
	r.failed++
	if r.failure == nil {
		r.failure = err
	}
}
