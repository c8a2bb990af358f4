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

// processors reports which processors servers may use, in the form of taskset; empty where nothing is pinned.
type processors struct {
	taskset string
	servers string
}

// pin keeps servers on the first n processors that this process may use, and this process, which makes the load, on the
// others. Where there are no others it shares those of the servers. It says what it did.
func pin(ctx context.Context, n int) (p processors, said string) {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return p, "taskset is not there: servers and load run on whatever processor is free"
	}
	status, _ := os.ReadFile("/proc/self/status") // taskset is there, so it is Linux
	allowed := parseList(field(string(status), "Cpus_allowed_list"))
	if len(allowed) == 0 {
		return p, "it cannot be told which processors there are: nothing is pinned"
	}
	n = min(n, len(allowed))
	servers, load := allowed[:n], allowed[n:]
	p = processors{taskset: taskset, servers: joinList(servers)}
	if len(load) == 0 {
		return p, fmt.Sprintf("servers run on processors %s, and the load shares them: there are no more", p.servers)
	}
	err = exec.CommandContext(ctx, taskset, "-a", "-c", "-p", joinList(load), strconv.Itoa(os.Getpid())).Run()
	if err != nil {
		return p, fmt.Sprintf("servers run on processors %s; the load could not be pinned: %v", p.servers, err)
	}
	runtime.GOMAXPROCS(len(load))
	return p, fmt.Sprintf("servers run on processors %s, the load on %s", p.servers, joinList(load))
}

// command lets the command run on the servers' processors.
func (p processors) command(cmd *exec.Cmd) {
	if p.taskset == "" {
		return
	}
	cmd.Args = append([]string{p.taskset, "-c", p.servers, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = p.taskset
}

// parseList reads "0-2,5". What is no number ends it.
func parseList(text string) (list []int) {
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		if err != nil {
			return list
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(to); err != nil {
				return list
			}
		}
		for n := first; n <= last; n++ {
			list = append(list, n)
		}
	}
	return list
}

func joinList(list []int) string {
	text := make([]string, len(list))
	for i, n := range list {
		text[i] = strconv.Itoa(n)
	}
	return strings.Join(text, ",")
}

// field returns the value of a line of /proc/PID/status.
func field(status, name string) string {
	_, rest, _ := strings.Cut("\n"+status, "\n"+name+":")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(line)
}
