package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	r := result{}
	if got := r.percentile(99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for i := range 1000 {
		r.times = append(r.times, time.Duration(i+1)*time.Millisecond)
	}
	for p, want := range map[float64]float64{0: 1, 50: 501, 99: 991, 99.9: 1000, 100: 1000} {
		if got := r.percentile(p); got != want {
			t.Errorf("%v %%: %v, not %v", p, got, want)
		}
	}
}

// TestSummary: each number is a median of its own, failures add up, memory is the most.
func TestSummary(t *testing.T) {
	t.Parallel()
	got := summary([]line{
		{Flow: "f", Side: "s", CPU: 1, Load: 5, Rate: 30, P50: 9, P99: 1, Steady: 2, Peak: 5, Failed: 1},
		{Flow: "f", Side: "s", CPU: 3, Load: 4, Rate: 10, P50: 7, P99: 3, Steady: 1, Peak: 9},
		{Flow: "f", Side: "s", CPU: 2, Load: 6, Rate: 20, P50: 8, P99: 2, Steady: 3, Peak: 7, Failed: 2},
	})
	want := line{Flow: "f", Side: "s", CPU: 2, Load: 5, Rate: 20, Least: 10, Most: 30, P50: 8, P99: 2, Steady: 2, Peak: 9, Failed: 3}
	if got != want {
		t.Errorf("%+v, not %+v", got, want)
	}
}

// TestPrintedRatios: a round in which the machine was slow counts like the others, for all sides were slow in it.
func TestPrintedRatios(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	printLines(&out, summaries([][]line{
		{{Side: "nflow", CPU: 3, Rate: 300}, {Side: "nflow", CPU: 30, Rate: 30}, {Side: "nflow", CPU: 3, Rate: 200}},
		{{Side: "floor", CPU: 2, Rate: 600}, {Side: "floor", CPU: 20, Rate: 60}, {Side: "floor", CPU: 3, Rate: 400}},
		{{Side: "peer", CPU: 8, Rate: 100}, {Side: "peer", CPU: 90, Rate: 10}, {Side: "peer", CPU: 15, Rate: 50}},
	}, 1), true)
	var got []string
	for text := range strings.Lines(out.String()) {
		f := strings.Fields(text)
		if f[0] == "flow" {
			continue
		}
		got = append(got, f[0]+" "+f[2]+" "+f[6]) // × floor, ours ×
	}
	if want := []string{"nflow 1.50 1.00", "floor 1.00 0.50", "peer 4.50 3.00"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q\n%s", got, want, &out)
	}
}

// TestRatiosWithoutCPU: where the system does not tell what a process used, the rest can still be printed as JSON.
func TestRatiosWithoutCPU(t *testing.T) {
	t.Parallel()
	got := summaries([][]line{{{Rate: 300}}, {{Rate: 600}}}, 1)
	if _, err := json.Marshal(got); err != nil || got[0].Floor != 0 || got[1].Ours != 0.5 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"12 (a b) c) S 1 12 12 0 -1 4194560 9 0 0 0 150 50 0 0 20 0": 2 * time.Second,
		"12 (node) S 1": 0,
		"":              0,
	} {
		if got := parseStat(text); got != want {
			t.Errorf("%q: %v, not %v", text, got, want)
		}
	}
}

func TestProcessors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]int{"0-3": {0, 1, 2, 3}, "2": {2}, "0,4-5,9": {0, 4, 5, 9}, "": nil, "x": nil, "1,3-x": {1}} {
		if got := parseList(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, not %v", text, got, want)
		}
	}
	if got := joinList([]int{1, 4}); got != "1,4" {
		t.Error(got)
	}
	status := "Name:\tVmRSS: 7\nVmHWM:\t  2048 kB\nVmRSS:\t    1024 kB\nCpus_allowed_list:\t0-1\n"
	for name, want := range map[string]string{"VmRSS": "1024 kB", "VmHWM": "2048 kB", "Cpus_allowed_list": "0-1", "Nothing": ""} {
		if got := field(status, name); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
}
