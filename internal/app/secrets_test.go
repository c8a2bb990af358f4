package app

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

// hidden are the secrets that TestNoSecretIsAnywhere pushes in, by where. None holds a part of another.
var hidden = map[string]string{
	"[admin]": "Zadmin-Q7hx-token", "[debug]": "Zdebug-Q7hx-token", "[mail]": "Zmail-Q7hx-word", "[twilio]": "Ztwilio-Q7hx-word", "[redis]": "Zredis-Q7hx-word",
	"[db.shop]": "Zdb-Q7hx-word", "[ai.openai]": "Zai-Q7hx-key", "[env]": "Zenv-Q7hx-word", "[plugin]": "Zplugin-Q7hx-word", "secrets.get": "Zstored-Q7hx-word",
	"[session]": "Zsession-Q7hx-key-of-32-bytes-01", "Authorization": "Zauthorization-Q7hx-word", "X-Api-Key": "Zheader-Q7hx-word", "Cookie": "Zcookie-Q7hx-word",
	"form": "Zform-Q7hx-word", "JSON": "Zjson-Q7hx-word", "query": "Zquery-Q7hx-word", "payload": "Zpayload-Q7hx-word", "answer of a service": "Zanswer-Q7hx-word",
}

// leaks are flows that do with secrets what flows should not.
func leaks(mirror string, closed *net.TCPAddr) map[string]string {
	const all = `const mine = secrets.get("flow"); payload.token = "` + `Zpayload-Q7hx-word"; payload.deep = [{a: {client_secret: "Zpayload-Q7hx-word"}}];
		payload.text = JSON.stringify({password: "Zpayload-Q7hx-word"}); payload.env = env; payload.mine = mine; payload[mine] = 1; payload.header = header; payload.q = form;
		console.log("have", mine, env.KEY, JSON.stringify(header)); log.info("all", {header, mine, password: "Zpayload-Q7hx-word"}); console.error(btoa(mine), encodeURIComponent(mine));`
	codes := map[string]string{
		"/fine":  `c.JSON(200, {ok: true})`,
		"/throw": `throw new Error("with " + mine + " and " + env.KEY + " and " + JSON.stringify(payload))`,
		"/db":    `db.query("shop", "SELECT '" + mine + "'")`,
		"/mail":  `mail.send({to: "ada@example.com", subject: mine, text: env.KEY})`,
		"/ai":    `ai.chat({prompt: mine})`,
		"/redis": `redis.set(mine, mine)`,
		"/http":  `const r = http.get("` + mirror + `/?token=" + mine, {headers: {Authorization: "Bearer " + mine}}); payload.answer = r.json(); throw new Error(r.text())`,
		"/url":   `http.get("http://ana:" + mine + "@` + closed.String() + `/" + mine)`,
		"/kv":    `kv.set(mine, mine); payload.kv = kv.get(mine); throw new Error(payload.kv)`,
		"/call":  `flow.call("flow /throw", payload)`,
		"/loop":  `payload.again = mine; for (;;) {}`,
	}
	for path, code := range codes {
		codes[path] = all + code
	}
	return codes
}

// TestNoSecretIsAnywhere pushes secrets through the configuration, headers, forms, JSON, errors and plugins, and looks for
// them wherever somebody may look: answers, log, both tables of the history and that of the tracker, metrics, /debug,
// the runs API and its events, spans. What only a visitor or a flow knows for a secret, and a flow logs, is hidden from the
// log with enable_log_sanitization.
func TestNoSecretIsAnywhere(t *testing.T) {
	t.Parallel()
	for _, sanitize := range []bool{false, true} {
		t.Run(fmt.Sprint("sanitize ", sanitize), func(t *testing.T) {
			t.Parallel()
			testNoSecretIsAnywhere(t, sanitize)
		})
	}
}

