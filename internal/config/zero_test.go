package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/config"
)

// TestZeroOfEveryNumber: what a 0 means is decided for each number of the shape: its default with a warning, no limit with a
// warning, off, an ordinary value, or an error. Never is it "no limit" without a word.
func TestZeroOfEveryNumber(t *testing.T) {
	t.Parallel()
	shape := defaults()
	shape.DB, shape.AI.Providers = map[string]engine.FlowDatabase{"x": {DSN: "x"}}, nil
	byDefault := map[string]bool{"vm_pool.max_memory_mb": true, "vm_pool.max_execution_seconds": true, "vm_pool.max_operations": true}
	numbers := 0
	config.Walk(&shape, func(f config.Field) {
		switch f.Value().Kind() {
		case reflect.Int, reflect.Int64, reflect.Float64:
		default:
			return
		}
		numbers++
		key, zero := f.Key(), f.Tag("zero")
		set := func(value string) (engine.ConfigWorkspace, string, error) { return loadWith(t, f, value) }
		valueOf := func(ws engine.ConfigWorkspace) float64 { return numberIn(ws, key) }
		if (zero == "default") != byDefault[key] {
			t.Errorf("%s: a 0 is %q", key, zero)
		}
		ws, said, err := set("0")
		warned := strings.Contains(said, key+" = 0")
		switch {
		case zero == "default" && (err != nil || valueOf(ws) != valueOf(defaults()) || valueOf(ws) <= 0 || !warned):
			t.Errorf("%s = 0: %v, want the default and a warning: %s %v", key, valueOf(ws), said, err)
		case zero == "unlimited" && (err != nil || valueOf(ws) != engine.None || !warned):
			t.Errorf("%s = 0: %v, want no limit and a warning: %s %v", key, valueOf(ws), said, err)
		case zero == "off" && (err != nil || valueOf(ws) != engine.None):
			t.Errorf("%s = 0: %v, want off: %v", key, valueOf(ws), err)
		case zero == "" && f.Tag("min") == "0" && (err != nil || valueOf(ws) != 0):
			t.Errorf("%s = 0: %v %v", key, valueOf(ws), err)
		case zero == "" && f.Tag("min") != "0" && err == nil:
			t.Errorf("%s = 0 is taken as %v: nobody has said what it means", key, valueOf(ws))
		}
		for _, none := range []string{"-1", `"none"`, `"None"`} {
			ws, said, err = set(none)
			mayBeNone := zero == "default" || zero == "unlimited"
			if mayBeNone && (err != nil || valueOf(ws) != engine.None || !strings.Contains(said, "no limit")) || !mayBeNone && err == nil {
				t.Errorf("%s = %s: %v %s %v", key, none, valueOf(ws), said, err)
			}
		}
		if f.Value().Kind() == reflect.Float64 {
			for _, little := range []string{"1e-14", "0.00000000000001", "5e-324"} { // of a nanosecond nothing is left
				if ws, said, err = set(little); err == nil {
					t.Errorf("%s = %s is taken as %v: %s", key, little, valueOf(ws), said)
				}
			}
		}
		if ws, _, err = set(`""`); f.Path()[0] != "db" && (err != nil || valueOf(ws) != valueOf(shape)) {
			t.Errorf("%s = \"\": %v, want it to be left out: %v", key, valueOf(ws), err)
		}
	})
	if numbers < 40 {
		t.Errorf("%d numbers were looked at", numbers)
	}
}

// loadWith loads a file that sets one key.
func loadWith(t *testing.T, f config.Field, value string) (engine.ConfigWorkspace, string, error) {
	path := writeFile(t, fmt.Sprintf("[%s]\n%s = %s\n", strings.Join(f.Path()[:len(f.Path())-1], "."), f.Path()[len(f.Path())-1], value))
	extra := []string(nil)
	if f.Path()[0] == "db" {
		extra = []string{"NFLOW_DB_X_DSN=x"}
	}
	ws, warnings, err := engine.ConfigFile{Path: path, Environ: extra}.Load()
	if err != nil {
		return engine.ConfigWorkspace{}, fmt.Sprint(warnings), err
	}
	return *ws, fmt.Sprint(warnings, ws.Warnings()), nil
}

