package engine

import (
	"strings"
	"testing"
)

// contractNames are the globals of the contract that a plugin brings; internal/jsapi tests its own.
const contractNames = `http_get http_delete http_post http_put http_patch http_get_with_header http_delete_with_header http_post_with_header
http_put_with_header http_patch_with_header fetch mail_config send_mail send_mail_async openai gemini ollama rule_add_fx rule_run
send_otp check_otp redis_hset redis_hget redis_hdel redis_expire require db http mail ai redis`

func TestPluginsBringTheContractsNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(starter("s", "/x", "n"), js("n", `function main(){ c.JSON(200, 1) }`))})
	for _, name := range strings.Fields(contractNames) {
		if w.rt.globals.Find(name) == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestUnconfigured calls what is not configured or not allowed: one clear sentence with the key.
func TestUnconfigured(t *testing.T) {
	t.Parallel()
	calls := map[string]string{
		`http_get("http://127.0.0.1/")`:             "enable_network",
		`fetch("http://127.0.0.1/")`:                "enable_network",
		`db.query("SELECT 1")`:                      "[db.default]",
		`send_mail("a@b.c", "s", "b")`:              "[mail]",
		`redis_hget("k", "f")`:                      "[redis]",
		`openai("", "s", "p", "m", {})`:             "openai",
		`file_to_string("x")`:                       "enable_filesystem",
		`get_env("HOME")`:                           "enable_process",
		`require("fs")`:                             "allowed_modules",
		`mail_config("127.0.0.1", 25, "a@b.c", "")`: "enable_network",
	}
	var nodes []string
	i := 0
	for code := range calls {
		id := string(rune('a' + i))
		i++
		nodes = append(nodes, starter("s"+id, "/"+id, id), js(id, `async function main(){ try { await `+code+`; c.JSON(200, "went through") } catch (e) { c.JSON(200, {code: `+"`"+code+"`"+`, says: e.message}) } }`))
	}
	w := newWorld(t, setup{app: app(nodes...)})
	for range calls {
		i--
		got := w.get("/" + string(rune('a'+i)))
		found := false
		for code, key := range calls {
			if strings.Contains(got.body, strings.ReplaceAll(code, `"`, `\"`)) {
				found = true
				if !strings.Contains(got.body, key) {
					t.Errorf("%s says %s, not %s", code, got.body, key)
				}
			}
		}
		if !found {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
}
