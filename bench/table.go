package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
)

// line is what one side did with one flow: in a round, or medians of the rounds.
type line struct {
	Flow   string  `json:"flow"`
	Side   string  `json:"side"`
	CPU    float64 `json:"cpu_us"`         // of the server, for each request
	Load   float64 `json:"load_us"`        // of the processors, too: what asking took
	Rate   float64 `json:"per_s"`          // requests that were answered
	Least  float64 `json:"per_s_least"`    // in the slowest round
	Most   float64 `json:"per_s_greatest"` // in the fastest
	P50    float64 `json:"p50_ms"`         // as the clients saw it, as fast as it goes
	P99    float64 `json:"p99_ms"`
	Steady float64 `json:"p999_ms"` // 99.9 %, at 60 % of that rate, counted from when a request was due
	Peak   int     `json:"peak_kb"` // the most resident memory in any round
	Failed int     `json:"failed"`  // other than the expected response, in all rounds

	// Medians of what was compared within a round: the machine is not as fast in each.
	Floor float64 `json:"cpu_of_floor"` // CPU against that of the floor that does most; 0 where that is not known
	Ours  float64 `json:"ours"`         // our rate against the side's
	Costs float64 `json:"ours_cpu"`     // our CPU against the side's; 0 where that is not known
}

// summaries puts the rounds of all sides together. The first side is ours; floor is the index of the floor that does most.
func summaries(all [][]line, floor int) (list []line) {
	for _, rounds := range all {
		var cpu, rate, costs []float64
		for i, l := range rounds {
			rate = append(rate, all[0][i].Rate/l.Rate)
			if l.CPU > 0 {
				costs = append(costs, all[0][i].CPU/l.CPU)
			}
			if most := all[floor][i].CPU; most > 0 { // not every system says
				cpu = append(cpu, l.CPU/most)
			}
		}
		l := summary(slices.Clone(rounds))
		if l.Ours = middle(rate); len(cpu) > 0 {
			l.Floor = middle(cpu)
		}
		if len(costs) > 0 {
			l.Costs = middle(costs)
		}
		list = append(list, l)
	}
	return list
}

// summary puts the rounds of one side together, and sorts them.
func summary(rounds []line) line {
	middle := func(value func(line) float64) float64 {
		slices.SortFunc(rounds, func(a, b line) int { return cmp.Compare(value(a), value(b)) })
		return value(rounds[len(rounds)/2])
	}
	l := line{
		Flow: rounds[0].Flow, Side: rounds[0].Side,
		CPU:    middle(func(l line) float64 { return l.CPU }),
		Load:   middle(func(l line) float64 { return l.Load }),
		P50:    middle(func(l line) float64 { return l.P50 }),
		P99:    middle(func(l line) float64 { return l.P99 }),
		Steady: middle(func(l line) float64 { return l.Steady }),
		Rate:   middle(func(l line) float64 { return l.Rate }),
	}
	l.Least, l.Most = rounds[0].Rate, rounds[len(rounds)-1].Rate // they are sorted by it now
	for _, r := range rounds {
		l.Failed += r.Failed
		l.Peak = max(l.Peak, r.Peak)
	}
	return l
}

// printServers prints what starting the servers took.
func printServers(w io.Writer, servers []*process) {
	fmt.Fprintf(w, "%-11s %18s %13s\n", "server", "first 200 after ms", "idle MiB")
	for _, p := range servers {
		fmt.Fprintf(w, "%-11s %18d %13.1f\n", p.name, p.started.Milliseconds(), float64(p.idle)/1024)
	}
	fmt.Fprintln(w)
}

// printLines prints one flow.
func printLines(w io.Writer, lines []line, heading bool) {
	if heading {
		fmt.Fprintf(w, "%-8s %-10s %9s %7s %7s %8s %15s %7s %8s %8s %8s %10s %9s %7s\n",
			"flow", "side", "CPU µs", "× floor", "load µs", "req/s", "(least–most)", "ours ×", "ours CPU", "p50 ms", "p99 ms", "p99.9 60 %", "peak MiB", "failed")
	}
	for _, l := range lines {
		fmt.Fprintf(w, "%-8s %-10s %9.1f %7.2f %7.1f %8.0f %15s %7.2f %8.3f %8.2f %8.2f %10.2f %9.1f %7d\n",
			l.Flow, l.Side, l.CPU, l.Floor, l.Load, l.Rate, fmt.Sprintf("(%.0f–%.0f)", l.Least, l.Most),
			l.Ours, l.Costs, l.P50, l.P99, l.Steady, float64(l.Peak)/1024, l.Failed)
	}
}
