package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// peer is a histogram of the Prometheus client with the same buckets.
func peer() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "t", Help: "t", Buckets: seconds(), NativeHistogramBucketFactor: 1.1, NativeHistogramZeroThreshold: math.Exp2(-20),
	})
}

// written returns what a scraper reads of a histogram: the sum and its other numbers apart, each native bucket by itself.
func written(t *testing.T, m prometheus.Metric) (sum float64, shown string, count uint64) {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	h := out.Histogram
	native, key, n, deltas := map[int]int64{}, 0, int64(0), h.PositiveDelta
	for _, span := range h.PositiveSpan {
		key += int(span.GetOffset())
		for range span.GetLength() {
			n += deltas[0]
			if deltas = deltas[1:]; n != 0 {
				native[key] = n
			}
			key++
		}
	}
	return h.GetSampleSum(), fmt.Sprint(h.GetSampleCount(), h.Bucket, h.GetSchema(), h.GetZeroThreshold(), h.GetZeroCount(), native), h.GetSampleCount()
}

// Times fall into the same buckets, classic and native, as with the histogram of the Prometheus client.
func TestHistogramCountsAsPrometheus(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	kinds := map[string]func() time.Duration{
		"none":          nil,
		"zero":          func() time.Duration { return 0 },
		"one":           func() time.Duration { return 42 * time.Microsecond },
		"usual":         func() time.Duration { return time.Duration(random.ExpFloat64() * float64(40*time.Microsecond)) },
		"of every size": func() time.Duration { return time.Duration(math.Exp2(random.Float64() * 46)) },
		"far apart":     func() time.Duration { return []time.Duration{2000, 30 * time.Hour}[random.IntN(2)] },
		"at the bounds": func() time.Duration {
			return time.Duration(seconds()[random.IntN(15)]*1e9+.5) + time.Duration(random.IntN(3)-1)
		},
		"powers of two": func() time.Duration {
			return time.Second>>random.IntN(10)<<random.IntN(10) + time.Duration(random.IntN(3)-1)
		},
	}
	for name, next := range kinds {
		t.Run(name, func(t *testing.T) {
			m := New(Options{})
			h, want := m.times("t", "t").with(), peer()
			for range 2000 {
				if next != nil {
					d := next()
					h.observe(d)
					want.Observe(d.Seconds())
				}
			}
			gotSum, got, _ := written(t, h)
			if wantSum, want, _ := written(t, want); got != want || math.Abs(gotSum-wantSum) > 1e-9*wantSum {
				t.Errorf("got  %v, sum %v\nwant %v, sum %v", got, gotSum, want, wantSum)
			}
		})
	}
}

// What is shorter or longer than any bucket is counted all the same.
func TestHistogramCountsEveryTime(t *testing.T) {
	t.Parallel()
	h := New(Options{}).times("t", "t").with()
	for _, d := range []time.Duration{math.MinInt64, -1, 0, 1, 1000 * time.Hour, math.MaxInt64} {
		h.observe(d)
	}
	if _, _, n := written(t, h); n != 6 {
		t.Errorf("%d of 6 times were counted", n)
	}
}
