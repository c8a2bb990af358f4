package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestBodyOf: exactly so many bytes, and JSON.
func TestBodyOf(t *testing.T) {
	t.Parallel()
	for _, size := range []int{24, 100, 1000, 10_000, 100_000} {
		body := bodyOf(size)
		if len(body) != size || !json.Valid([]byte(body)) {
			t.Errorf("%d bytes, and not %d: %.200s", len(body), size, body)
		}
	}
}

// TestCapacityFlowsAnswer: the flows answer what the measurement expects, and a session that was not filled is noticed.
func TestCapacityFlowsAnswer(t *testing.T) {
	t.Parallel()
	app := sessionFlows(sessionSizes())
	for _, d := range []drawing{many(2), echoing()} {
		for flow, nodes := range d {
			app[flow] = nodes
		}
	}
	steps := []step{{path: "/hello", want: ok}, {path: "/f1/x", want: ok}, {path: "/echo", json: bodyOf(1000), want: bodyOf(1000)}}
	for _, n := range []int{1, 2, 100} {
		for _, standard := range []bool{false, true} {
			steps = append(steps, step{path: app.chainOf(n, standard), want: "{}"})
		}
	}
	if got := len(app["script100"]); got != 101 {
		t.Errorf("%d nodes with the starter, and not 101", got)
	}
	if got := len(app["f1"]); got != 50 {
		t.Errorf("%d nodes with the starter, and not 50", got)
	}
	dir := t.TempDir()
	if err := writeApps(dir, "http://127.0.0.1:1/", "error"); err != nil { // the configuration
		t.Fatal(err)
	}
	if err := app.write(filepath.Join(dir, "app")); err != nil {
		t.Fatal(err)
	}
	address := serveApp(t, dir)
	for _, s := range steps {
		if _, err := check(t.Context(), dial(address), []step{s}); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []step{{path: "/read100", want: `{"size":100}`}, {path: "/write3000", want: `{"size":3000}`}} {
		if _, err := withSession(t.Context(), dial(address), "/fill"+strings.TrimLeft(s.path, "/adeirtw"), s); err != nil {
			t.Error(err)
		}
	}
	if _, err := withSession(t.Context(), dial(address), "/fill100", step{path: "/read100", want: `{"size":0}`}); err == nil {
		t.Error("a session that is not as it was filled passes")
	}
	if _, err := withSession(t.Context(), dial(address), "/hello", step{path: "/read100", want: `{"size":0}`}); err == nil {
		t.Error("a request without a session passes")
	}
}

// TestCombine: ratios are of the same round, and each number is a median of its own.
func TestCombine(t *testing.T) {
	t.Parallel()
	round := func(cpu, busy float64) row { return row{line: line{CPU: cpu, Rate: 1}, Busy: busy} }
	base := []row{round(10, 0), round(100, 0), round(20, 0)}
	p := point{series: "s", size: 7, rate: 9, on: &process{idle: 5}}
	got := combine(p, []row{round(20, 50), round(300, 70), round(80, 60)}, base)
	if got.Ratio != 3 || got.CPU != 80 || got.Busy != 60 || got.Size != 7 || got.Asked != 9 || got.Idle != 5 {
		t.Errorf("%+v", got)
	}
}

func TestGrown(t *testing.T) {
	t.Parallel()
	of := func(series string, size, cpu float64) row { return row{line: line{Flow: series, CPU: cpu}, Size: size} }
	got := grown([]row{of("a", 1, 10), of("a", 11, 30), of("b", 2, 5), of("b", 4, 6)})
	for i, want := range []float64{0, 2, 0, 0.5} {
		if got[i].More != want {
			t.Errorf("row %d: %v, and not %v", i, got[i].More, want)
		}
	}
}

func TestBySeries(t *testing.T) {
	t.Parallel()
	var names []string
	for _, r := range bySeries([]row{{line: line{Flow: "a", Side: "1"}}, {line: line{Flow: "b", Side: "1"}}, {line: line{Flow: "a", Side: "2"}}, {line: line{Flow: "b", Side: "2"}}}) {
		names = append(names, r.Flow+r.Side)
	}
	if got := strings.Join(names, " "); got != "a1 a2 b1 b2" {
		t.Error(got)
	}
}

func TestKneeOf(t *testing.T) {
	t.Parallel()
	at := func(percent, p50, p99 float64) row {
		return row{line: line{P50: p50, P99: p99}, Percent: percent, Asked: percent * 10}
	}
	full := row{line: line{Flow: "hello", Rate: 1000}}
	for want, rows := range map[string][]row{
		"hello: full speed 1000/s; the knee is between 60 and 80 % (600 and 800/s), where p99 leaves 5.00 ms.": {at(20, 1, 2), at(60, 3, 5), at(80, 3, 5.1), at(90, 9, 4)},
		"hello: full speed 1000/s; no knee up to 90 %: p99 stays below 5.00 ms.":                               {at(20, 1, 2), at(90, 3, 4)},
		"hello: full speed 1000/s; p99 is above 5.00 ms (5 × p50) at 20 % already.":                            {at(20, 1, 6), at(90, 3, 4)},
	} {
		if got := kneeOf(full, rows); got != want {
			t.Errorf("%s\nand not\n%s", got, want)
		}
	}
}

func TestParseMetric(t *testing.T) {
	t.Parallel()
	text := "# HELP a_total of all\n# TYPE a_total counter\na_total 1.5e+06\na_total_more 7\nb 2\n"
	for name, want := range map[string]float64{"a_total": 1.5e6, "b": 2, "a": 0, "none": 0} {
		if got := parseMetric(text, name); got != want {
			t.Errorf("%s: %v, and not %v", name, got, want)
		}
	}
}

// TestPrintedTable: as Markdown has it.
func TestPrintedTable(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	printAnswer(&out, []column{seriesColumn("flow"), costColumn(), moreColumn("more")}, answer{
		Name: "x", Rows: []row{{line: line{Flow: "a", CPU: 123.4}}, {line: line{Flow: "b", CPU: 12.34}, More: 0.5}}, Note: "A note.",
	})
	want := "<!-- capacity:x -->\n| flow | CPU µs | more |\n|---|---:|---:|\n| a | 123 | – |\n| b | 12.3 | 0.50 |\n\nA note.\n<!-- /capacity:x -->\n\n"
	if out.String() != want {
		t.Errorf("%s\nand not\n%s", &out, want)
	}
}

// TestPageHoldsTheTables: docs/capacity.md has each table that is printed, with the same columns, and no other.
func TestPageHoldsTheTables(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/capacity.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	list := questions()
	for _, q := range list {
		table, _, found := strings.Cut(strings.SplitN(page+openMark(q.name), openMark(q.name), 2)[1], closeMark(q.name))
		if !found || !strings.HasPrefix(table, "\n"+headOf(q.columns)) {
			t.Errorf("%s: not as it is printed: %.300s", q.name, table)
		}
	}
	if got := strings.Count(page, "<!-- capacity:"); got != len(list)+1 || !strings.Contains(page, openMark("machine")) {
		t.Errorf("%d marks, and not those of %d tables and the machine", got, len(list))
	}
}

// TestVisitorsShareConnections: each visitor asks, and what they saw is put together.
func TestVisitorsShareConnections(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeApps(dir, "http://127.0.0.1:1/", "error"); err != nil {
		t.Fatal(err)
	}
	address := serveApp(t, dir)
	good, err := check(t.Context(), dial(address), []step{{path: "/hello", want: ok}})
	if err != nil {
		t.Fatal(err)
	}
	bad := visit{requests: []request{{head: good.requests[0].head, answer: []byte("another")}}}
	p := point{on: &process{address: address}, visits: []visit{good, bad}, rate: 200}
	got := p.load(t.Context(), 2, 100e6)
	if got.answered != 10 || got.failed != 10 || len(got.times) != 10 || got.failure == nil {
		t.Errorf("%d answered, %d failed, %d times, %v", got.answered, got.failed, len(got.times), got.failure)
	}
}

// TestPageNamesMetrics: each metric that docs/capacity.md names is one that a server shows.
func TestPageNamesMetrics(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/capacity.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	app := drawing{}
	app.hello()
	app.starter("limit", "/limit", "limit")
	app.js("limit", "limit", "for (;;) {}")
	if err := app.write(filepath.Join(dir, "app")); err != nil {
		t.Fatal(err)
	}
	config := "[vm_pool]\nmax_operations = 1000\n[db.default]\ndriver = \"sqlite\"\ndsn = \"" + filepath.ToSlash(filepath.Join(dir, "flows.db")) + "\"\n"
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var w wire
	if err := w.open(t.Context(), dial(serveApp(t, dir)), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	for _, path := range []string{"/hello", "/limit", "/metrics"} { // a metric with labels shows with its first value
		if _, err := w.exchange(step{path: path}.request(), false); err != nil {
			t.Fatal(err)
		}
	}
	shown := w.body.String()
	names := regexp.MustCompile("`((?:nflow|go|process)_[a-z_]+)`").FindAllStringSubmatch(string(page), -1)
	if len(names) < 15 {
		t.Errorf("only %d are named", len(names))
	}
	for _, name := range names {
		if !strings.Contains(shown, "# TYPE "+name[1]+" ") {
			t.Errorf("no server shows %s", name[1])
		}
	}
}
