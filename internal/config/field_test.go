package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// sample returns, for a field, a text that the environment may hold and the value that must come out of it. It is never
// the default.
func sample(t *testing.T, f field) (text string, want any) {
	t.Helper()
	switch v := f.v.Interface().(type) {
	case bool:
		return fmt.Sprint(!v), !v
	case *bool:
		return "false", new(false)
	case int:
		return "77", 77
	case Limit:
		return "77", Limit(77)
	case Millis:
		return "1m", Millis(60_000)
	case Seconds:
		return "77", Seconds(77)
	case Minutes:
		return "90s", Minutes(1.5)
	}
	word := "word-of-some-length"
	if words := strings.Split(f.tag.Get("oneof"), ","); words[0] != "" {
		word = words[len(words)-1]
	}
	switch f.tag.Get("form") {
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
	switch f.v.Interface().(type) {
	case string:
		return word, word
	case []string:
		return word + ", " + word, []string{word, word}
	}
	t.Fatalf("%s: no sample for %s", f.key(), f.v.Type())
	return "", nil
}

// Every key can be set by its variable, no two keys share one, and the value is found back under its key.
func TestEveryKeyByEnvironment(t *testing.T) {
	t.Parallel()
	shape := Default()
	shape.DB = map[string]FlowDatabase{"shop": {}}
	shape.AI.Providers = map[string]AIProvider{"openai": {}}
	shape.Normalize()

	var environ []string
	want, seen := map[string]any{}, map[string]string{}
	shape.walk(func(f field) {
		name := envName(f.path...)
		if other := seen[name]; other != "" {
			t.Errorf("%s and %s share %s", other, f.key(), name)
		}
		seen[name] = f.key()
		switch f.v.Interface().(type) {
		case map[string]string:
			environ = append(environ, name+"_SOME=x+")
			want[f.key()] = map[string]string{"SOME": "x+"}
		case map[string]map[string]any:
			environ = append(environ, name+"_GEO_DEPTH=3")
			want[f.key()+" (rest)"] = map[string]map[string]any{"geo": {"depth": "3"}}
		default:
			text, value := sample(t, f)
			if f.key() == "security.enable_encryption" { // true is refused
				text, value = "false", false
			}
			environ = append(environ, name+"="+text)
			want[f.key()] = value
		}
	})
	if len(environ) < 120 {
		t.Fatalf("only %d keys were visited", len(environ))
	}

	ws, warnings, err := Load(Options{Environ: environ})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings %q", err, warnings)
	}
	ws.walk(func(f field) {
		key := f.key()
		if f.tag.Get("toml") == rest {
			key += " (rest)"
		}
		if got := f.v.Interface(); !reflect.DeepEqual(got, want[key]) {
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
	ws := Default()
	ws.DB = map[string]FlowDatabase{"x": {}}
	ws.AI.Providers = map[string]AIProvider{"x": {}}
	ws.Normalize()
	ws.walk(func(f field) {
		zero := f.tag.Get("zero")
		if zero != "" && zero != "unlimited" && zero != "off" && zero != "default" {
			t.Errorf("%s: zero is %q", f.key(), zero)
		}
		switch f.v.Interface().(type) {
		case int:
			if bound(f, "max") <= bound(f, "min") {
				t.Errorf("%s: range %d to %d", f.key(), bound(f, "min"), bound(f, "max"))
			}
			if f.tag.Get("default") != "" && bound(f, "min") < 1 {
				t.Errorf("%s: a 0 of the file would be taken for left out", f.key())
			}
		case Limit:
			if bound(f, "max") < 1 {
				t.Errorf("%s: no max", f.key())
			}
		}
		if form := f.tag.Get("form"); form != "" && form != "port" && form != "percent" && formWords(form) == "" {
			t.Errorf("%s: form %q is not known", f.key(), form)
		}
	})
}
