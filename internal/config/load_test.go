package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
)

// load reads TOML text and environment variables.
func load(t testing.TB, text string, environ ...string) (*engine.ConfigWorkspace, []string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ws, warnings, err := engine.ConfigFile{Path: file, Required: true, Environ: environ}.Load()
	if err != nil {
		err = errors.New(strings.ReplaceAll(err.Error(), filepath.Dir(file)+string(filepath.Separator), ""))
	}
	for i, w := range warnings {
		warnings[i] = strings.ReplaceAll(w, filepath.Dir(file)+string(filepath.Separator), "")
	}
	return ws, warnings, err
}

// defaults returns a configuration of which everything was left out.
func defaults() (c engine.ConfigWorkspace) {
	c.Normalize()
	return c
}

// mustLoad is load for valid input without warnings.
func mustLoad(t *testing.T, text string, environ ...string) *engine.ConfigWorkspace {
	t.Helper()
	ws, warnings, err := load(t, text, environ...)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %q", err, warnings)
	}
	return ws
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "none.toml")
	ws, warnings, err := engine.ConfigFile{Path: file}.Load()
	if err != nil || len(warnings) > 0 || !reflect.DeepEqual(*ws, defaults()) {
		t.Errorf("an absent file gave %v, %q, %+v", err, warnings, ws)
	}
	_, _, err = engine.ConfigFile{Path: file, Required: true}.Load()
	var exit interface{ ExitCode() int }
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(err.Error(), "none.toml: file not found") {
		t.Errorf("a named file that is absent gave %v", err)
	}
	if _, _, err = (engine.ConfigFile{Path: t.TempDir()}).Load(); err == nil {
		t.Error("a directory was read as a file")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	ws := defaults()
	for name, pair := range map[string][2]any{
		"vm_pool.max_size":              {ws.VMPoolConfig.MaxSize, engine.Limit(200)},
		"vm_pool.preload_size":          {ws.VMPoolConfig.PreloadSize, engine.Limit(100)},
		"vm_pool.idle_timeout":          {ws.VMPoolConfig.IdleTimeout.Duration(), 10 * time.Minute},
		"vm_pool.cleanup_interval":      {ws.VMPoolConfig.CleanupInterval.Duration(), 5 * time.Minute},
		"vm_pool.max_memory_mb":         {ws.VMPoolConfig.MaxMemoryMB, engine.Limit(128)},
		"vm_pool.max_execution_seconds": {ws.VMPoolConfig.MaxExecutionSeconds.Duration(), 30 * time.Second},
		"vm_pool.max_operations":        {ws.VMPoolConfig.MaxOperations, engine.Limit(10_000_000)},
		"vm_pool.total_memory_mb":       {ws.VMPoolConfig.TotalMemoryMB, engine.Limit(0)},
		"vm_pool.enable_filesystem":     {ws.VMPoolConfig.EnableFilesystem, false},
		"vm_pool.enable_network":        {ws.VMPoolConfig.EnableNetwork, false},
		"vm_pool.enable_process":        {ws.VMPoolConfig.EnableProcess, false},
		"vm_pool.enable_bigint":         {ws.VMPoolConfig.EnableBigint, false},
		"vm_pool.cancel_on_disconnect":  {*ws.VMPoolConfig.CancelOnDisconnect, true},
		"vm_pool.queue_seconds":         {ws.VMPoolConfig.QueueSeconds.Duration(), 5 * time.Second},
		"vm_pool.max_share":             {ws.VMPoolConfig.MaxShare, 80},
		"tracker.enabled":               {ws.TrackerConfig.Enabled, false},
		"tracker.workers":               {ws.TrackerConfig.Workers, 4},
		"tracker.batch_size":            {ws.TrackerConfig.BatchSize, 100},
		"tracker.flush_interval":        {ws.TrackerConfig.FlushInterval.Duration(), 250 * time.Millisecond},
		"tracker.channel_buffer":        {ws.TrackerConfig.ChannelBuffer, 100_000},
		"tracker.stats_interval":        {ws.TrackerConfig.StatsInterval.Duration(), 300 * time.Second},
		"monitor.enabled":               {ws.MonitorConfig.Enabled, true},
		"monitor.health_check_path":     {ws.MonitorConfig.HealthCheckPath, "/health"},
		"monitor.metrics_path":          {ws.MonitorConfig.MetricsPath, "/metrics"},
		"debug.enabled":                 {ws.DebugConfig.Enabled, false},
		"rate_limit.ip_rate_limit":      {ws.RateLimitConfig.IPRateLimit, engine.Limit(100)},
		"rate_limit.ip_window_minutes":  {ws.RateLimitConfig.IPWindowMinutes.Duration(), time.Minute},
		"rate_limit.ip_burst_size":      {ws.RateLimitConfig.IPBurstSize, engine.Limit(10)},
		"rate_limit.cleanup_interval":   {ws.RateLimitConfig.CleanupInterval.Duration(), 10 * time.Minute},
		"rate_limit.backend":            {ws.RateLimitConfig.Backend, "memory"},
		"rate_limit.retry_after_header": {ws.RateLimitConfig.RetryAfterHeader, true},
		"server.drain_seconds":          {ws.Server.DrainSeconds.Duration(), 15 * time.Second},
		"session.store":                 {ws.Session.Store, "cookie"},
		"log.format":                    {ws.Log.Format, "auto"},
		"database_nflow.driver":         {ws.DatabaseNflow.Driver, "sqlite"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s = %v, want %v", name, pair[0], pair[1])
		}
	}
	if errs := ws.Validate(); len(errs) > 0 {
		t.Errorf("the defaults are refused: %v", errs)
	}
	if w := ws.Warnings(); len(w) > 0 {
		t.Errorf("the defaults are warned of: %v", w)
	}
}

