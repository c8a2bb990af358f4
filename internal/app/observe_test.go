package app

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// observed is an app with a flow for each way that a run can end.
const observed = `{"drawflow":{"shop":{"data":{
	"s1":{"data":{"type":"starter","urlpattern":"/ok","method":"GET","name_box":"in"},"outputs":{"output_1":{"connections":[{"node":"ok"}]}}},
	"ok":{"data":{"type":"js","name_box":"answer","code":"function main(){ console.log('said', secrets.get('flow')); kv.incr('n'); c.JSON(200, {ok: true}) }"},"outputs":{}},
	"s2":{"data":{"type":"starter","urlpattern":"/fail","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"bad"}]}}},
	"bad":{"data":{"type":"js","name_box":"bad","code":"function main(){ throw new Error('it said ' + header['X-Secret'] + ' ' + secrets.get('flow')) }"},"outputs":{}},
	"s3":{"data":{"type":"starter","urlpattern":"/loop","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"loop"}]}}},
	"loop":{"data":{"type":"js","name_box":"loop","code":"function main(){ for(;;){} }"},"outputs":{}},
	"s4":{"data":{"type":"starter","urlpattern":"/busy","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"busy"}]}}},
	"busy":{"data":{"type":"js","name_box":"busy","code":"function main(){ const end = Date.now() + 100; let x = 0; while (Date.now() < end) { x++ } c.JSON(200, x > 0) }"},"outputs":{}}
}}}}`

// observedSite serves it.
func observedSite(t *testing.T, settings ...string) *site {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "app.json"), []byte(observed), 0o600); err != nil {
		t.Fatal(err)
	}
	settings = append(slices.Clone(settings), "LOG=own", "NFLOW_VM_POOL_MAX_OPERATIONS=1000000000")
	return start(t, Options{App: filepath.Join(dir, "app.json"), Environ: []string{"NFLOW_SECRET_FLOW=flow-secret-1"}}, settings...)
}

func TestMetricsCountWhatHappened(t *testing.T) {
	t.Parallel()
	s := observedSite(t, "NFLOW_VM_POOL_MAX_EXECUTION_SECONDS=1", "NFLOW_MONITOR_ENABLE_DETAILED_METRICS=true",
		"NFLOW_DB_SHOP_DRIVER=sqlite", "NFLOW_DB_SHOP_DSN=file:shop?mode=memory")
	s.do(http.MethodGet, "/ok", nil)
	s.do(http.MethodGet, "/ok", nil)
	s.do(http.MethodGet, "/fail", nil)
	s.do(http.MethodGet, "/loop", nil)
	s.do(http.MethodGet, "/nowhere", nil)
	got := s.do(http.MethodGet, "/metrics", nil)
	for _, want := range []string{
		"nflow_up 1", "nflow_requests_total 5", "nflow_requests_errors_total 1", "nflow_requests_active 0", "nflow_workflows_total 4",
		"nflow_workflows_errors_total 2", "nflow_processes_active 0", "nflow_processes_total 4", "nflow_cache_hits_total 5", "nflow_cache_misses_total 0",
		`nflow_run_duration_seconds_count{flow="shop",status="ok"} 2`, `nflow_run_duration_seconds_count{flow="shop",status="error"} 1`,
		`nflow_run_duration_seconds_count{flow="shop",status="limit"} 1`, `nflow_node_duration_seconds_count{flow="shop",kind="js",status="ok"} 2`,
		`nflow_request_duration_seconds_count{method="GET",status="2xx"} 2`, `nflow_request_duration_seconds_count{method="GET",status="4xx"} 2`,
		`nflow_plugin_uses_total{plugin="kit"} 5`, `nflow_plugin_calls_total{plugin="kv",status="ok"} 2`, `nflow_plugin_calls_total{plugin="secret",status="ok"} 3`,
		`nflow_flow_db_connections_open{database="shop"} `, `nflow_run_operations_count{flow="shop"} 4`, "nflow_vms_in_use 0", "nflow_vms_max 200",
		"nflow_db_connections_open ", "go_goroutines ", "process_resident_memory_bytes ", "nflow_build_info{", "nflow_uptime_seconds ",
	} {
		if !strings.Contains(got.body, "\n"+want) {
			t.Errorf("%q is not in the metrics", want)
		}
	}
	if !regexp.MustCompile(`\nnflow_limit_hits_total\{limit="(operations|time)"\} 1\n`).MatchString(got.body) {
		t.Error("the limit was not counted")
	}
	if t.Failed() {
		t.Log(got.body)
	}
	native := s.do(http.MethodGet, "/metrics", nil, "Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited")
	if kind := native.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/vnd.google.protobuf") || !strings.Contains(native.body, "nflow_run_duration_seconds") {
		t.Errorf("no native histograms: %s", kind)
	}
}