func testNoSecretIsAnywhere(t *testing.T, sanitize bool) {
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // it repeats what it is sent
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"message":%q},"access_token":%q}`, "you said "+r.Header.Get("Authorization")+r.RequestURI, hidden["answer of a service"])
	}))
	t.Cleanup(mirror.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().(*net.TCPAddr)
	l.Close()
	spans := newCollector(t, 0)
	dir := t.TempDir()
	file := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(file, []byte(secretConfig(sanitize, mirror.URL, closed)), 0o600); err != nil {
		t.Fatal(err)
	}
	codes := leaks(mirror.URL, closed)
	s := launch(t, Options{App: flows(t, codes), Data: dir, Environ: []string{
		"NFLOW_SECRET_FLOW=" + hidden["secrets.get"], "OTEL_EXPORTER_OTLP_ENDPOINT=" + spans.URL,
	}}, "LOG=own", "FILE="+file)
	shown := map[string]string{}
	events := s.events()
	for _, path := range slices.Sorted(maps.Keys(codes)) {
		for how, a := range s.tell(path) {
			if path != "/fine" && a.StatusCode < 400 {
				t.Errorf("%s went well: %d", path, a.StatusCode)
			}
			shown["answer of "+path+" to "+how] = a.body
		}
	}
	s.do(http.MethodGet, "/"+url.PathEscape(hidden["[mail]"])+"/"+hidden["[env]"], nil)
	shown["events"] = events()
	s.look(shown)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.own.Flush()
	shown["log"], shown["terminal"], shown["spans"] = s.log.String(), s.out.String(), spans.texts
	dump(t, filepath.Join(dir, "nflow.db"), shown)

	noSecretIn(t, shown, sanitize)
	for where, want := range map[string]string{
		"log": "you said Bearer ***", "spans": "run flow /throw", "nflow_runs": "with ***", "nflow_run_nodes": `"token":"***"`, "tracker": "password=***", "events": `"status":"error"`,
		"/metrics": "nflow_up 1", "/debug/config": "vm_pool", "/nflow/api/v1/runs?limit=1000": `"path":"/throw"`,
	} {
		if !strings.Contains(shown[where], want) {
			t.Errorf("the test did not look at what it should: no %q in %s: %.3000s", want, where, shown[where])
		}
	}
}

// noSecretIn fails the test where a text shows a hidden secret. The log hides unknown ones only with sanitize.
func noSecretIn(t *testing.T, shown map[string]string, sanitize bool) {
	t.Helper()
	for where, text := range shown {
		for name, secret := range hidden {
			known := strings.HasPrefix(name, "[") || name == "secrets.get"
			if where == "log" && !known && !sanitize {
				continue
			}
			for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
				if i := strings.Index(text, form); i >= 0 {
					t.Errorf("%s shows the secret of %s: …%s…", where, name, text[max(0, i-200):min(len(text), i+100)])
				}
			}
		}
	}
}

// secretConfig is a configuration with a secret wherever one may stand.
func secretConfig(sanitize bool, mirror string, closed *net.TCPAddr) string {
	h := func(name string) string { return hidden[name] }
	return fmt.Sprintf(`
