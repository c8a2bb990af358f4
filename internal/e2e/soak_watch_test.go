//go:build soak

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// grows is what memory may grow over the time that is looked at, as a share of its median. Goroutines may differ by what
// the connections of the load take; whether one is left, settle looks at in the end.
const grows = 0.10

// sample is what a process holds at a time.
type sample struct {
	at         time.Duration
	resident   float64 // MiB
	goroutines float64
}

// watched samples the processes of a fleet, once in a while.
type watched struct {
	processes []*server
	urls      []string
	done      chan struct{}
	group     sync.WaitGroup
	samples   [][]sample
	idle      []sample // before the load began
}

var goroutines = regexp.MustCompile(`(?m)^go_goroutines (\d+)`)

// watch samples until check is called.
func (f *fleet) watch(t *testing.T) *watched {
	t.Helper()
	w := &watched{processes: f.processes, done: make(chan struct{}), samples: make([][]sample, len(f.processes))}
	for _, m := range f.members {
		w.urls = append(w.urls, "http://"+m.address+"/metrics")
	}
	begun := time.Now()
	for i := range w.processes {
		s, err := w.take(i)
		if err != nil {
			t.Fatal(err)
		}
		w.idle = append(w.idle, s)
	}
	w.group.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-w.done:
				return
			}
			for i := range w.processes {
				if s, err := w.take(i); err == nil {
					s.at = time.Since(begun)
					w.samples[i] = append(w.samples[i], s)
				}
			}
		}
	})
	return w
}

func (w *watched) take(i int) (s sample, err error) {
	kb, err := w.processes[i].resident()
	if err != nil {
		return s, err
	}
	res, err := http.Get(w.urls[i])
	if err != nil {
		return s, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return s, err
	}
	m := goroutines.FindSubmatch(text)
	if m == nil {
		return s, fmt.Errorf("no go_goroutines in\n%.500s", text)
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	return sample{resident: float64(kb) / 1024, goroutines: n}, err
}

// check fails the test when memory or goroutines grew. The first third is not looked at: caches and pools fill then.
func (w *watched) check(t *testing.T) {
	t.Helper()
	close(w.done)
	w.group.Wait()
	for i, all := range w.samples {
		if len(all) < 9 {
			t.Errorf("process %d: only %d samples", i, len(all))
			continue
		}
		late := all[len(all)/3:]
		length := late[len(late)-1].at - late[0].at
		memory, more := trend(late, func(s sample) float64 { return s.resident })
		t.Logf("process %d: %.1f MiB resident, trend %+.2f over %s", i, memory, more, length.Round(time.Second))
		if more > grows*memory {
			t.Errorf("process %d: memory grows", i)
		}
		live, more := trend(late, func(s sample) float64 { return s.goroutines })
		t.Logf("process %d: %.0f goroutines, trend %+.0f", i, live, more)
		if more > soakVisitors {
			t.Errorf("process %d: goroutines grow", i)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	w.settle(t)
}

// settle waits until the goroutines of the load have ended.
func (w *watched) settle(t *testing.T) {
	t.Helper()
	for i := range w.processes {
		var last sample
		for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
			var err error
			if last, err = w.take(i); err != nil {
				t.Fatal(err)
			}
			if last.goroutines <= w.idle[i].goroutines+10 {
				break
			}
			if time.Now().After(end) {
				t.Errorf("process %d: %.0f goroutines are left, before there were %.0f", i, last.goroutines, w.idle[i].goroutines)
				break
			}
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// trend returns the median of a series, and what it grows from its first sample to its last by the estimate of Theil and
// Sen: the median slope of all pairs, which single samples cannot bend.
func trend(samples []sample, of func(sample) float64) (median, growth float64) {
	step := max(1, len(samples)/300) // a million pairs say no more
	var values, slopes []float64
	for i := 0; i < len(samples); i += step {
		values = append(values, of(samples[i]))
		for j := i + step; j < len(samples); j += step {
			if dt := (samples[j].at - samples[i].at).Seconds(); dt > 0 {
				slopes = append(slopes, (of(samples[j])-of(samples[i]))/dt)
			}
		}
	}
	slices.Sort(values)
	slices.Sort(slopes)
	return values[len(values)/2], slopes[len(slopes)/2] * (samples[len(samples)-1].at - samples[0].at).Seconds()
}

// TestTrend: the slope test sees a leak, and no leak in a saw.
func TestTrend(t *testing.T) {
	t.Parallel()
	var flat, leak []sample
	for i := range 200 {
		at, saw := time.Duration(i)*time.Second, float64(i*7%40)
		flat = append(flat, sample{at: at, resident: 60 + saw})
		leak = append(leak, sample{at: at, resident: 60 + saw + 0.1*float64(i)})
	}
	of := func(s sample) float64 { return s.resident }
	if middle, growth := trend(flat, of); growth > 2 || growth < -2 || growth > grows*middle {
		t.Errorf("a saw grows by %.1f", growth)
	}
	if middle, growth := trend(leak, of); growth < 18 || growth > 22 || growth <= grows*middle {
		t.Errorf("20 MiB are %.1f", growth)
	}
}