func TestMetricsOnAPortOfTheirOwn(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	s := observedSite(t, "NFLOW_MONITOR_METRICS_PORT="+port)
	if a := s.do(http.MethodGet, "/metrics", nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("the flows' listener shows metrics: %d", a.StatusCode)
	}
	q, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/metrics", nil)
	a, err := s.client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if body, _ := io.ReadAll(a.Body); !strings.Contains(string(body), "nflow_up 1") {
		t.Errorf("%s", body)
	}
}

func TestMonitorOffShowsNothing(t *testing.T) {
	t.Parallel()
	s := observedSite(t, "NFLOW_MONITOR_ENABLED=false")
	for _, path := range []string{"/metrics", "/health", "/debug/info"} {
		if a := s.do(http.MethodGet, path, nil); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

const debugToken = "a-debug-token-1"

func debugSite(t *testing.T, settings ...string) *site {
	t.Helper()
	return observedSite(t, append(settings, "NFLOW_DEBUG_ENABLED=true", "NFLOW_DEBUG_AUTH_TOKEN="+debugToken, "NFLOW_DEBUG_ENABLE_PPROF=true")...)
}

func TestDebugAsksWhoYouAre(t *testing.T) {
	t.Parallel()
	s := debugSite(t)
	for _, c := range []struct {
		header []string
		want   int
	}{
		{nil, 401},
		{[]string{"X-Debug-Token", "wrong"}, 401},
		{[]string{"X-Debug-Token", debugToken + "1"}, 401},
		{[]string{"Authorization", "Basic " + debugToken}, 401},
		{[]string{"X-Debug-Token", debugToken}, 200},
		{[]string{"Authorization", "Bearer " + debugToken}, 200},
	} {
		if a := s.do(http.MethodGet, "/debug/info", nil, c.header...); a.StatusCode != c.want || c.want != 200 && strings.Contains(a.body, "pid") {
			t.Errorf("%v: %d %s", c.header, a.StatusCode, a.body)
		}
	}
	if a := s.do(http.MethodGet, "/debug/?token="+debugToken, nil); a.StatusCode != 401 {
		t.Errorf("a token in the address counts: %d", a.StatusCode)
	}
	far := debugSite(t, "NFLOW_DEBUG_ALLOWED_IPS=192.0.2.0/24")
	if a := far.do(http.MethodGet, "/debug/info", nil, "X-Debug-Token", debugToken, "X-Forwarded-For", "192.0.2.1"); a.StatusCode != 403 {
		t.Errorf("an address that is not allowed: %d", a.StatusCode)
	}
	none := observedSite(t, "NFLOW_DEBUG_ENABLED=true")
	if a := none.do(http.MethodGet, "/debug/info", nil, "X-Debug-Token", ""); a.StatusCode != 403 || !strings.Contains(a.body, "auth_token") {
		t.Errorf("without a token: %d %s", a.StatusCode, a.body)
	}
}

func TestDebugPages(t *testing.T) {
	t.Parallel()
	s := debugSite(t)
	s.do(http.MethodGet, "/ok", nil)
	for path, want := range map[string]string{
		"/debug/": `"GET /debug/vm-pool"`, "/debug/info": `"version"`, "/debug/config": `"vm_pool"`, "/debug/runtime": `"gomaxprocs"`, "/debug/goroutines": "goroutine profile",
		"/debug/memory": `"heap_alloc"`, "/debug/repositories": `"runs": 0`, "/debug/playbooks": `"starters_by_flow"`, "/debug/playbook/shop": `"nodes"`,
		"/debug/cache/stats": `"hits": 1`, "/debug/processes": `"total": 1`, "/debug/sessions": `"store": "cookie"`, "/debug/vm-pool": `"in_use": 0`,
		"/debug/database/stats": `"healthy"`, "/debug/database/connections": `"OpenConnections"`, "/debug/tracker/stats": `"enabled": false`,
		"/debug/url-cache": `"/ok"`, "/debug/pprof/": "heap", "/debug/pprof/heap?debug=1": "heap profile",
	} {
		if a := s.do(http.MethodGet, path, nil, "X-Debug-Token", debugToken); a.StatusCode != 200 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
	}
	for path, want := range map[string]int{
		"/debug/playbook/none": 404, "/debug/process/none": 404, "/debug/nothing": 404, "/debug/cache/invalidate": 404, "/debug/pprof/cmdline": 404,
	} {
		if a := s.do(http.MethodGet, path, nil, "X-Debug-Token", debugToken); a.StatusCode != want {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
	}
	for path, want := range map[string]int{"/debug/cache/invalidate": 200, "/debug/cache/invalidate/shop": 200, "/debug/cache/invalidate/none": 404} {
		if a := s.do(http.MethodPost, path, nil, "X-Debug-Token", debugToken); a.StatusCode != want {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
	}
}

func TestDebugKillsARun(t *testing.T) {
	t.Parallel()
	s := debugSite(t, "NFLOW_VM_POOL_MAX_EXECUTION_SECONDS=60")
	ended := make(chan answer, 1)
	go func() {
		a, _ := s.try(http.MethodGet, "/loop", nil)
		ended <- a
	}()
	var list struct {
		Processes []struct{ Wid, Flow, Node string }
	}
	for len(list.Processes) == 0 {
		a := s.do(http.MethodGet, "/debug/processes", nil, "X-Debug-Token", debugToken)
		if err := json.Unmarshal([]byte(a.body), &list); err != nil {
			t.Fatal(err)
		}
	}
	wid := list.Processes[0].Wid
	if a := s.do(http.MethodGet, "/debug/process/"+wid, nil, "X-Debug-Token", debugToken); !strings.Contains(a.body, `"flow": "shop"`) {
		t.Errorf("%s", a.body)
	}
	if a := s.do(http.MethodDelete, "/debug/process/"+wid, nil, "X-Debug-Token", debugToken); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := <-ended; a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the run answered %d", a.StatusCode)
	}
}

func TestDebugSetsTheLog(t *testing.T) {
	t.Parallel()
	s := debugSite(t)
	for _, c := range []struct {
		path, want string
		status     int
	}{
		{"/debug/log?level=debug", `"level": "DEBUG"`, 200},
		{"/debug/log?format=text", `"format": "text"`, 200},
		{"/debug/log?level=loud", "level is", 400},
		{"/debug/log?format=xml", "format is", 400},
	} {
		if a := s.do(http.MethodPost, c.path, nil, "X-Debug-Token", debugToken); a.StatusCode != c.status || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d %s", c.path, a.StatusCode, a.body)
		}
	}
	s.do(http.MethodGet, "/ok", nil)
	s.own.Flush()
	for _, want := range []string{"DEBUG node enter", "DEBUG node leave", "operations_per_second=", "INFO  said ********", "line=1", "status=200"} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, s.log)
		}
	}
}

func gunzip(t *testing.T, body string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A CPU profile says which flow and node the time went to, for visits that begin while it is taken: many short ones.
func TestProfileReadsByNode(t *testing.T) {
	t.Parallel()
	s := debugSite(t)
	done := make(chan answer, 1)
	go func() {
		a, _ := s.try(http.MethodGet, "/debug/pprof/profile?seconds=1", nil, "X-Debug-Token", debugToken)
		done <- a
	}()
	var a answer
	for a.Response == nil {
		select {
		case a = <-done:
		default:
			s.do(http.MethodGet, "/busy", nil)
		}
	}
	text := gunzip(t, a.body)
	for _, want := range []string{"node_id", "busy", "flow", "shop"} {
		if !strings.Contains(text, want) {
			t.Errorf("the profile (%d, %d bytes) does not know %q", a.StatusCode, len(text), want)
		}
	}
}
