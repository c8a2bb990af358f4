package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// point is one step of a question: one server, one kind of request.
type point struct {
	series string // those of a series are compared with its first one
	name   string
	size   float64 // in the unit of the question; 0 where it has none
	on     *process
	visits []visit // of visitors who come at the same time; the connections are shared out among them
	rate   float64 // requests a second; 0 for as fast as it goes
	writes bool    // the server continues working when all is answered: its history is written
}

// row is what came of a point: medians of the rounds.
type row struct {
	line
	Size    float64 `json:"size,omitempty"`
	Ratio   float64 `json:"ratio"`                         // CPU against the first point of the series, in the same round
	More    float64 `json:"us_per_further_unit,omitempty"` // of Size
	Busy    float64 `json:"busy_percent"`                  // of one processor that the server kept busy
	Percent float64 `json:"percent,omitempty"`             // of the rate at full speed, as requested
	Asked   float64 `json:"asked_per_s,omitempty"`         // where the rate was fixed
	Lost    float64 `json:"lost_percent,omitempty"`        // records of the history for each hundred requests
	Started int64   `json:"first_200_ms,omitempty"`        // of the server
	Idle    int     `json:"idle_kb,omitempty"`             // resident memory of the server, some seconds after
}

// point checks what a server answers and makes a point of it.
func (l *lab) point(ctx context.Context, series, name string, on *process, s step) (point, error) {
	v, err := check(ctx, dial(on.address), []step{s})
	if err != nil {
		return point{}, fmt.Errorf("%s %s: %w", series, name, err)
	}
	return point{series: series, name: name, on: on, visits: []visit{v}}, nil
}

// measure measures the points in turn, for as many rounds as requested and one that warms.
func (l *lab) measure(ctx context.Context, what string, points []point) ([]row, error) {
	took := time.Duration(l.seconds * float64(time.Second))
	all := make([][]row, len(points))
	for round := range l.rounds + 1 {
		fmt.Fprintf(os.Stderr, "%s: round %d of %d, %d steps of %s\n", what, round, l.rounds, len(points), took)
		for i, p := range points {
			each := took
			if round == 0 { // it warms
				each /= 2
			}
			got, err := l.once(ctx, p, each)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", p.series, p.name, err)
			}
			if round > 0 {
				all[i] = append(all[i], got)
			}
		}
	}
	rows := make([]row, 0, len(points))
	for i, p := range points {
		first := slices.IndexFunc(points, func(other point) bool { return other.series == p.series })
		rows = append(rows, combine(p, all[i], all[first]))
	}
	return rows, nil
}

// combine puts the rounds of a point together.
func combine(p point, rounds, base []row) row {
	lines := make([]line, len(rounds))
	ratios, busy, lost := make([]float64, len(rounds)), make([]float64, len(rounds)), make([]float64, len(rounds))
	for i, r := range rounds {
		lines[i] = r.line
		ratios[i], busy[i], lost[i] = r.CPU/base[i].CPU, r.Busy, r.Lost
	}
	return row{
		line: summary(lines), Size: p.size, Asked: p.rate, Ratio: middle(ratios), Busy: middle(busy), Lost: middle(lost),
		Started: p.on.started.Milliseconds(), Idle: p.on.idle,
	}
}

// middle is the median. The numbers are sorted by it.
func middle(numbers []float64) float64 {
	slices.Sort(numbers)
	return numbers[len(numbers)/2]
}

// once loads the server for a while.
func (l *lab) once(ctx context.Context, p point, took time.Duration) (row, error) {
	p.on.resetPeak()
	pid, self := p.on.cmd.Process.Pid, os.Getpid()
	lost := 0.0
	if p.writes {
		lost = p.on.metric(ctx, "nflow_history_dropped_total")
	}
	before, own := cpu(pid), cpu(self)
	got := p.load(ctx, l.connections, took)
	busy := cpu(pid) - before
	own = cpu(self) - own
	if p.writes {
		untilQuiet(ctx, pid)
		lost = p.on.metric(ctx, "nflow_history_dropped_total") - lost
	}
	used := cpu(pid) - before
	if err := ctx.Err(); err != nil {
		return row{}, err
	}
	if got.answered == 0 {
		return row{}, fmt.Errorf("nothing was answered as expected: %w", got.failure)
	}
	if got.failure != nil {
		fmt.Fprintf(os.Stderr, "%s %s: %v\n", p.series, p.name, got.failure)
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(got.answered) }
	return row{
		line: line{
			Flow: p.series, Side: p.name, CPU: each(used), Load: each(own), Rate: float64(got.answered) / got.took.Seconds(),
			P50: got.percentile(50), P99: got.percentile(99), Steady: got.percentile(99.9),
			Peak: p.on.memory("VmHWM"), Failed: got.failed,
		},
		Busy: 100 * busy.Seconds() / got.took.Seconds(),
		Lost: 100 * lost / float64(got.answered),
	}, nil
}

// load lets all visitors ask at the same time.
func (p point) load(ctx context.Context, connections int, took time.Duration) result {
	results := make([]result, len(p.visits))
	var all sync.WaitGroup
	for i, v := range p.visits {
		each := loader{
			dial: dial(p.on.address), visit: v, took: took, rate: p.rate / float64(len(p.visits)),
			connections: max(1, connections/len(p.visits)),
		}
		all.Go(func() { results[i] = each.run(ctx) })
	}
	all.Wait()
	total := results[0]
	for _, r := range results[1:] {
		total.answered += r.answered
		total.failed += r.failed
		total.took = max(total.took, r.took)
		total.times = append(total.times, r.times...)
		if total.failure == nil {
			total.failure = r.failure
		}
	}
	total.took = max(total.took, took) // at a fixed rate the last one is answered before
	slices.Sort(total.times)
	return total
}

// untilQuiet waits, for 20 seconds at most, until the process has used next to nothing for a while.
func untilQuiet(ctx context.Context, pid int) {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		before := cpu(pid)
		select {
		case <-ctx.Done():
			return
		case <-time.After(400 * time.Millisecond):
		}
		if cpu(pid)-before <= 2*time.Second/ticksPerSecond {
			return
		}
	}
}

// metric reads a number without labels from /metrics; 0 where it is not there.
func (p *process) metric(ctx context.Context, name string) float64 {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/metrics", nil)
	if err != nil {
		return 0
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0
	}
	return parseMetric(string(text), name)
}

func parseMetric(text, name string) float64 {
	_, rest, _ := strings.Cut("\n"+text, "\n"+name+" ")
	number, _, _ := strings.Cut(rest, "\n")
	n, _ := strconv.ParseFloat(strings.TrimSpace(number), 64)
	return n
}
