//go:build bombs

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/bombs"
)

const (
	limitMB  = 128  // of one VM: the default
	budgetMB = 1024 // of all VMs
)

// bombServer serves every bomb under /bomb/N, beside a flow that is well behaved. A run has so many seconds.
func bombServer(t *testing.T, seconds int) *server {
	t.Helper()
	nodes := map[string]any{}
	add := func(path, id, code string) {
		nodes["s"+id] = map[string]any{
			"data":    map[string]any{"type": "starter", "urlpattern": path, "method": "GET"},
			"outputs": map[string]any{"output_1": map[string]any{"connections": []any{map[string]any{"node": id}}}},
		}
		nodes[id] = map[string]any{"data": map[string]any{"type": "js", "name_box": id, "code": code}}
	}
	flows := map[string]any{"bombs": map[string]any{"data": nodes}}
	for i, b := range bombs.List() {
		add(fmt.Sprintf("/bomb/%d", i), fmt.Sprintf("b%d", i), b.Code)
	}
	add("/grow", "grow", `let a=[]; for(;;) a.push(new Array(1000).fill(0))`)
	// More than nine tenths of the limit, held for a moment: seven texts of 16 MB and one of 4.
	add("/almost", "almost", `function main(){ let s = 'x'.repeat(1 << 20); for (let i = 0; i < 4; i++) s += s
		const a = ['y'.repeat(4 << 20), s]; for (let i = 1; i < 7; i++) a.push(s + i); for (let i = 0; i < 3; i++) sleep(100); c.JSON(200, a.length) }`)
	good := nodes
	nodes = map[string]any{}
	add("/good/:n", "good", `function main(){ const a = []; for (let i = 0; i < 100; i++) a.push({i, s: "x" + i}); c.JSON(200, {n: vars.n, l: a.length}) }`)
	flows["good"] = map[string]any{"data": nodes}
	nodes = good
	text, err := json.Marshal(map[string]any{"drawflow": flows})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"app.json":    string(text),
		"config.toml": fmt.Sprintf("[vm_pool]\nmax_memory_mb = %d\nmax_execution_seconds = %d\ntotal_memory_mb = %d\n", limitMB, seconds, budgetMB),
	})
	s := startCommand(t, bounded(command(t, "--addr", "127.0.0.1:0", "-c", filepath.Join(dir, "config.toml"), "-a", filepath.Join(dir, "app.json"), "--data", dir)))
	t.Cleanup(func() { s.lives(t) }) // before it is killed
	return s
}

// mib returns what a process holds, in MiB.
func mib(t *testing.T, s *server) int {
	t.Helper()
	kb, err := s.resident()
	if err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}

// goodClient sends good requests.
func goodClient() *http.Client { return &http.Client{Timeout: 30 * time.Second} }

// some reports whether a bomb is among those that a short run takes: the list is long, and neighbours are alike.
func some(i int) bool { return !testing.Short() || i%8 == 0 }

// TestBombs throws every bomb of the list, one after the other, with good traffic beside it.
func TestBombs(t *testing.T) {
	s := bombServer(t, 5)
	b := newBrowser(t, s.url)
	b.expect(b.get("/good/0"), 200)
	base := mib(t, s)
	stopTraffic := traffic(t, goodClient(), s.url)
	var peaks []string
	answers := map[int]int{}
	for i, bomb := range bombs.List() {
		if !some(i) {
			continue
		}
		t.Run(bomb.Name, func(t *testing.T) {
			b := newBrowser(t, s.url)
			stop := s.peak(2 * time.Millisecond)
			p := b.get(fmt.Sprintf("/bomb/%d", i))
			peak := stop()
			answers[p.status]++
			peaks = append(peaks, fmt.Sprintf("%4d MiB: %s: %.100s", peak, bomb.Name, p.body))
			if p.status != 408 && p.status != 500 && p.status != 200 {
				t.Errorf("%d %s", p.status, p.body)
			}
			if peak > base+3*limitMB {
				t.Errorf("%d MiB in use, more than %d + 3 × %d", peak, base, limitMB)
			}
		})
	}
	fared := stopTraffic()
	slices.Sort(peaks)
	t.Logf("the most:\n%s", strings.Join(peaks[max(0, len(peaks)-10):], "\n"))
	t.Logf("%d bombs, answers %v; resident before %d MiB; %v", len(peaks), answers, base, fared)
	if fared.failed+fared.refused > 0 || len(fared.took) == 0 {
		t.Error(fared)
	}
}

// TestManyBombs throws 50 memory bombs at once, and 50 runs that stay just below their limit. 200 of these are more than
// waiting can help: then a good request may be told that the server is full.
func TestManyBombs(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		n, seconds int
		statuses   []int
		refuses    bool
	}{
		{"50 bombs at once", "/grow", 50, 5, []int{408}, false},
		{"50 runs just below the limit", "/almost", 50, 25, []int{200, 408, 503}, false}, // no time limit helps the memory
		{"200 runs just below the limit", "/almost", 200, 25, []int{200, 408, 503}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := bombServer(t, tt.seconds)
			newBrowser(t, s.url).get("/good/0")
			base := mib(t, s)
			stopTraffic, stop := traffic(t, goodClient(), s.url), s.peak(2*time.Millisecond)
			var flying sync.WaitGroup
			var mu sync.Mutex
			got := map[int]int{}
			for range tt.n {
				flying.Go(func() {
					p := newBrowser(t, s.url).get(tt.path)
					mu.Lock()
					defer mu.Unlock()
					got[p.status]++
					if p.status == 408 && !strings.Contains(p.body, `"limit":"`) {
						t.Errorf("408 without its limit: %s", p.body)
					}
				})
			}
			flying.Wait()
			fared, peak := stopTraffic(), stop()
			t.Logf("answers %v; resident before %d MiB, at most %d MiB; %v", got, base, peak, fared)
			for status := range got {
				if !slices.Contains(tt.statuses, status) {
					t.Errorf("answers %v", got)
				}
			}
			if fared.failed > 0 || fared.refused > 0 && !tt.refuses || len(fared.took) == 0 {
				t.Error(fared)
			}
			b := newBrowser(t, s.url)
			b.expect(b.get("/good/0"), 200)
			b.expect(b.get("/almost"), 200) // there is room again
			if peak > budgetMB {
				t.Errorf("%d MiB in use with a budget of %d", peak, budgetMB)
			}
		})
	}
}
