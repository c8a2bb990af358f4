package config_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
)

const twoRules = `
[rate_limit]
enabled = true
[[rate_limit.rules]]
path = "/login"
limit = 5
window_minutes = "30s"
[[rate_limit.rules]]
path = "/api/*"
by = "token"
limit = 100
burst = 20
`

func TestRules(t *testing.T) {
	t.Parallel()
	ws := mustLoad(t, twoRules, "NFLOW_RATE_LIMIT_RULES_2_LIMIT=7")
	want := []engine.RateLimitRule{
		{Path: "/login", By: "ip", Limit: 5, WindowMinutes: 0.5},
		{Path: "/api/*", By: "token", Limit: 7, WindowMinutes: 1, Burst: 20},
	}
	if got := ws.RateLimitConfig.Rules; !reflect.DeepEqual(got, want) || got[0].WindowMinutes.Duration() != 30*time.Second {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	inline := mustLoad(t, "[rate_limit]\nrules = [{path = '/login', limit = 5}]")
	if got := inline.RateLimitConfig.Rules; len(got) != 1 || got[0].Limit != 5 || got[0].By != "ip" {
		t.Errorf("inline: %+v", got)
	}
	shared := []engine.RateLimitRule{{Limit: 1}}
	literal := engine.ConfigWorkspace{RateLimitConfig: engine.RateLimitConfig{Enabled: true, Rules: shared}}
	literal.Normalize()
	if got := literal.RateLimitConfig.Rules; got[0].By != "ip" || shared[0].By != "" {
		t.Errorf("literal %+v, the caller's %+v", got, shared)
	}
}

func TestRuleProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[[rate_limit.rules]]\nlimit = 'x'":                   `config.toml:2: rate_limit.rules.1.limit = "x" is not accepted: want a whole number from 1 to 1000000000`,
		"[[rate_limit.rules]]\nlimit = 0":                     "config.toml:2: rate_limit.rules.1.limit = 0 is not accepted",
		"[[rate_limit.rules]]\nlimit = 1\nby = 'planet'":      `config.toml:3: rate_limit.rules.1.by = "planet" is not accepted: want one of ip, token, user`,
		"[[rate_limit.rules]]\nlimit = 1\npath = 'login'":     `config.toml:3: rate_limit.rules.1.path = "login" is not accepted: want a path`,
		"[[rate_limit.rules]]\nlimit=1\n[[rate_limit.rules]]": "rate_limit.rules.2.limit is missing",
		"[rate_limit.rules]\nlimit = 1":                       "rate_limit.rules is not a list of tables: write each as [[rate_limit.rules]]",
		"[rate_limit]\nrules = 3":                             "rate_limit.rules is not a list of tables",
		"[server.cors]\norigins=['*']\ncredentials=true":      "server.cors.credentials is true and server.cors.origins holds \"*\"",
		"[session]\nstore='postgres'":                         "session.store is postgres: set pg_session.url",
	} {
		if _, _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q\ngot  %v\nwant %s", text, err, want)
		}
	}
	_, warnings, err := load(t, "[[rate_limit.rules]]\nlimit = 1\nlimt = 2")
	if err != nil || len(warnings) != 1 || !strings.Contains(string(warnings[0]), "config.toml:3: unknown key rate_limit.rules.1.limt is ignored; did you mean rate_limit.rules.1.limit?") {
		t.Errorf("error %v, warnings %q", err, warnings)
	}
}
