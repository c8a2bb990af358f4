package metrics

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Native buckets: each is 2^(1/8) times as wide as the one before it (schema 3 of Prometheus).
const (
	schema    = 3
	perOctave = 1 << schema
	lowest    = -20 * perOctave // 2^-20 s, a microsecond: what is shorter counts as zero
	highest   = 17 * perOctave  // 2^17 s, a day and a half: what is longer counts as this
)

// scale are the buckets in which times are counted: those between any two bounds of classic or native ones, so that one counter
// is enough for both.
type scale struct {
	classic []float64 // bounds, in seconds
	upper   []int64   // bounds, in nanoseconds
	native  []int     // index of the native bucket; lowest for zero
	start   [65]int   // the first bucket for times of so many bits
}

// seconds are the bounds of the classic buckets; the native ones are finer.
func seconds() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
}

func newScale() *scale {
	s := &scale{classic: seconds()}
	for _, bound := range s.classic {
		s.upper = append(s.upper, nanoseconds(bound))
	}
	ends := map[int64]int{}
	for i := lowest; i <= highest; i++ {
		end := int64(math.Exp2(float64(i)/perOctave) * 1e9)
		ends[end] = i
		s.upper = append(s.upper, end)
	}
	slices.Sort(s.upper)
	s.upper = slices.Compact(s.upper)
	s.native = make([]int, len(s.upper))
	for i, next := len(s.upper)-1, highest; i >= 0; i-- {
		if end, ok := ends[s.upper[i]]; ok {
			next = end
		}
		s.native[i] = next
	}
	for n := range s.start {
		least := int64(0)
		if n > 0 {
			least = int64(min(uint64(1)<<(n-1), math.MaxInt64))
		}
		s.start[n], _ = slices.BinarySearch(s.upper, least)
		s.start[n] = min(s.start[n], len(s.upper)-1)
	}
	return s
}

func nanoseconds(seconds float64) int64 { return int64(math.Round(seconds * 1e9)) }

// find returns the bucket of a time.
func (s *scale) find(d time.Duration) int {
	d = max(d, 0)
	i := s.start[bits.Len64(uint64(d))]
	for i < len(s.upper)-1 && int64(d) > s.upper[i] {
		i++
	}
	return i
}

// histogram counts times. One of the Prometheus client takes 100 ns for each time in native buckets, this one a tenth; a
// request is counted three times.
type histogram struct {
	all    *histograms
	labels []*dto.LabelPair
	sum    atomic.Int64 // nanoseconds
	counts []atomic.Uint64
}

// observe counts a time. It may be called from any goroutine.
func (h *histogram) observe(d time.Duration) {
	h.sum.Add(int64(d))
	h.counts[h.all.scale.find(d)].Add(1)
}

// Desc implements [prometheus.Metric].
func (h *histogram) Desc() *prometheus.Desc { return h.all.desc }

// Write implements [prometheus.Metric].
func (h *histogram) Write(out *dto.Metric) error {
	s := h.all.scale
	shown := &dto.Histogram{SampleSum: new(float64(h.sum.Load()) / 1e9), Schema: new(int32(schema)), ZeroThreshold: new(math.Exp2(lowest / perOctave))}
	var count uint64
	native := make([]uint64, highest-lowest+1)
	for i, upper := range s.upper {
		n := h.counts[i].Load()
		count += n
		native[s.native[i]-lowest] += n
		if k := len(shown.Bucket); k < len(s.classic) && upper == nanoseconds(s.classic[k]) {
			shown.Bucket = append(shown.Bucket, &dto.Bucket{CumulativeCount: new(count), UpperBound: &s.classic[k]})
		}
	}
	shown.SampleCount, shown.ZeroCount = new(count), &native[0]
	addSpans(shown, native)
	out.Label, out.Histogram = h.labels, shown
	return nil
}

// addSpans writes the native buckets that are not empty: runs of them, and how each count differs from the one before it.
func addSpans(h *dto.Histogram, native []uint64) {
	before, next := int64(0), -lowest // the bucket after the last span; offsets count from bucket 0
	for i, n := range native[1:] {
		if i++; n == 0 {
			continue
		}
		h.PositiveDelta = append(h.PositiveDelta, int64(n)-before)
		before = int64(n)
		if last := len(h.PositiveSpan) - 1; last >= 0 && next == i {
			*h.PositiveSpan[last].Length++
		} else {
			h.PositiveSpan = append(h.PositiveSpan, &dto.BucketSpan{Offset: new(int32(i - next)), Length: new(uint32(1))})
		}
		next = i + 1
	}
}

// histograms are those of one name.
type histograms struct {
	desc  *prometheus.Desc
	scale *scale

	mu  sync.Mutex
	all map[string]*histogram // by the values of their labels
}

// times makes and registers the histograms of a name: native ones, with classic buckets for scrapers that read text.
func (m *Metrics) times(name, help string, labels ...string) *histograms {
	h := &histograms{desc: prometheus.NewDesc(name, help, labels, nil), scale: m.scale, all: map[string]*histogram{}}
	m.registry.MustRegister(h)
	return h
}

// with returns the histogram of these values of the labels.
func (h *histograms) with(values ...string) *histogram {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := strings.Join(values, "\x00")
	found := h.all[key]
	if found == nil {
		found = &histogram{all: h, labels: prometheus.MakeLabelPairs(h.desc, values), counts: make([]atomic.Uint64, len(h.scale.upper))}
		h.all[key] = found
	}
	return found
}

// Describe implements [prometheus.Collector].
func (h *histograms) Describe(out chan<- *prometheus.Desc) { out <- h.desc }

// Collect implements [prometheus.Collector].
func (h *histograms) Collect(out chan<- prometheus.Metric) {
	h.mu.Lock()
	all := make([]*histogram, 0, len(h.all))
	for _, one := range h.all {
		all = append(all, one)
	}
	h.mu.Unlock()
	for _, one := range all {
		out <- one
	}
}
