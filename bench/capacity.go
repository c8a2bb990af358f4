package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// question is one of those about capacity, with the table that answers it.
type question struct {
	name    string
	columns []column
	measure func(ctx context.Context, l *lab) (rows []row, note string, err error)
}

// answer is what was measured.
type answer struct {
	Name string `json:"name"`
	Rows []row  `json:"rows"`
	Note string `json:"note,omitempty"` // printed below the table
}

// questions returns all. The one about one core is the last: it moves the load to other processors for good.
func questions() []question {
	return []question{
		{"nodes", columnsOfNodes(), measureNodes},
		{"payload", columnsOfPayload(), measurePayload},
		{"flows", columnsOfFlows(), measureFlows},
		{"sessions", columnsOfSessions(), measureSessions},
		{"history", columnsOfHistory(), measureHistory},
		{"knee", columnsOfKnee(), measureKnee},
		{"core", columnsOfCore(), measureCore},
	}
}

// lab starts servers for one question after the other, and measures them.
type lab struct {
	settings
	dir, binary string
	allowed     []int // processors that this process might use when it began
	on          processors
	servers     []*process // of this question
}

// capacity measures how the cost of a request grows, and prints a table for each question.
func capacity(ctx context.Context, s settings) error {
	names := strings.Split(s.flows, ",")
	list := questions()
	if s.flows != "" {
		list = slices.DeleteFunc(list, func(q question) bool { return !slices.Contains(names, q.name) })
	}
	if len(list) == 0 {
		return errors.New("no question has that name")
	}
	dir, err := os.MkdirTemp("", "nflow-capacity")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system cleans up its temporary folder
	l := &lab{settings: s, dir: dir, allowed: allowedProcessors()}
	on, said := pin(ctx, s.servers)
	l.on = on
	fmt.Fprintln(os.Stderr, said)
	if l.binary, err = buildServer(ctx, dir); err != nil {
		return err
	}
	begun, load := time.Now(), loadAverage()
	var answers []answer
	for _, q := range list {
		a, err := l.ask(ctx, q)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		answers = append(answers, a)
		if !s.asJSON {
			printAnswer(os.Stdout, q.columns, a)
		}
	}
	if s.asJSON {
		return json.NewEncoder(os.Stdout).Encode(answers)
	}
	printMachine(os.Stdout, fmt.Sprintf("%s. Load average %s before, %s after; rounds: %d of %g s; %.0f s in all.",
		machine(), load, loadAverage(), s.rounds, s.seconds, time.Since(begun).Seconds()))
	return nil
}

func (l *lab) ask(ctx context.Context, q question) (answer, error) {
	defer func() {
		stopAll(l.servers)
		l.servers = nil
	}()
	fmt.Fprintf(os.Stderr, "%s: servers start\n", q.name)
	rows, note, err := q.measure(ctx, l)
	if err != nil {
		return answer{}, err
	}
	for _, r := range rows {
		if r.Failed > 0 {
			note += fmt.Sprintf(" **%s %s: %d requests had another answer than expected.**", r.Flow, r.Side, r.Failed)
		}
	}
	return answer{q.name, rows, strings.TrimSpace(note)}, nil
}

// serve starts a server with the app and the lines of configuration.
func (l *lab) serve(ctx context.Context, name string, app drawing, config string) (*process, error) {
	return l.serveOn(ctx, l.on, name, app, config)
}

func (l *lab) serveOn(ctx context.Context, on processors, name string, app drawing, config string, env ...string) (*process, error) {
	dir := filepath.Join(l.dir, name)
	if err := app.write(dir); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(file, []byte("[log]\nlevel = \"error\"\n"+config), 0o600); err != nil {
		return nil, err
	}
	p, err := start(ctx, name, on, func(address string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, l.binary, "-a", dir, "--data", dir+"-data", "-c", file, "--addr", address)
		cmd.Env = append(os.Environ(), env...)
		return cmd
	})
	if err == nil {
		l.servers = append(l.servers, p)
	}
	return p, err
}

// machine returns where this was measured, and when.
func machine() string {
	return fmt.Sprintf("%d processors, %s/%s, %s, %s",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), time.Now().Format(time.DateOnly))
}

// loadAverage is that of the last minute, or ? where the system does not say.
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(text)); len(f) > 0 {
		return f[0]
	}
	return "?"
}

func allowedProcessors() []int {
	status, _ := os.ReadFile("/proc/self/status") // without it, none
	return parseList(field(string(status), "Cpus_allowed_list"))
}

// printMachine prints the line that stands above the tables.
func printMachine(w io.Writer, text string) {
	fmt.Fprintf(w, "%s\n%s\n%s\n\n", openMark("machine"), text, closeMark("machine"))
}
