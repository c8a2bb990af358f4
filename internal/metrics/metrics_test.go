package metrics

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// all makes Metrics with a value in each family, as text.
func all(t testing.TB) (m *Metrics, text string) {
	t.Helper()
	zero := func() int64 { return 0 }
	m = New(Options{Version: "v1", Started: time.Now(), Detailed: true, Sources: Sources{
		Live: zero, Total: zero, CacheHits: zero, CacheMisses: zero, HistoryDropped: zero, SessionsLoaded: zero, SessionsSaved: zero,
		Places: func() (int, int, int) { return 1, 2, 3 }, SlotsWaiting: func() int64 { return 5 }, Database: func() Pool { return Pool{3, 2, 1} }, Databases: map[string]func() Pool{"shop": func() Pool { return Pool{6, 5, 4} }},
	}})
	f := m.Flow("shop", []string{"js"})
	f.Run("error", time.Second, 10, 20)
	f.Node("js", "ok", time.Millisecond)
	f.Node("unheard-of", "limit", time.Millisecond)
	m.Begin()
	m.End("BREW", 503, time.Millisecond)
	m.Waited(time.Second)
	m.Limit("time")
	m.Call("crm", true)
	m.Use("kit")
	return m, read(m)
}

func read(m *Metrics) string {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestWhatIsCounted(t *testing.T) {
	t.Parallel()
	_, text := all(t)
	for _, want := range []string{
		"nflow_requests_total 1", "nflow_requests_errors_total 1", "nflow_requests_active 0", "nflow_workflows_total 1", "nflow_workflows_errors_total 1",
		`nflow_request_duration_seconds_count{method="other",status="5xx"} 1`, `nflow_run_duration_seconds_count{flow="shop",status="error"} 1`,
		`nflow_node_duration_seconds_count{flow="shop",kind="other",status="limit"} 1`, `nflow_plugin_calls_total{plugin="crm",status="error"} 1`,
		"nflow_vms_in_use 1", "nflow_vms_max 2", "nflow_queue_waiting 3", "nflow_slots_waiting 5", "nflow_db_connections_open 3", "nflow_db_connections_in_use 2", "nflow_db_connections_idle 1",
		`nflow_flow_db_connections_open{database="shop"} 6`, `nflow_flow_db_connections_in_use{database="shop"} 5`, `nflow_flow_db_connections_idle{database="shop"} 4`,
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("%q is missing", want)
		}
	}
}

// The histograms are native ones, for scrapers that take them, and have classic buckets for the others.
func TestHistogramsAreNative(t *testing.T) {
	t.Parallel()
	m, _ := all(t)
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	histograms := 0
	for _, f := range families {
		for _, series := range f.GetMetric() {
			h := series.GetHistogram()
			if h == nil || !strings.HasPrefix(f.GetName(), "nflow_") {
				continue
			}
			histograms++
			if h.Schema == nil || len(h.GetPositiveSpan()) == 0 && h.GetZeroCount() == 0 || len(h.GetBucket()) == 0 || h.GetSampleCount() == 0 {
				t.Errorf("%s is no native histogram: %v", f.GetName(), h)
			}
		}
	}
	if histograms < 4 {
		t.Errorf("%d histograms", histograms)
	}
}

// The names of flows come from apps: no number of them makes the metrics grow without end.
func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	m := New(Options{})
	for i := range 2 * maxNames {
		m.Flow("flow "+strconv.Itoa(i), []string{"js"}).Run("ok", 0, 0, 0)
		m.Use("plugin " + strconv.Itoa(i))
	}
	text := read(m)
	if n := strings.Count(text, "nflow_run_duration_seconds_count{"); n != maxNames+1 {
		t.Errorf("%d series of flows", n)
	}
	if n := strings.Count(text, "nflow_plugin_uses_total{"); n != maxNames+1 {
		t.Errorf("%d series of plugins", n)
	}
}

// A flow that is compiled again continues counting where it was.
func TestAFlowKeepsItsCounts(t *testing.T) {
	t.Parallel()
	m := New(Options{})
	m.Flow("a", []string{"js"}).Run("ok", 0, 0, 0)
	m.Flow("a", []string{"gorutine"}).Run("ok", 0, 0, 0)
	if text := read(m); !strings.Contains(text, `nflow_run_duration_seconds_count{flow="a",status="ok"} 2`) {
		t.Error(text)
	}
}

// What the dashboard and the alerts ask for must be there, with the labels that they ask by.
func TestDashboardAndAlertsKnowTheNames(t *testing.T) {
	t.Parallel()
	_, text := all(t)
	deploy := filepath.Join("..", "..", "deploy")
	board, err := os.ReadFile(filepath.Join(deploy, "grafana", "nflow-runtime.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(board) {
		t.Error("the dashboard is no JSON")
	}
	alerts, err := os.ReadFile(filepath.Join(deploy, "prometheus", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(alerts, &rules); err != nil || len(rules.Groups) != 1 || len(rules.Groups[0].Rules) < 5 {
		t.Errorf("the alerts cannot be read: %v", err)
	}
	names := regexp.MustCompile(`(?:nflow|process|go)_[a-z_]+`)
	used := 0
	asked := string(board)
	for _, r := range rules.Groups[0].Rules {
		asked += "\n" + r.Expr
		if r.Alert == "" || r.Annotations["summary"] == "" {
			t.Errorf("an alert says nothing: %+v", r)
		}
	}
	for _, name := range names.FindAllString(asked, -1) {
		used++
		if !strings.Contains(text, "\n"+name+"{") && !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("%s is not among the metrics", name)
		}
	}
	for _, label := range regexp.MustCompile(`by \(([a-z, ]+)\)`).FindAllStringSubmatch(asked, -1) {
		for name := range strings.SplitSeq(label[1], ", ") {
			if name != "instance" && !strings.Contains(text, name+`="`) {
				t.Errorf("label %s is on no metric", name)
			}
		}
	}
	if used < 30 {
		t.Errorf("only %d names were looked at", used)
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	m := New(Options{})
	f := m.Flow("shop", []string{"js"})
	count := func() {
		m.Begin()
		f.Node("js", "ok", time.Millisecond)
		f.Run("ok", time.Millisecond, 1, 1)
		m.End("GET", 200, time.Millisecond)
	}
	count()
	if n := testing.AllocsPerRun(1000, count); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNode(b *testing.B) {
	f := New(Options{}).Flow("shop", []string{"js"})
	b.ReportAllocs()
	for b.Loop() {
		f.Node("js", "ok", 150*time.Microsecond)
	}
}
