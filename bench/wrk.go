package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// speed is what as many requests as possible came to.
type speed struct {
	answered, failed int
	took             time.Duration
	p50, p99         float64       // milliseconds, as the clients saw it
	load             time.Duration // of the processors, used by asking
	failure          error         // the first one
}

// fast sends requests as fast as it can: with our own clients, which compare each response.
func (l loader) fast(ctx context.Context) (speed, error) {
	before := cpu(os.Getpid())
	r := l.run(ctx)
	return speed{r.answered, r.failed, r.took, r.percentile(50), r.percentile(99), cpu(os.Getpid()) - before, r.failure}, ctx.Err()
}

// wrk is the program of that name (github.com/wg/wrk), which takes less of the processors than our own clients do. It looks
// at the status of each response, not at its body: our own clients compare bodies, before and after.
type wrk struct{ path, folder string }

// findWrk returns nil where it is not installed. The folder is for its script.
func findWrk(folder string) *wrk {
	path, err := exec.LookPath("wrk")
	if err != nil {
		return nil
	}
	return &wrk{path, folder}
}

// can reports whether wrk can send what the loader sends: one request, again and again.
func (k *wrk) can(l loader) bool {
	return k != nil && len(l.visit.requests) == 1 && l.beside == nil && l.rate == 0
}

// fast sends requests as fast as it can, for full seconds, at least one: wrk knows no parts of them.
func (k *wrk) fast(ctx context.Context, l loader, address string) (s speed, err error) {
	script := filepath.Join(k.folder, "wrk.lua")
	if err := os.WriteFile(script, []byte(l.visit.requests[0].script()), 0o600); err != nil {
		return s, err
	}
	cmd := exec.CommandContext(ctx, k.path, fmt.Sprintf("-t%d", min(2, l.connections)), fmt.Sprintf("-c%d", l.connections),
		fmt.Sprintf("-d%ds", wholeSeconds(l.took)), "--timeout", "60s", "-s", script, "http://"+address)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return s, fmt.Errorf("wrk: %w: %s", err, bytes.TrimSpace(out))
	}
	s.load = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	err = s.read(string(out))
	return s, err
}

func wholeSeconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// script writes wrk's program, in Lua: what to request and how to report the result.
func (q request) script() string {
	lines := strings.Split(strings.TrimSuffix(string(q.head), "\r\n"), "\r\n")
	fields := strings.Fields(lines[0])
	var b strings.Builder
	fmt.Fprintf(&b, "wrk.method = [=[%s]=]\nwrk.path = [=[%s]=]\n", fields[0], fields[1])
	for _, header := range lines[1:] {
		name, value, _ := strings.Cut(header, ": ")
		if name != "Content-Length" { // wrk counts for itself
			fmt.Fprintf(&b, "wrk.headers[ [=[%s]=] ] = [=[%s]=]\n", name, value)
		}
	}
	if len(q.body) > 0 {
		fmt.Fprintf(&b, "wrk.body = [=[%s]=]\n", q.body)
	}
	return b.String() + tell
}

// told begins the line that the script prints.
const told = "nflow-bench"

const tell = `function done(all, latency)
  local e = all.errors
  print(string.format("` + told + ` %d %d %d %d %d %d", all.requests, all.duration, e.status,
    e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
`

// read takes the script's line out of what wrk printed. Times in it are microseconds.
func (s *speed) read(out string) error {
	_, line, found := strings.Cut(out, "\n"+told+" ")
	var requests, took, refused, broken, p50, p99 int
	if _, err := fmt.Sscan(line, &requests, &took, &refused, &broken, &p50, &p99); !found || err != nil {
		return fmt.Errorf("wrk printed something else than its script tells: %.300q", out)
	}
	s.answered, s.failed, s.took = requests-refused, refused+broken, time.Duration(took)*time.Microsecond
	s.p50, s.p99 = float64(p50)/1000, float64(p99)/1000
	if s.failed > 0 {
		s.failure = fmt.Errorf("%d answers with an error's status, %d connections that broke", refused, broken)
	}
	return nil
}
