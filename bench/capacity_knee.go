package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// measureKnee sends requests at fixed rates, as parts of what is reached at full speed. Times count from when a request was due.
func measureKnee(ctx context.Context, l *lab) ([]row, string, error) {
	p, err := l.serve(ctx, "knee", small(""), "")
	if err != nil {
		return nil, "", err
	}
	points, err := l.flowPoints(ctx, p, "hello", "calc")
	if err != nil {
		return nil, "", err
	}
	fast, err := l.measure(ctx, "knee, full speed", points)
	if err != nil {
		return nil, "", err
	}
	percents := []float64{20, 40, 60, 80, 90, 100, 120}
	var steady []point
	for i, full := range fast {
		for _, percent := range percents {
			one := points[i]
			one.rate = full.Rate * percent / 100
			one.name = fmt.Sprintf("%.0f %%", percent)
			steady = append(steady, one)
		}
	}
	rows, err := l.measure(ctx, "knee", steady)
	if err != nil {
		return nil, "", err
	}
	var notes []string
	for i := range rows {
		rows[i].Percent = percents[i%len(percents)]
	}
	for i, full := range fast {
		notes = append(notes, kneeOf(full, rows[i*len(percents):(i+1)*len(percents)]))
	}
	return rows, strings.Join(notes, " "), nil
}

// kneeOf returns where p99 leaves five times the p50 of the first row.
func kneeOf(full row, rows []row) string {
	text := fmt.Sprintf("%s: full speed %.0f/s; ", full.Flow, full.Rate)
	limit := 5 * rows[0].P50
	for i, r := range rows {
		if r.P99 <= limit {
			continue
		}
		if i == 0 {
			return text + fmt.Sprintf("p99 is above %s ms (5 × p50) at %.0f %% already.", number(limit), r.Percent)
		}
		return text + fmt.Sprintf("the knee is between %.0f and %.0f %% (%.0f and %.0f/s), where p99 leaves %s ms.",
			rows[i-1].Percent, r.Percent, rows[i-1].Asked, r.Asked, number(limit))
	}
	return text + fmt.Sprintf("no knee up to %.0f %%: p99 stays below %s ms.", rows[len(rows)-1].Percent, number(limit))
}

// flowPoints returns points of flows that are measured elsewhere, too.
func (l *lab) flowPoints(ctx context.Context, p *process, names ...string) (list []point, err error) {
	for _, name := range names {
		f := chosen(name, false)[0]
		one, err := l.point(ctx, name, "", p, f.steps[0])
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// measureCore holds the server to one processor and the load to the others.
func measureCore(ctx context.Context, l *lab) ([]row, string, error) {
	if l.on.taskset == "" || len(l.allowed) < 2 {
		return nil, "Left out: it needs taskset and two processors.", nil
	}
	core, others := l.allowed[:1], l.allowed[1:]
	pinned := exec.CommandContext(ctx, l.on.taskset, "-a", "-c", "-p", joinList(others), strconv.Itoa(os.Getpid()))
	if out, err := pinned.CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("the load cannot be pinned: %w: %s", err, out)
	}
	runtime.GOMAXPROCS(len(others))
	p, err := l.serveOn(ctx, processors{l.on.taskset, joinList(core)}, "core", small(""), "", "GOMAXPROCS=1")
	if err != nil {
		return nil, "", err
	}
	points, err := l.flowPoints(ctx, p, "hello", "calc", "chain", "scripts")
	if err != nil {
		return nil, "", err
	}
	rows, err := l.measure(ctx, "core", points)
	return rows, fmt.Sprintf("The server on processor %s, the load on %s.", joinList(core), joinList(others)), err
}
