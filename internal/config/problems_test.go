package config_test

import (
	"strings"
	"testing"
)

// problems are files with one mistake, and what is said of it.
var problems = map[string]struct{ text, want string }{
	"type":            {"[vm_pool]\n\nmax_size = \"many\"", `config.toml:3: vm_pool.max_size = "many" is not accepted: want a whole number from 1 to 1000000, or 0 for unlimited`},
	"text for number": {"[vm_pool]\nmax_size = \"5\"", `config.toml:2: vm_pool.max_size = "5" is not`},
	"negative":        {"[vm_pool]\nmax_operations = -2", "vm_pool.max_operations = -2 is not accepted"},
	"too large":       {"[vm_pool]\nmax_memory_mb = 9223372036854775807", "config.toml:2: vm_pool.max_memory_mb = 9223372036854775807 is not accepted: want a whole number from 1 to 1048576"},
	"share":           {"[vm_pool]\nmax_share = 0", "config.toml:2: vm_pool.max_share = 0 is not accepted: want a whole number from 1 to 100"},
	"share high":      {"[vm_pool]\nmax_share = \"101%\"", "vm_pool.max_share = 101 is not"},
	"workers":         {"[tracker]\nworkers = 0", "tracker.workers = 0 is not accepted"},
	"switch":          {"[vm_pool]\nenable_network = \"true\"", `vm_pool.enable_network = "true" is not accepted: want true or false`},
	"time":            {"[tracker]\nflush_interval = \"soon\"", `want a number of milliseconds above 0, or a time such as "90s" or "7d"`},
	"time zero":       {"[tracker]\nflush_interval = 0", "tracker.flush_interval = 0 is not"},
	"time endless":    {"[vm_pool]\nidle_timeout = inf", "vm_pool.idle_timeout = +Inf is not"},
	"time nan":        {"[vm_pool]\nidle_timeout = nan", "vm_pool.idle_timeout = NaN is not"},
	"word":            {"[log]\nformat = \"xml\"", `config.toml:2: log.format = "xml" is not accepted: want one of auto, text, json`},
	"same_site":       {"[session]\nsame_site = \"Lax\"", "want one of none, lax, strict"},
	"store":           {"[session]\nstore = \"disk\"", "want one of cookie, redis, postgres"},
	"store lacking":   {"[session]\nstore = \"redis\"", "session.store is redis: set redis.host"},
	"backend":         {"[rate_limit]\nbackend = \"x\"", "want one of memory, redis"},
	"address":         {"[server]\naddress = \"localhost\"", `config.toml:2: server.address = "localhost" is not accepted: want host:port`},
	"address port":    {"[https_engine]\naddress = 80808", `https_engine.address = "80808" is not`},
	"cidr":            {"[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"10.0.0.0/33\"]", `server.trusted_proxies = "10.0.0.0/33" is not`},
	"list type":       {"[debug]\nallowed_ips = [1]", "debug.allowed_ips = a list is not accepted: want addresses"},
	"host":            {"[vm_pool]\nnetwork_allow = \"https://x\"", `vm_pool.network_allow = "https://x" is not`},
	"record":          {"[history]\nrecord = \"sample:0%\"", `history.record = "sample:0%" is not accepted: want off, errors, all or sample:N%`},
	"pattern":         {"[security.custom_patterns]\nx = '('", `config.toml:2: security.custom_patterns.x = "(" is not accepted: want a regular expression`},
	"pattern name":    {"[security]\nsensitive_patterns = ['fax']", `security.sensitive_patterns = "fax" is not`},
	"path":            {"[monitor]\nhealth_check_path = 'health'", "want a path"},
	"char":            {"[security]\nlog_masking_char = '**'", "want one character"},
	"cookie":          {"[session]\ncookie_name = 'a;b'", `session.cookie_name = "a;b" is not`},
	"driver":          {"[database_nflow]\ndriver = 'mysql'", "want one of sqlite, sqlite3, postgres, pgx; MySQL can only hold data of flows, in a section [db.NAME]"},
	"postgres":        {"[database_nflow]\ndriver = 'pgx'", "database_nflow.dsn is missing"},
	"db":              {"[db.shop]\ndriver = 'mysql'", "db.shop.dsn is missing"},
	"db driver":       {"[db.shop]\ndriver = 'oracle'\ndsn = 'hunter2'", `config.toml:2: db.shop.driver = "oracle" is not`},
	"db no name":      {"[db]\ndsn = 'hunter2'", "config.toml:2: db.dsn is not a table: write it as [db.NAME]"},
	"no table":        {"mail = 'hunter2'", "config.toml:1: mail is not a table: write it as [mail]"},
	"env":             {"[env]\nx = ['hunter2']", "config.toml:2: env.x = a list is not accepted: want text"},
	"env no table":    {"env = 'hunter2'", "config.toml:1: env is not a table"},
	"tls":             {"[https_engine]\nenable = true", "https_engine.enable is true: set https_engine.cert"},
	"encryption":      {"[security]\nenable_encryption = true", "security.enable_encryption is true, and nothing here encrypts single fields"},
	"secret key":      {"[security]\nencryption_key = 'hunter2'", "config.toml:2: security.encryption_key = *** is not accepted: want 32 bytes"},
	"secret keys":     {"[session]\nold_keys = ['hunter2']", "config.toml:2: session.old_keys = *** is not"},
	"secret type":     {"[mail]\npassword = [['hunter2']]", "config.toml:2: mail.smtp_password = a list is not accepted: want text"},
	"secret date":     {"[admin]\ntoken = 2024-01-01", "admin.token = *** is not accepted"},
	"secret in url":   {"[server]\naddress = 'redis://u:hunter2@h'", `server.address = "redis://***@h" is not`},
	"secret in query": {"[server]\naddress = 'h?password=hunter2&x=1'", `server.address = "h?password=***&x=1" is not`},
	"syntax":          {"[mail]\nsmtp_password = hunter2", "config.toml:2: this is not TOML"},
	"syntax number":   {"[mail]\nsmtp_password = 0hunter2", "config.toml:2: this is not TOML"},
	"syntax range":    {"[env]\na = 98765432109876543210", "config.toml:2: env.a is a number too large"},
	"float range":     {"[server]\nbody_seconds = 1e999", "config.toml:2: server.body_seconds is a number too large"},
	"syntax open":     {"[mail]\nsmtp_password = \"hunter2", "config.toml:2: this is not TOML"},
	"syntax words":    {"[mail\nsmtp_password = \"hunter2\"", "config.toml:1: this is not TOML: expected '.' or ']' to end table name, but got"},
	"syntax table":    {"[log]\n[mail\nsmtp_port = 1", "config.toml:2: this is not TOML: expected '.' or ']'"},
	"syntax list":     {"[log]\n[[mail]\nsmtp_port = 1", "config.toml:2: this is not TOML: expected end of table array name delimiter ']'"},
	"syntax no value": {"[log]\nlevel =\n", "config.toml:2: this is not TOML: expected value"},
	"set twice":       {"[mail]\nsmtp_port = 1\nsmtp_port = 2", "config.toml:3: mail.smtp_port was set before: a key or table may stand only once"},
	"secret twice":    {"[mail]\nsmtp_password = 'hunter2'\nsmtp_password = 'hunter2'", "config.toml:3: mail.smtp_password was set before"},
	"odd name twice":  {"[env]\n\"a\\n'b\" = 'hunter2'\n\"a\\n'b\" = 1", `config.toml:3: env."a\n'b" was set before`},
	"table twice":     {"[log]\n[mail]\n[log]\n", "config.toml:3: log was set before"},
	"table and key":   {"log = 'hunter2'\n[log]\n", "config.toml:2: log was set before"},
	"list and table":  {"[rate_limit.rules]\n[[rate_limit.rules]]\n", "config.toml:2: rate_limit.rules was set before"},
	"dotted twice":    {"log.level = 'info'\nlog.level = 'info'", "config.toml:2: log.level was set before"},
}

