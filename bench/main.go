// Command bench measures the server over HTTP, beside the floors that it is held against: an Echo handler without any
// JavaScript, and one that makes a fresh goja VM for each request and runs a compiled program in it; with -peers also beside
// RuleGo and Node-RED, from bench/peers. With -capacity it measures how the cost of a request grows: docs/capacity.md.
//
// It builds and starts the real server and, as processes of their own, the others; checks what each returns; warms them;
// loads them in turn, so that what else the machine does falls on all alike; reads what they used from the operating system;
// and prints a table with ratios. It calls only servers on this machine that it has started, for a bounded time. make
// bench-http and make bench-peers run it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// settings are the flags.
type settings struct {
	seconds     float64
	rounds      int
	connections int
	servers     int
	flows       string
	peers       bool
	capacity    bool
	asJSON      bool
	ownLoad     bool
	before      string
	log         string
	floor       string

	wrk *wrk // nil where it is not installed, or not wanted
}

const help = `Usage: go run ./bench [flags]

Measures the server over HTTP beside floors, and beside peers with -peers, in turn. Each side is a process that is started
anew; each answer is compared with the one that was checked before.

  CPU µs      of the server for each request, as the operating system counts it
  × floor     that, against the floor that does the most of the flow's work: the median of the rounds, each compared in itself
  load µs     what asking took of the processors, for each request
  req/s       as fast as it goes; with the slowest and the fastest round
  ours ×      our req/s against those of the side, likewise
  ours CPU    our CPU against that of the side, likewise
  p99.9 60 %  at a fixed rate, 60 % of the side's own req/s, counted from the moment when a request was due, so that a server
              that stops for a while shows it (no coordinated omission)
  peak MiB    the most resident memory
  failed      requests with another answer than the one that was checked

As fast as it goes wrk asks where it is installed and the flow is one request: it takes less of the processors, and looks at
the status of an answer only. Everything else is asked by the bench's own clients, who compare each answer.

Flow beside is hello, asked for 100 times a second over 4 connections, while all connections ask for calc as fast as it
goes: its CPU is that of both.

Servers run on the first two processors (-servers), by taskset, one server under load at a time. The load runs on the others;
where there are none it shares them, which takes from all req/s and most from the fastest side. CPU µs do not suffer so.

`

func main() {
	var s settings
	flag.Float64Var(&s.seconds, "seconds", 3, "how long one measurement takes, in seconds")
	flag.IntVar(&s.rounds, "rounds", 3, "how often each is measured, in turn; the median counts")
	flag.IntVar(&s.connections, "connections", 64, "how many connections ask at once")
	flag.IntVar(&s.servers, "servers", 2, "how many processors a server gets; the load gets the others, if there are any")
	flag.StringVar(&s.flows, "flows", "", "which flows, with commas between them. Defaults to all")
	flag.BoolVar(&s.peers, "peers", false, "measure RuleGo and Node-RED, too, on the flows that they have; npm and go install them into .cache/bench")
	flag.BoolVar(&s.capacity, "capacity", false, "measure how cost grows, in place of all else, and print the tables of docs/capacity.md; -flows then names tables")
	flag.BoolVar(&s.asJSON, "json", false, "print JSON")
	flag.BoolVar(&s.ownLoad, "own-load", false, "ask with the bench's own clients although wrk is installed")
	flag.StringVar(&s.log, "log", "error", "level of the server's log; all but error goes into a file. info is what users get")
	flag.StringVar(&s.before, "before", "", "measure this program, too: another build of the server")
	flag.StringVar(&s.floor, "floor", "", "be the floors, at this address; the command starts itself so")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), help)
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(s settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if s.floor != "" {
		return serveFloors(s.floor)
	}
	if s.rounds < 1 || s.connections < 1 || s.servers < 1 || s.seconds <= 0 {
		return errors.New("rounds, connections, servers and seconds are above 0")
	}
	if s.capacity {
		return capacity(ctx, s)
	}
	list := chosen(s.flows, s.peers)
	if len(list) == 0 {
		return errors.New("no flow has that name")
	}
	return measure(ctx, s, list)
}

func measure(ctx context.Context, s settings, list []flow) error {
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
	if !s.ownLoad {
		s.wrk = findWrk(dir)
	}
	if err := writeApps(dir, backend.url, s.log); err != nil {
		return err
	}
	servers, err := startAll(ctx, s, dir)
	if err != nil {
		return err
	}
	defer stopAll(servers)
	if !s.asJSON {
		printServers(os.Stdout, servers)
	}
	var lines []line
	for i, f := range list {
		sides := f.sides(servers)
		got, err := compare(ctx, s, f, sides)
		if err != nil {
			return err
		}
		lines = append(lines, got...)
		if !s.asJSON {
			printLines(os.Stdout, got, i == 0)
		}
	}
	if s.asJSON {
		return json.NewEncoder(os.Stdout).Encode(lines)
	}
	return nil
}

// startAll starts the server with both apps, the floors and the peers, and reads what they take when idle.
func startAll(ctx context.Context, s settings, dir string) (servers []*process, err error) {
	on, said := pin(ctx, s.servers)
	fmt.Fprintln(os.Stderr, said)
	if s.wrk != nil {
		fmt.Fprintln(os.Stderr, "wrk asks as fast as it goes")
	}
	binary, err := buildServer(ctx, dir)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	serve := func(program, app, data string) starter {
		return func(address string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, program, "-a", filepath.Join(dir, app), "--data", filepath.Join(dir, data),
				"-c", filepath.Join(dir, "config.toml"), "--addr", address)
			if s.log != "error" {
				cmd.Env = append(os.Environ(), "NFLOW_LOG_FILE="+filepath.Join(dir, data+".log"))
			}
			return cmd
		}
	}
	type named struct {
		name    string
		command starter
	}
	list := []named{
		{ours, serve(binary, "app", "app-data")},
		{largeApp, serve(binary, "large", "large-data")},
		{floorsServer, func(address string) *exec.Cmd { return exec.CommandContext(ctx, self, "-floor", address) }},
	}
	if s.before != "" {
		list = append(list, named{"before", serve(s.before, "app", "before-data")})
	}
	for _, each := range list {
		p, err := start(ctx, each.name, on, each.command)
		if err != nil {
			stopAll(servers)
			return nil, err
		}
		servers = append(servers, p)
	}
	if s.peers {
		peers, err := startPeers(ctx, on)
		if err != nil {
			stopAll(servers)
			return nil, err
		}
		servers = append(servers, peers...)
	}
	time.Sleep(4 * time.Second) // until they are idle
	for _, p := range servers {
		p.idle = p.memory("VmRSS")
	}
	return servers, nil
}

func stopAll(servers []*process) {
	for _, p := range servers {
		p.stop()
	}
}
