// Command bench measures the server over HTTP, beside the floors that it is held against: an Echo handler without any
// JavaScript, and one that makes a fresh goja VM for each request and runs a compiled program in it.
//
// It builds and starts the real server and, as processes of their own, the floors; warms them; loads them in turn, so
// that what else the machine does falls on all alike; reads what they used from the operating system; and prints a table
// with ratios. It asks only servers on this machine that it has started, for a bounded time. make bench-http runs it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

// settings are the flags.
type settings struct {
	seconds     float64
	rounds      int
	connections int
	flows       string
	asJSON      bool
	floor       string
}

func main() {
	var s settings
	flag.Float64Var(&s.seconds, "seconds", 3, "how long one measurement takes, in seconds")
	flag.IntVar(&s.rounds, "rounds", 3, "how often each is measured, in turn; the median counts")
	flag.IntVar(&s.connections, "connections", 64, "how many connections ask at once")
	flag.StringVar(&s.flows, "flows", "", "which flows, with commas between them. Defaults to all")
	flag.BoolVar(&s.asJSON, "json", false, "print JSON")
	flag.StringVar(&s.floor, "floor", "", "be the floors, at this address; the command starts itself so")
	flag.Parse()
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(s settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if s.floor != "" {
		return serveFloors(s.floor)
	}
	return measure(ctx, s)
}

// side is a server that is measured.
type side struct {
	name    string
	process *process
	path    string
}

// line is what one side did with one flow.
type line struct {
	Flow   string  `json:"flow"`
	Side   string  `json:"side"`
	CPU    float64 `json:"cpu_us"`  // of the server, for each request
	Rate   float64 `json:"per_s"`   // requests that were answered
	P50    float64 `json:"p50_ms"`  // as the clients saw it, as fast as it goes
	P99    float64 `json:"p99_ms"`  //
	Steady float64 `json:"p999_ms"` // 99.9 %, at 60 % of that rate, counted from when a request was due
	Peak   int     `json:"peak_kb"` // resident memory meanwhile
	Failed int     `json:"failed"`  // other than the expected answer
}

func measure(ctx context.Context, s settings) error {
	dir, err := os.MkdirTemp("", "nflow-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system cleans up its temporary folder
	backend, err := startBackend(ctx)
	if err != nil {
		return err
	}
	defer backend.Close()
	if err := writeApps(dir, backend.url); err != nil {
		return err
	}
	binary, err := buildServer(ctx, dir)
	if err != nil {
		return err
	}
	server, err := startServer(ctx, dir, binary, "app")
	if err != nil {
		return err
	}
	defer server.stop()
	fmt.Fprintf(os.Stderr, "start to the first 200: %d ms; resident when idle: %.1f MiB\n", server.started.Milliseconds(), float64(server.idle)/1024)
	large, err := startServer(ctx, dir, binary, "large")
	if err != nil {
		return err
	}
	defer large.stop()
	fmt.Fprintf(os.Stderr, "1,000 flows with 50,000 nodes: start to the first 200: %d ms\n", large.started.Milliseconds())
	floors, err := startFloors(ctx)
	if err != nil {
		return err
	}
	defer floors.stop()

	var lines []line
	for _, f := range flows() {
		if s.flows != "" && !strings.Contains(","+s.flows+",", ","+f.name+",") {
			continue
		}
		sides := []side{{"nflow", server, f.path}}
		if f.large {
			sides = append(sides, side{"large app", large, f.path})
		}
		for _, floor := range f.floors {
			sides = append(sides, side{floor, floors, "/" + floor})
		}
		got, err := compare(ctx, s, f, sides)
		if err != nil {
			return err
		}
		lines = append(lines, got...)
		if !s.asJSON {
			printLines(got, len(lines) == len(got))
		}
	}
	if len(lines) == 0 {
		return errors.New("no flow has that name")
	}
	if s.asJSON {
		return json.NewEncoder(os.Stdout).Encode(lines)
	}
	return nil
}

// compare measures the sides in turn.
func compare(ctx context.Context, s settings, f flow, sides []side) ([]line, error) {
	took := time.Duration(s.seconds * float64(time.Second))
	all := make([][]line, len(sides))
	for round := range s.rounds + 1 {
		for i, side := range sides {
			l, err := measureOnce(ctx, s, f, side, took)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", f.name, side.name, err)
			}
			if round > 0 { // the first warms
				all[i] = append(all[i], l)
			}
		}
	}
	lines := make([]line, 0, len(sides))
	for i := range all {
		lines = append(lines, median(all[i]))
	}
	return lines, nil
}

func measureOnce(ctx context.Context, s settings, f flow, on side, took time.Duration) (line, error) {
	on.process.resetPeak()
	before := on.process.cpu()
	fast := load(ctx, on.process.address, f.request(on.path), f.status, s.connections, took, 0)
	used := on.process.cpu() - before
	if fast.answered == 0 {
		return line{}, fmt.Errorf("nothing was answered as expected: %w", fast.failure)
	}
	rate := float64(fast.answered) / fast.took.Seconds()
	steady := load(ctx, on.process.address, f.request(on.path), f.status, s.connections, took/2, rate*0.6)
	return line{
		Flow: f.name, Side: on.name, CPU: float64(used.Microseconds()) / float64(fast.answered), Rate: rate,
		P50: fast.percentile(50), P99: fast.percentile(99), Steady: steady.percentile(99.9), Peak: on.process.peak(), Failed: fast.failed + steady.failed,
	}, nil
}

func printLines(lines []line, heading bool) {
	if heading {
		fmt.Printf("%-10s %-11s %9s %6s %9s %8s %8s %10s %9s %7s\n", "flow", "side", "CPU µs", "×", "req/s", "p50 ms", "p99 ms", "p99.9 60 %", "peak MiB", "failed")
	}
	base := lines[len(lines)-1] // the floor that does most
	for _, l := range lines {
		fmt.Printf("%-10s %-11s %9.1f %6.2f %9.0f %8.2f %8.2f %10.2f %9.1f %7d\n",
			l.Flow, l.Side, l.CPU, l.CPU/base.CPU, l.Rate, l.P50, l.P99, l.Steady, float64(l.Peak)/1024, l.Failed)
	}
}