[log]
level = "debug"
[security]
enable_log_sanitization = %[14]t
[history]
record = "all"
payloads = true
[tracker]
enabled = true
[admin]
token = %[1]q
[debug]
enabled = true
auth_token = %[2]q
enable_pprof = true
[session]
key = %[3]q
store = "cookie"
[mail]
enabled = true
smtp_host = "127.0.0.1"
smtp_port = %[12]d
smtp_from = "a@example.com"
smtp_user = "ana"
smtp_password = %[4]q
[twilio]
enable = true
account_sid = "AC1"
auth_token = %[5]q
[redis]
host = %[11]q
password = %[6]q
[db.shop]
driver = "postgres"
dsn = "postgres://ana:%[7]s@%[11]s/shop?sslmode=disable&connect_timeout=2"
[ai.openai]
base_url = %[10]q
model = "m"
api_key = %[8]q
[env]
KEY = %[9]q
[plugin.crm]
password = %[13]q
[vm_pool]
enable_network = true
network_allow = ["127.0.0.1"]
max_operations = 1000000
[monitor]
enable_detailed_metrics = true
`, h("[admin]"), h("[debug]"), h("[session]"), h("[mail]"), h("[twilio]"), h("[redis]"), h("[db.shop]"), h("[ai.openai]"), h("[env]"), mirror, closed.String(),
		closed.Port, h("[plugin]"), sanitize)
}

// tell requests a path with secrets wherever a visitor may put one.
func (s *site) tell(path string) map[string]answer {
	s.t.Helper()
	header := []string{
		"Authorization", "Bearer " + hidden["Authorization"], "X-Api-Key", hidden["X-Api-Key"], "Cookie", "theme=dark; other=" + hidden["Cookie"],
		"User-Agent", "agent " + hidden["[plugin]"], "Referer", "https://example.com/?token=" + hidden["query"],
	}
	query := path + "?password=" + hidden["query"] + "&mine=" + hidden["[admin]"]
	form := url.Values{"user": {"ana"}, "password": {hidden["form"]}, "note": {hidden["[mail]"]}}.Encode()
	return map[string]answer{
		"GET":  s.do(http.MethodGet, query, nil, header...),
		"form": s.do(http.MethodPost, query, strings.NewReader(form), append(header, "Content-Type", "application/x-www-form-urlencoded")...),
		"JSON": s.do(http.MethodPost, path, strings.NewReader(`{"user":{"api_key":"`+hidden["JSON"]+`"},"list":["`+hidden["[db.shop]"]+`"]}`),
			append(header, "Content-Type", "application/json")...),
	}
}

// events watches the runs, until it is asked what came.
func (s *site) events() func() string {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/nflow/api/v1/runs/live", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+hidden["[admin]"])
	a, err := s.client.Do(q)
	if err != nil {
		s.t.Fatal(err)
	}
	in := bufio.NewReader(a.Body)
	if _, err := in.ReadString('\n'); err != nil { // it watches
		s.t.Fatal(err)
	}
	var all strings.Builder
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = in.WriteTo(&all)
	}()
	return func() string {
		cancel()
		<-done
		a.Body.Close()
		return all.String()
	}
}

// look reads all pages.
func (s *site) look(shown map[string]string) {
	s.t.Helper()
	get := func(path string, header ...string) string {
		a := s.get(path, header...)
		if a.StatusCode != http.StatusOK {
			s.t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
		shown[path] = a.body
		return a.body
	}
	get("/health")
	get("/metrics")
	for _, path := range []string{
		"info", "config", "runtime", "goroutines", "memory", "repositories", "playbooks", "playbook/flow%20%2Fthrow", "cache/stats", "processes", "sessions", "vm-pool",
		"database/stats", "database/connections", "tracker/stats", "url-cache", "pprof/", "pprof/heap?debug=1", "pprof/goroutine?debug=2",
	} {
		get("/debug/"+path, "X-Debug-Token", hidden["[debug]"])
	}
	const base = "/nflow/api/v1"
	admin := []string{"Authorization", "Bearer " + hidden["[admin]"]}
	for _, path := range []string{"/", "/openapi.json", "/flows", "/flows/flow%20%2Fthrow", "/problems", "/instances"} {
		get(base+path, admin...)
	}
	s.await(base+"/runs?limit=1000", `"path":"/url"`, admin...) // the last one that was asked for
	gjson.Get(get(base+"/runs?limit=1000", admin...), "runs.#.wid").ForEach(func(_, wid gjson.Result) bool {
		get(base+"/runs/"+wid.Str, admin...)
		return true
	})
}

// dump writes down the rows of the tables about runs.
func dump(t *testing.T, file string, shown map[string]string) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: file})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, table := range []string{"nflow_runs", "nflow_run_nodes", "nflow_run_places", "nflow_node_stats", "tracker"} {
		rows, err := st.DB().QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		var all strings.Builder
		for rows.Next() {
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				fmt.Fprintf(&all, "%s\t", *v.(*any))
			}
			all.WriteByte('\n')
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		shown[table] = all.String()
	}
}