// A file in the habits of existing installations.
const oldFile = `
[database_nflow]
driver = "postgres"
dsn = "user=postgres dbname=nflow sslmode=disable"
[redis]
host = "localhost:6379"
password = ""
maxconnectionpool = 20
[database]
driver = "x"
[mongo]
url = "mongodb://x"
[vm_pool]
max_size = 50
idle_timeout = 10
enable_network = true
[tracker]
flush_interval = "1s"
stats_interval = 60.5
[rate_limit]
excluded_ips = "127.0.0.1, 10.0.0.0/8"
excluded_paths = ["/health"]
[debug]
allowed_ips = ["::1"]
[mail]
smtp = "smtp.example.com"
port = "465"
password = "pw"
from = "a@example.com"
[env]
API = "x"
retries = 3
ratio = 0.5
on = true
[https_engine]
address = 8443
[plugin]
plugins = "http,mail"
[plugin.geo]
depth = 3
[db.default]
dsn = "postgres://u:p@h/d"
[ai]
max_tokens_per_run = 1000
[ai.openai]
api_key = "k"
[security.custom_patterns]
dni = '\d{8}[A-Z]'
`

func TestFileForms(t *testing.T) {
	t.Parallel()
	ws := mustLoad(t, oldFile)
	for name, pair := range map[string][2]any{
		"dsn":            {ws.DatabaseNflow.DSN, "user=postgres dbname=nflow sslmode=disable"},
		"pool":           {ws.RedisConfig.MaxConnectionPool, 20},
		"max_size":       {ws.VMPoolConfig.MaxSize, engine.Limit(50)},
		"preload":        {ws.VMPoolConfig.PreloadSize, engine.Limit(25)},
		"idle":           {ws.VMPoolConfig.IdleTimeout.Duration(), 10 * time.Minute},
		"flush":          {ws.TrackerConfig.FlushInterval.Duration(), time.Second},
		"stats":          {ws.TrackerConfig.StatsInterval.Duration(), 60500 * time.Millisecond},
		"excluded_ips":   {ws.RateLimitConfig.ExcludedIPs, []string{"127.0.0.1", "10.0.0.0/8"}},
		"excluded_paths": {ws.RateLimitConfig.ExcludedPaths, []string{"/health"}},
		"allowed_ips":    {ws.DebugConfig.AllowedIPs, []string{"::1"}},
		"smtp":           {ws.ConfigMail.SMTPHost, "smtp.example.com"},
		"port":           {ws.ConfigMail.SMTPPort, 465},
		"password":       {ws.ConfigMail.SMTPPassword, "pw"},
		"from":           {ws.ConfigMail.SMTPFrom, "a@example.com"},
		"env":            {ws.Env, map[string]string{"API": "x", "retries": "3", "ratio": "0.5", "on": "true"}},
		"plugins":        {ws.PluginConfig.Plugins, []string{"http", "mail"}},
		"plugin.geo":     {ws.PluginConfig.Sections, map[string]map[string]any{"geo": {"depth": int64(3)}}},
		"db":             {ws.DB["default"], engine.FlowDatabase{Driver: "postgres", DSN: "postgres://u:p@h/d", MaxOpen: 10}},
		"ai":             {ws.AI, engine.AIConfig{MaxTokensPerRun: 1000, Providers: map[string]engine.AIProvider{"openai": {APIKey: "k"}}}},
		"patterns":       {ws.Security.CustomPatterns, map[string]string{"dni": `\d{8}[A-Z]`}},
		"store":          {ws.Session.Store, "redis"},
		"address":        {ws.ListenAddress(""), ":8443"},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s = %#v, want %#v", name, pair[0], pair[1])
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text    string
		environ []string
		want    []string
	}{
		"typo in key":          {"[vm_pool]\nmax_sise = 3", nil, []string{"config.toml:2: unknown key vm_pool.max_sise is ignored; did you mean vm_pool.max_size?"}},
		"files without a root": {"[vm_pool]\nenable_filesystem = true", nil, []string{"config.toml:2: vm_pool.enable_filesystem = true opens no files: set vm_pool.filesystem_root to the folder that flows may use"}},
		"files by variable":    {"", []string{"NFLOW_VM_POOL_ENABLE_FILESYSTEM=on"}, []string{"NFLOW_VM_POOL_ENABLE_FILESYSTEM: vm_pool.enable_filesystem = true opens no files: set vm_pool.filesystem_root to the folder that flows may use"}},
		"files with a root":    {"[vm_pool]\nenable_filesystem = true", []string{"NFLOW_VM_POOL_FILESYSTEM_ROOT=files"}, nil},
		"a root without files": {"[vm_pool]\nfilesystem_root = 'files'", nil, nil},
		"typo in section":      {"[vmpool]\nmax_size = 3", nil, []string{"config.toml:1: unknown key vmpool (vmpool.max_size) is ignored; did you mean vm_pool?"}},
		"outside its section":  {"max_operations = 3", nil, []string{"config.toml:1: unknown key max_operations is ignored; did you mean vm_pool.max_operations?"}},
		"nothing near":         {"[debug]\nquux = 3", nil, []string{"config.toml:2: unknown key debug.quux is ignored"}},
		"odd name":             {"\"a\\nb\" = 3", nil, []string{`config.toml:1: unknown key "a\nb" is ignored`}},
		"in a named entry":     {"[db.x]\ndsn='d'\nredonly = true", nil, []string{"config.toml:3: unknown key db.x.redonly is ignored; did you mean db.x.read_only?"}},
		"name and alias":       {"[mail]\nport = 1\nsmtp_port = 2", nil, []string{"config.toml:2: mail.port is not used, because smtp_port is set too"}},
		"no limit":             {"[vm_pool]\nmax_memory_mb = -1\nmax_execution_seconds = \"none\"\nmax_size = 0", nil, nil}, // the engine's to tell
		"zero is no limit": {"[vm_pool]\nmax_memory_mb = 0", []string{"NFLOW_VM_POOL_MAX_OPERATIONS=0"}, []string{
			`config.toml:2: vm_pool.max_memory_mb = 0 is read as its default, 128; write -1 or "none" for no limit`,
			`NFLOW_VM_POOL_MAX_OPERATIONS: vm_pool.max_operations = 0 is read as its default, 10000000; write -1 or "none" for no limit`,
		}},
		"nothing waits": {"[vm_pool]\nqueue_seconds = 0\n[server]\ndrain_seconds = 0", nil, nil},
		"masking below patterns": {"[security.custom_patterns]\nx = 'y'\nenable_log_sanitization = true", nil, []string{
			"config.toml:3: security.custom_patterns.enable_log_sanitization is read as security.enable_log_sanitization; move it above [security.custom_patterns]",
		}},
		"a blank variable and its alias": {"", []string{"NFLOW_MAIL_SMTP_PORT= ", "NFLOW_MAIL_PORT=1"}, nil},
		"unknown variable":               {"", []string{"NFLOW_VM_POOL_MAXSIZE=secret"}, []string{"NFLOW_VM_POOL_MAXSIZE: this environment variable is not known and is ignored; did you mean NFLOW_VM_POOL_MAX_SIZE?"}},
		"variables of others": {"", []string{
			"NFLOW_TEMPLATE_PATH=x", "NFLOW_TRIGGERS_FOLD=x", "NFLOE_TRIGGERS_FOLD=x", "NFLOW_TEST_POSTGRES=x", "NFLOW=x", "PATH=x", "NFLOW_SECRET_KEY=x",
			"NFLOW_SERVICE_HOST=x", "NFLOW_SERVICE_PORT=x", "NFLOW_SERVICE_PORT_HTTP=x", "NFLOW_PORT=x", "NFLOW_PORT_8080_TCP=x",
			"NFLOW_PORT_8080_TCP_ADDR=x", "NFLOW_REDIS_SERVICE_HOST=x", "NFLOW_REDIS_PORT_6379_TCP_PROTO=x",
		}, nil},
		"variables of no section": {"", []string{"NFLOW_DATABASE_DSN=x", "NFLOW_SERVR_ADDRESS=x", "NFLOW_PORTS=x"}, []string{
			"NFLOW_DATABASE_DSN: this environment variable is not known and is ignored",
			"NFLOW_PORTS: this environment variable is not known and is ignored",
			"NFLOW_SERVR_ADDRESS: this environment variable is not known and is ignored; did you mean NFLOW_SERVER_ADDRESS?",
		}},
		"variable and its alias": {"", []string{"NFLOW_MAIL_PORT=1", "NFLOW_MAIL_SMTP_PORT=2"}, []string{"NFLOW_MAIL_PORT: is not used, because NFLOW_MAIL_SMTP_PORT is set too"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got, err := load(t, c.text, c.environ...)
			var lines []string
			for _, w := range got {
				lines = append(lines, string(w))
			}
			if err != nil || !reflect.DeepEqual(lines, c.want) {
				t.Errorf("error %v\ngot  %q\nwant %q", err, lines, c.want)
			}
		})
	}
}

