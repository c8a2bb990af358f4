package graph

import (
	"strings"
	"testing"
)

func TestSecretForms(t *testing.T) {
	t.Parallel()
	x := strings.Repeat("a1B2", 16)
	for _, secret := range []string{
		"sk" + "-live-51H8abcdefghijklmnopqrstuv", "sk" + "_test_" + x[:24], "rk" + "_live_" + x[:24], "sk" + "-proj-" + x[:40], "sk" + "-ant-" + x[:40],
		"whsec_" + x[:32], "ghp" + "_" + x[:36], "github_pat_" + x[:60], "glpat-" + x[:20], "AKIA" + strings.ToUpper(x[:16]), "AIza" + x[:35],
		"xoxb" + "-" + x[:24], "SG." + x[:22] + "." + x[:43], "npm_" + x[:36], "-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----",
		"https://hooks.slack.com/services/T0001",
	} {
		if !secretForms.MatchString(`const key = "` + secret + `"`) {
			t.Errorf("%s is no secret", secret)
		}
	}
	for _, text := range []string{
		"task_test_of_a_very_long_name_here", "risk-live-data-and-more-of-it", "sk_live", "sk_test_short", "a password", "ghp_", "AKIA", "xoxo-hugs",
		"-----BEGIN PUBLIC KEY-----", "-----BEGIN CERTIFICATE-----", "SG.1.2", "npm_config_registry", "secrets.get('stripe')", "desk-test-" + x[:20],
		"https://example.com/services/T0001", x,
	} {
		if secretForms.MatchString(text) {
			t.Errorf("%s is a secret", text)
		}
	}
}