// numberIn returns the number of a key.
func numberIn(ws engine.ConfigWorkspace, key string) (v float64) {
	config.Walk(&ws, func(g config.Field) {
		if g.Key() == key {
			v = g.Value().Convert(reflect.TypeFor[float64]()).Float()
		}
	})
	return v
}

// TestCaseOfKeys: sections and keys are read whatever their case; names that authors choose keep theirs.
func TestCaseOfKeys(t *testing.T) {
	t.Parallel()
	ws, warnings, err := engine.ConfigFile{Path: writeFile(t, `
[SERVER]
Max_Body_MB = 3
[Mail]
SMTP = "mail.example"
[Env]
Shop = "x"
SHOP = "y"
[DB.MyShop]
DSN = "a"
Read_Only = true
[AI.OpenAI]
Model = "m"
[Security.Custom_Patterns]
MyCode = "A+"
log_show_type = true
Enable_Log_Sanitization = true
[Plugin.Rates]
ApiKey = "k"
[[Rate_Limit.Rules]]
Limit = 5
[Database]
Host = "x"
`)}.Load()
	if err != nil {
		t.Fatal(err)
	}
	if ws.Server.MaxBodyMB != 3 || ws.ConfigMail.SMTPHost != "mail.example" || ws.Env["Shop"] != "x" || ws.Env["SHOP"] != "y" ||
		ws.DB["MyShop"].DSN != "a" || !ws.DB["MyShop"].ReadOnly || ws.AI.Providers["OpenAI"].Model != "m" ||
		ws.Security.CustomPatterns["MyCode"] != "A+" || len(ws.Security.CustomPatterns) != 1 || !ws.Security.EnableLogSanitization ||
		ws.PluginConfig.Sections["Rates"]["ApiKey"] != "k" || len(ws.RateLimitConfig.Rules) != 1 || ws.RateLimitConfig.Rules[0].Limit != 5 {
		t.Errorf("%+v", ws)
	}
	for _, w := range warnings {
		if strings.Contains(w, "unknown") {
			t.Error(w)
		}
	}
	_, _, err = engine.ConfigFile{Path: writeFile(t, "[server]\nmax_body_mb = 1\nMax_Body_MB = 2\n")}.Load()
	if err == nil || !strings.Contains(err.Error(), "only once, whatever its case") {
		t.Errorf("a key that stands twice: %v", err)
	}
}

// TestOriginalFile: what existing files hold of empty texts starts.
func TestOriginalFile(t *testing.T) {
	t.Parallel()
	ws, warnings, err := engine.ConfigFile{Path: writeFile(t, `
[mail]
smtp_port = ""
port = 2525
smtp_host = ""
smtp = "mail.example"
smtp_from = "shop@mail.example"
from = ""
[redis]
host = ""
maxconnectionpool = " "
[monitor]
metrics_port = ""
[https_engine]
address = ""
description = "engine"
[https_designer]
description = "designer"
[database_nflow]
max_open = ""
[vm_pool]
max_execution_seconds = ""
[server]
address = ""
`)}.Load()
	if err != nil || len(warnings) != 0 {
		t.Fatal(warnings, err)
	}
	if d := defaults(); ws.ConfigMail.SMTPPort != 2525 || ws.ConfigMail.SMTPHost != "mail.example" || ws.ConfigMail.SMTPFrom != "shop@mail.example" || ws.RedisConfig.MaxConnectionPool != 10 || ws.VMPoolConfig.MaxExecutionSeconds != d.VMPoolConfig.MaxExecutionSeconds || ws.ListenAddress("") != ":8080" {
		t.Errorf("%+v", ws)
	}
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
