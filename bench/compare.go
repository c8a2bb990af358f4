package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// The names of servers that are more than a name in the table.
const (
	ours         = "nflow"
	largeApp     = "large app"
	floorsServer = "floors"
)

// side is a server that is measured with one flow.
type side struct {
	name    string
	process *process
	steps   []step
	busy    []step // what all connections ask for meanwhile; none for most flows
}

// sides returns what is measured with the flow: ours, the large app, floors, peers.
func (f flow) sides(servers []*process) (list []side) {
	for _, p := range servers {
		switch p.name {
		case ours:
			list = append(list, side{p.name, p, f.steps, f.busy(false)})
		case largeApp:
			if f.large {
				list = append(list, side{p.name, p, f.steps, nil})
			}
		case floorsServer:
			for _, floor := range f.floors {
				list = append(list, side{floor, p, f.stepsOf(floor), f.busy(true)})
			}
		default:
			list = append(list, side{p.name, p, f.steps, f.busy(false)})
		}
	}
	return list
}

// mainFloor returns the index of the floor that does most.
func (f flow) mainFloor(sides []side) int {
	return slices.IndexFunc(sides, func(s side) bool { return s.name == f.floors[len(f.floors)-1] })
}

// compare checks what the sides answer, then measures them in turn: in a round first all of them as fast as it goes, so that
// what is compared lies close together, then all at a fixed rate.
func compare(ctx context.Context, s settings, f flow, sides []side) ([]line, error) {
	took := time.Duration(s.seconds * float64(time.Second))
	loaders := make([]loader, len(sides))
	for i, side := range sides {
		var err error
		if loaders[i], err = side.loader(ctx, s.connections, took); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", f.name, side.name, err)
		}
	}
	all := make([][]line, len(sides))
	for round := range s.rounds + 1 {
		lines := make([]line, len(sides))
		for turn := range 2 * len(sides) {
			i := (turn + round) % len(sides) // nobody always comes after the same one
			l, on := loaders[i], sides[i].process
			var err error
			if turn < len(sides) {
				lines[i], err = l.fastest(ctx, on, s.wrk)
			} else {
				err = l.steady(ctx, on, &lines[i])
			}
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", f.name, sides[i].name, err)
			}
		}
		for i := range sides {
			lines[i].Flow, lines[i].Side = f.name, sides[i].name
			if round > 0 { // the first warms
				all[i] = append(all[i], lines[i])
			}
		}
	}
	return summaries(all, f.mainFloor(sides)), nil
}

// loader checks the responses of the side and returns its load generator.
func (s side) loader(ctx context.Context, connections int, took time.Duration) (loader, error) {
	l := loader{dial: dial(s.process.address), connections: connections, took: took}
	v, err := check(ctx, l.dial, s.steps)
	if err != nil || s.busy == nil {
		l.visit = v
		return l, err
	}
	busy := l
	busy.visit, err = check(ctx, l.dial, s.busy)
	l.visit, l.connections, l.rate, l.beside = v, besideConnections, besideRate, &busy
	return l, err
}

// So many connections ask for a flow beside another, so often a second altogether.
const (
	besideConnections = 4
	besideRate        = 100
)

// fastest loads the server as fast as it goes, with wrk where that can.
func (l loader) fastest(ctx context.Context, on *process, k *wrk) (line, error) {
	on.resetPeak()
	pid := on.cmd.Process.Pid
	before := cpu(pid)
	var fast speed
	var err error
	if k.can(l) {
		fast, err = k.fast(ctx, l, on.address)
	} else {
		fast, err = l.fast(ctx)
	}
	used := cpu(pid) - before
	if err := cmp.Or(ctx.Err(), err); err != nil {
		return line{}, err
	}
	if fast.answered == 0 {
		return line{}, fmt.Errorf("nothing was answered as expected: %w", fast.failure)
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(fast.answered) }
	return line{
		CPU: each(used), Load: each(fast.load), Rate: float64(fast.answered) / fast.took.Seconds(),
		P50: fast.p50, P99: fast.p99, Failed: fast.failed,
	}, nil
}

// steady loads the server at 60 % of what it did as fast as it went, for the same time, and adds what came of it.
func (l loader) steady(ctx context.Context, on *process, to *line) error {
	if l.beside == nil {
		l.rate = to.Rate * 0.6
	}
	r := l.run(ctx)
	to.Steady, to.Peak = r.percentile(99.9), on.memory("VmHWM")
	to.Failed += r.failed
	return ctx.Err()
}
