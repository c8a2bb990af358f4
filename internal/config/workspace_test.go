package config_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/config"
)

func TestLiteral(t *testing.T) {
	t.Parallel()
	patterns := map[string]string{"x": "y"}
	databases := map[string]engine.FlowDatabase{"a": {DSN: "d"}}
	ws := engine.ConfigWorkspace{
		DatabaseNflow: engine.DatabaseConfig{Driver: "sqlite3", DSN: "app.db"},
		VMPoolConfig:  engine.VMPoolConfig{MaxSize: 50, MaxOperations: engine.None, QueueSeconds: engine.None, CancelOnDisconnect: new(false)},
		MonitorConfig: engine.MonitorConfig{MetricsPath: "/m"},
		Server:        engine.ServerConfig{MaxBodyMB: engine.None},
		Security:      engine.SecurityConfig{CustomPatterns: patterns, SensitivePatterns: []string{}},
		DB:            databases,
	}
	ws.Normalize()
	for name, pair := range map[string][2]any{
		"kept":           {ws.DatabaseNflow.Driver + ws.DatabaseNflow.DSN, "sqlite3app.db"},
		"left out":       {ws.VMPoolConfig.MaxMemoryMB, engine.Limit(128)},
		"explicit none":  {ws.VMPoolConfig.MaxOperations.Unlimited(), true},
		"none as number": {ws.VMPoolConfig.MaxOperations.Int64(), int64(0)},
		"no waiting":     {ws.VMPoolConfig.QueueSeconds.Duration(), time.Duration(0)},
		"derived":        {ws.VMPoolConfig.PreloadSize, engine.Limit(25)},
		"pointer":        {*ws.VMPoolConfig.CancelOnDisconnect, false},
		"section written": {ws.MonitorConfig, engine.MonitorConfig{
			MetricsPath: "/m", HealthCheckPath: "/health", ReadyPath: "/ready",
		}},
		"section left out": {ws.RateLimitConfig.RetryAfterHeader, true},
		"empty list":       {ws.Security.SensitivePatterns, []string{}},
		"entry":            {ws.DB["a"].MaxOpen, 10},
		"caller's map":     {databases["a"].MaxOpen, 0},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s = %#v, want %#v", name, pair[0], pair[1])
		}
	}
	if errs := ws.Validate(); len(errs) > 0 {
		t.Error(errs)
	}
	want := []string{"vm_pool.max_operations = none: no limit", "server.max_body_mb = 0: no limit"}
	if got := ws.Warnings(); !reflect.DeepEqual(got, want) {
		t.Errorf("warnings %q", got)
	}
	again := ws
	again.Normalize()
	if !reflect.DeepEqual(again, ws) {
		t.Errorf("normalized twice:\n%+v\n%+v", again, ws)
	}
}

func TestLiteralProblems(t *testing.T) {
	t.Parallel()
	ws := engine.ConfigWorkspace{
		VMPoolConfig:  engine.VMPoolConfig{MaxSize: -2, MaxShare: -5, MaxExecutionSeconds: -0.5},
		TrackerConfig: engine.TrackerConfig{FlushInterval: engine.None, Workers: -1},
		AI:            engine.AIConfig{MaxTokensPerRun: -7},
	}
	ws.Normalize()
	var keys []string
	for _, err := range ws.Validate() {
		keys = append(keys, err.(*config.Problem).Key)
	}
	want := "vm_pool.max_size vm_pool.max_execution_seconds vm_pool.max_share tracker.workers tracker.flush_interval ai.max_tokens_per_run"
	if got := strings.Join(keys, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSessionStore(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    "cookie",
		"[redis]\nhost='h:1'": "redis",
		"[pg_session]\nurl='u'\n[redis]\nhost='h:1'":         "postgres",
		"[redis]\nhost='h:1'\n[session]\nstore = 'cookie'":   "cookie",
		"[pg_session]\nurl='u'\n[session]\nstore='cookie'\n": "cookie",
	} {
		if got := mustLoad(t, text).Session.Store; got != want {
			t.Errorf("%q chose %q, want %q", text, got, want)
		}
	}
}

func TestListenAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, server, https, want string }{
		{"", "", "", ":8080"},
		{"", "", ":443", ":443"},
		{"", "127.0.0.1:1", ":443", "127.0.0.1:1"},
		{"[::1]:9", "127.0.0.1:1", ":443", "[::1]:9"},
		{"9", "", "", ":9"},
		{"nonsense", "", "", "nonsense"},
	} {
		ws := engine.ConfigWorkspace{Server: engine.ServerConfig{Address: c.server}, HttpsEngineConfig: engine.HTTPSConfig{Address: c.https}}
		if got := ws.ListenAddress(c.flag); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	raw := []byte("\xff\xfe23456789abcdef0123456789ab-_+/")
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"raw":     {string(raw), true},
		"hex":     {hex.EncodeToString(raw), true},
		"base64":  {base64.StdEncoding.EncodeToString(raw), true},
		"url":     {base64.RawURLEncoding.EncodeToString(raw), true},
		"short":   {"abc", false},
		"31":      {base64.StdEncoding.EncodeToString(raw[:31]), false},
		"hex odd": {hex.EncodeToString(raw)[:63], false},
	} {
		key, err := config.ParseKey(c.text)
		if c.ok != (err == nil) || c.ok && string(key) != string(raw) {
			t.Errorf("%s: %x, %v", name, key, err)
		}
		if err != nil && strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: the error holds the key", name)
		}
	}
}

const secretFile = `
[database_nflow]
driver = "postgres"
dsn = "postgres://u:hunter2@h/d"
[redis]
host = "rediss://u:hunter2@h:6379/0?token=hunter2"
password = "hunter2"
[pg_session]
url = "postgres://u:hunter2@h/d"
[url]
url_base = "https://u:hunter2@example.com/x"
[debug]
auth_token = "hunter2-hunter2-hunter2"
[mail]
smtp_password = "hunter2"
smtp_host = "smtp.example.com"
[twilio]
auth_token = "hunter2"
[env]
TOKEN = "hunter2"
[plugin.geo]
whatever = "hunter2"
[https_engine]
key = "/hunter2.pem"
[session]
key = "hunter2-hunter2-hunter2-hunter22"
old_keys = ["hunter2-hunter2-hunter2-hunter23"]
[security]
encryption_key = "hunter2-hunter2-hunter2-hunter24"
[admin]
token = "hunter2-hunter2-hunter2"
[db."my.shop"]
dsn = "hunter2"
[ai.openai]
api_key = "hunter2"
base_url = "https://key:hunter2@ai.example.com"
[vm_pool]
queue_seconds = 0
`

func TestRedacted(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	ws := mustLoad(t, secretFile, "NFLOW_LOG_LEVEL=debug")
	view := ws.Redacted()
	text, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secret) {
		t.Errorf("a secret is shown: %s", text)
	}
	for _, want := range []string{
		`"my.shop":{"driver":"postgres","dsn":"***","max_open":10,"read_only":false}`, `"smtp_host":"smtp.example.com"`, `"TOKEN":"***"`,
		`"url_base":"https://***@example.com/x"`, `"level":"debug"`, `"queue_seconds":0`, `"flush_interval":250`, `"cancel_on_disconnect":true`, `"account_sid":""`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
	view["debug"].(map[string]any)["auth_token"] = "x"
	if ws.DB["my.shop"].DSN != secret || ws.DebugConfig.AuthToken != secret+"-hunter2-hunter2" {
		t.Error("the view reaches into the workspace")
	}
}
