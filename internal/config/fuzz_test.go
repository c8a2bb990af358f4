package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/engine"
)

// FuzzLoad: whatever surrounds it in the file or comes by the environment, the value of a secret key never shows in a
// message or in the redacted view, nothing panics, and a workspace that is accepted passes its own checks.
func FuzzLoad(f *testing.F) {
	const secret = "s3cr3tZQX"
	f.Add(oldFile, "\"", "10", "a")
	f.Add("[vm_pool]\nmax_size = 'x'\n", "'", "x", "sample:5%")
	f.Add("[security.custom_patterns]\nlog_show_type = 1\nx = '('\n", "", "-1", "host:1")
	f.Add("[db.x]\n[[ai]]\n[plugin]\na = {b = 1}\n", "'''", "0", "1h")
	f.Add("[session]\nold_keys = 'a,b'\nttl = 1e400\n", "\"\"\"", "NaN", "[::1]:5")
	f.Add("[mail]\nport = 99999999999999999999\n", "0x", "9", "\x00")
	f.Fuzz(func(t *testing.T, text, quote, number, word string) {
		if strings.Contains(text+quote+number+word, secret[:4]) || strings.ContainsAny(quote, "=[]\n\r#") {
			t.Skip("the secret must stand only in the place of a value")
		}
		name := strings.ReplaceAll(word, "=", "")
		text += fmt.Sprintf("\n[admin]\ntoken = %[1]s%[2]s%[1]s\n", quote, secret)
		file := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		ws, warnings, err := engine.ConfigFile{Path: file, Environ: []string{
			"NFLOW_VM_POOL_MAX_SIZE=" + number, "NFLOW_TRACKER_FLUSH_INTERVAL=" + word, "NFLOW_SERVER_ADDRESS=" + word, "NFLOW_ENV_" + name + "=" + number,
			"NFLOW_DB_" + name + "_DSN=" + secret, "NFLOW_PLUGIN_" + name + "=" + number, "NFLOW_SESSION_KEY=" + secret, "NFLOW_ADMIN_X" + name + "=" + secret,
			"NFLOW_REDIS_HOST=redis://u:" + secret + "@h", "NFLOW_HISTORY_RECORD=" + word,
		}}.Load()
		for _, line := range append(warnings, fmt.Sprint(err)) {
			if strings.Contains(line, secret) {
				t.Errorf("a message holds the secret: %s", line)
			}
		}
		if strings.Count(fmt.Sprint(err), "\n") >= 200 {
			t.Errorf("%d lines", strings.Count(fmt.Sprint(err), "\n"))
		}
		if err != nil {
			return
		}
		if errs := ws.Validate(); len(errs) > 0 {
			t.Errorf("accepted and refused: %v", errs)
		}
		if strings.Contains(fmt.Sprint(ws.Redacted()), secret) {
			t.Error("the redacted view holds the secret")
		}
	})
}
