package config_test

import (
	"slices"
	"testing"

	"github.com/arturoeanton/nflow-runtime/engine"
)

func TestSecretsAreFoundWhereverTheyStand(t *testing.T) {
	t.Parallel()
	ws := defaults()
	ws.DatabaseNflow.DSN = "postgres://ana:pa%2Fss-1@db/nflow"
	ws.RedisConfig = engine.RedisConfig{Host: "redis://:redis-pw@cache:6379", Password: "redis-2"}
	ws.Session.OldKeys = []string{"old-key-1"}
	ws.Env = map[string]string{"API_TOKEN": "env-token", "DEBUG": "true", "SHOP_URL": "https://u:env-pw@shop"}
	ws.PluginConfig.Sections = map[string]map[string]any{"crm": {
		"api_key": "crm-key", "region": "eu-west", "hosts": []any{map[string]any{"password": "crm-pw"}}, "secrets": []any{"crm-list"},
	}}
	ws.DB = map[string]engine.FlowDatabase{
		"a": {DSN: "ana:my-pw@tcp(db:3306)/x"}, "b": {DSN: "host=db user=ana password='p w' dbname=x"}, "c": {DSN: "host=db password=plain-pw"},
	}
	ws.AI.Providers = map[string]engine.AIProvider{"openai": {APIKey: "sk-1", BaseURL: "https://api.example.com"}}
	ws.DebugConfig.AuthToken, ws.Admin.Token = "debug-token", "admin-token"
	got := ws.Secrets()
	for _, want := range []string{
		ws.DatabaseNflow.DSN, "pa/ss-1", "redis-pw", "redis-2", "old-key-1", "env-token", "env-pw", "crm-key", "crm-pw", "crm-list",
		"my-pw", "p w", "plain-pw", ws.DB["a"].DSN, "sk-1", "debug-token", "admin-token",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among them: %q", want, got)
		}
	}
	for _, not := range []string{"true", "eu-west", "https://api.example.com", "lax", "nflow", "/health", "", "https://u:env-pw@shop"} {
		if slices.Contains(got, not) {
			t.Errorf("%q is no secret", not)
		}
	}
}