func TestMaskingBelowPatterns(t *testing.T) {
	t.Parallel()
	ws, _, err := load(t, "[security]\nlog_show_type = false\n[security.custom_patterns]\nx = 'y'\nenable_log_sanitization = true\nlog_masking_char = '#'\nlog_preserve_length = true\nlog_show_type = true\n")
	if err != nil {
		t.Fatal(err)
	}
	s := ws.Security
	if !s.EnableLogSanitization || s.LogMaskingChar != "#" || !s.LogPreserveLength || s.LogShowType || !reflect.DeepEqual(s.CustomPatterns, map[string]string{"x": "y"}) {
		t.Errorf("%+v", s)
	}
}

func TestEnvironmentWins(t *testing.T) {
	t.Parallel()
	ws := mustLoad(t, oldFile+"[db.my-shop]\ndsn='file'\n",
		"NFLOW_VM_POOL_MAX_SIZE=0", "NFLOW_VM_POOL_MAX_SIZE=7", "NFLOW_VM_POOL_ENABLE_NETWORK=false", "NFLOW_DATABASE_NFLOW_DSN=",
		"NFLOW_MAIL_PASSWORD=other", "NFLOW_TRACKER_FLUSH_INTERVAL=2s", "NFLOW_DEBUG_ALLOWED_IPS=10.0.0.0/8, ::1",
		"NFLOW_ENV_api=y", "NFLOW_ENV_API=z", "NFLOW_ENV_NEW_ONE=n",
		"NFLOW_DB_MY_SHOP_DSN=env", "NFLOW_DB_ORDERS_EU_DSN=orders", "NFLOW_DB_ORDERS_EU_READ_ONLY=true",
		"NFLOW_AI_OPENAI_MODEL=m", "NFLOW_AI_OLLAMA_BASE_URL=http://localhost", "NFLOW_AI_MAX_TOKENS_PER_RUN=5",
		"NFLOW_PLUGIN_GEO_DEPTH=4", "NFLOW_PLUGIN_NEW_SOME_KEY=v",
		"NFLOW_SECURITY_CUSTOM_PATTERNS_DNI=z+", "NFLOW_HTTP_CA_FILE=ca", "NFLOW_SERVER_ADDRESS=9000")
	for name, pair := range map[string][2]any{
		"last":     {ws.VMPoolConfig.MaxSize, engine.Limit(7)},
		"off":      {ws.VMPoolConfig.EnableNetwork, false},
		"empty":    {ws.DatabaseNflow.DSN, "user=postgres dbname=nflow sslmode=disable"},
		"alias":    {ws.ConfigMail.SMTPPassword, "other"},
		"time":     {ws.TrackerConfig.FlushInterval.Duration(), 2 * time.Second},
		"list":     {ws.DebugConfig.AllowedIPs, []string{"10.0.0.0/8", "::1"}},
		"env":      {ws.Env["API"] + ws.Env["api"] + ws.Env["NEW_ONE"] + ws.Env["retries"], "zyn3"},
		"db":       {ws.DB["my-shop"].DSN, "env"},
		"db kept":  {ws.DB["default"].DSN, "postgres://u:p@h/d"},
		"db new":   {ws.DB["orders_eu"], engine.FlowDatabase{Driver: "postgres", DSN: "orders", ReadOnly: true, MaxOpen: 10}},
		"db count": {len(ws.DB), 3},
		"ai":       {ws.AI, engine.AIConfig{MaxTokensPerRun: 5, Providers: map[string]engine.AIProvider{"openai": {APIKey: "k", Model: "m"}, "ollama": {BaseURL: "http://localhost"}}}},
		"plugin":   {ws.PluginConfig.Sections, map[string]map[string]any{"geo": {"depth": "4"}, "new": {"some_key": "v"}}},
		"patterns": {ws.Security.CustomPatterns, map[string]string{"dni": "z+"}},
		"ca":       {ws.HTTP.CAFile, "ca"},
		"address":  {ws.ListenAddress(""), ":9000"},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s = %#v, want %#v", name, pair[0], pair[1])
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"7d": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour, "0.5h": 30 * time.Minute, "90": 90 * time.Second,
		"d": 0, "-1d": 0, "1d-1h": 0, "1d+1h": 0, "1.5d": 0, "1d2": 0, "70000d": 0, "1h1d": 0,
	} {
		ws, _, err := load(t, "", "NFLOW_SESSION_TTL="+text)
		if want == 0 {
			if err == nil {
				t.Errorf("%s is taken for %v", text, ws.Session.TTL.Duration())
			}
		} else if err != nil || ws.Session.TTL.Duration() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
