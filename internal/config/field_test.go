package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/config"
)

// sample returns, for a field, a text that the environment may hold and the value that must come out of it. It is never
// the default.
func sample(t *testing.T, f config.Field) (text string, want any) {
	t.Helper()
	switch v := f.Value().Interface().(type) {
	case bool:
		return fmt.Sprint(!v), !v
	case *bool:
		return "false", new(false)
	case int:
		return "77", 77
	case engine.Limit:
		return "77", engine.Limit(77)
	case engine.Millis:
		return "1m", engine.Millis(60_000)
	case engine.Seconds:
		return "77", engine.Seconds(77)
	case engine.Minutes:
		return "90s", engine.Minutes(1.5)
	}
	word := "word-of-some-length"
	if words := strings.Split(f.Tag("oneof"), ","); words[0] != "" {
		word = words[len(words)-1]
	}
	switch f.Tag("form") {
	case "address":
		word = "127.0.0.1:77"
	case "networks":
		word = "10.0.0.0/8"
	case "key":
		word = strings.Repeat("k", 32)
	case "path":
		word = "/word"
	case "char":
		word = "#"
	case "origin":
		word = "https://word.example"
	case "record":
		word = "sample:7%"
	}
	switch f.Value().Interface().(type) {
	case string:
		return word, word
	case []string:
		return word + ", " + word, []string{word, word}
	}
	t.Fatalf("%s: no sample for %s", f.Key(), f.Value().Type())
	return "", nil
}

// Every key can be set by its variable, no two keys share one, and the value is found back under its key.
func TestEveryKeyByEnvironment(t *testing.T) {
	t.Parallel()
	shape := defaults()
	shape.DB = map[string]engine.FlowDatabase{"shop": {}}
	shape.AI.Providers = map[string]engine.AIProvider{"openai": {}}
	shape.Normalize()

	var environ []string
	want, seen := map[string]any{}, map[string]string{}
	config.Walk(&shape, func(f config.Field) {
		name := config.EnvName(f.Path()...)
		if other := seen[name]; other != "" {
			t.Errorf("%s and %s share %s", other, f.Key(), name)
		}
		seen[name] = f.Key()
		switch f.Value().Interface().(type) {
		case map[string]string:
			environ = append(environ, name+"_SOME=x+")
			want[f.Key()] = map[string]string{"SOME": "x+"}
		case map[string]map[string]any:
			environ = append(environ, name+"_GEO_DEPTH=3")
			want[f.Key()+" (rest)"] = map[string]map[string]any{"geo": {"depth": "3"}}
		default:
			text, value := sample(t, f)
			if f.Key() == "security.enable_encryption" { // true is refused
				text, value = "false", false
			}
			environ = append(environ, name+"="+text)
			want[f.Key()] = value
		}
	})
	if len(environ) < 120 {
		t.Fatalf("only %d keys were visited", len(environ))
	}

	ws, warnings, err := engine.ConfigFile{Environ: environ}.Load()
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %q", err, warnings)
	}
	config.Walk(ws, func(f config.Field) {
		key := f.Key()
		if f.Tag("toml") == config.Rest {
			key += " (rest)"
		}
		if got := f.Value().Interface(); !reflect.DeepEqual(got, want[key]) {
			t.Errorf("%s = %#v, want %#v", key, got, want[key])
		}
		delete(want, key)
	})
	if len(want) > 0 {
		t.Errorf("not found back: %v", want)
	}
}

// The tags are read by programs only at run time; this reads all of them.
func TestTags(t *testing.T) {
	t.Parallel()
	ws := defaults()
	ws.DB = map[string]engine.FlowDatabase{"x": {}}
	ws.AI.Providers = map[string]engine.AIProvider{"x": {}}
	ws.Normalize()
	config.Walk(&ws, func(f config.Field) {
		zero := f.Tag("zero")
		if zero != "" && zero != "unlimited" && zero != "off" && zero != "default" {
			t.Errorf("%s: zero is %q", f.Key(), zero)
		}
		switch f.Value().Interface().(type) {
		case int:
			if config.Bound(f, "max") <= config.Bound(f, "min") {
				t.Errorf("%s: range %d to %d", f.Key(), config.Bound(f, "min"), config.Bound(f, "max"))
			}
			if f.Tag("default") != "" && config.Bound(f, "min") < 1 {
				t.Errorf("%s: a 0 of the file would be taken for left out", f.Key())
			}
		case engine.Limit:
			if config.Bound(f, "max") < 1 {
				t.Errorf("%s: no max", f.Key())
			}
		}
		if form := f.Tag("form"); form != "" && form != "port" && form != "percent" && config.FormWords(form) == "" {
			t.Errorf("%s: form %q is not known", f.Key(), form)
		}
	})
}