func TestProblems(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for name, c := range problems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ws, _, err := load(t, c.text)
			if err == nil || ws != nil {
				t.Fatalf("accepted: %+v", ws)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "98765432109876543210") {
				t.Errorf("the message holds a secret: %s", err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := load(t, "[vm_pool]\nmax_size = 'a'\nmax_share = 200\n[log]\nlevel = 'loud'\n", "NFLOW_TRACKER_WORKERS=some", "NFLOW_LOG_FORMAT=xml", "NFLOW_ADMIN_TOKEN=t", "NFLOW_DEBUG_ALLOWED_IPS=1.2.3.4,x", "NFLOW_SESSION_KEY=hunter2")
	if err == nil {
		t.Fatal("accepted")
	}
	want := `config.toml:2: vm_pool.max_size = "a" is not accepted: want a whole number from 1 to 1000000, or 0 for unlimited
NFLOW_TRACKER_WORKERS: tracker.workers = "some" is not accepted: want a whole number from 1 to 1000
config.toml:3: vm_pool.max_share = 200 is not accepted: want a whole number from 1 to 100
NFLOW_DEBUG_ALLOWED_IPS: debug.allowed_ips = "x" is not accepted: want addresses and networks, as in "10.0.0.0/8, ::1"
NFLOW_SESSION_KEY: session.key = *** is not accepted: want 32 bytes as they are, in base64 or in hex
config.toml:5: log.level = "loud" is not accepted: want one of debug, info, warn, error
NFLOW_LOG_FORMAT: log.format = "xml" is not accepted: want one of auto, text, json`
	if err.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", err, want)
	}
}

func TestTooLargeFile(t *testing.T) {
	t.Parallel()
	if _, _, err := load(t, strings.Repeat("#\n", 1<<20)); err == nil || !strings.Contains(err.Error(), "over 1 MiB") {
		t.Errorf("got %v", err)
	}
}

// Tokens that could be guessed are taken, with a warning that does not tell them.
func TestWeakTokens(t *testing.T) {
	t.Parallel()
	ws, _, err := load(t, "", "NFLOW_ADMIN_TOKEN=123456789012345", "NFLOW_DEBUG_AUTH_TOKEN=1234567890123456")
	if err != nil {
		t.Fatal(err)
	}
	if warnings := ws.Warnings(); len(warnings) != 1 || !strings.HasPrefix(string(warnings[0]), "admin.token has 15 characters") || strings.Contains(string(warnings[0]), "12345") {
		t.Errorf("%q", warnings)
	}
}
