package config_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/config"
)

// TestPage holds docs/configuration.md against the shape: a line for each key, in the table of its section, with type,
// default and variable as they are; and no line for a key that is not there.
func TestPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := pageLines(t, string(text))
	shape(nil, reflect.TypeFor[engine.ConfigWorkspace](), "", func(f config.Field) {
		section, name := config.KeyName(f.Path()[:len(f.Path())-1]...), f.Path()[len(f.Path())-1]
		cells, ok := lines[f.Key()]
		if !ok {
			t.Errorf("docs/configuration.md: [%s] lacks a line | `%s` | %s | … | … | `%s` |", section, name, pageType(f), pageVar(f))
			return
		}
		delete(lines, f.Key())
		for _, c := range []struct{ what, got, want string }{
			{"type", cells[1], pageType(f)}, {"default", cells[2], pageDefault(f, cells[2])}, {"variable", cells[4], "`" + pageVar(f) + "`"},
		} {
			if c.got != c.want {
				t.Errorf("docs/configuration.md: %s of %s: %s, want %s", c.what, f.Key(), c.got, c.want)
			}
		}
		if cells[2] == "" || cells[3] == "" {
			t.Errorf("docs/configuration.md: %s lacks its default or what it does", f.Key())
		}
		if alias := f.Tag("alias"); alias != "" && !strings.Contains(cells[3], "`"+alias+"`") {
			t.Errorf("docs/configuration.md: %s lacks its second name, %s", f.Key(), alias)
		}
	})
	for key := range lines {
		t.Errorf("docs/configuration.md: there is no key %s", key)
	}
}

// pageLines returns the cells of each line of the tables, by the key's full name. The table of keys without effect has full
// names.
func pageLines(t *testing.T, text string) map[string][]string {
	lines, section := map[string][]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.Trim(heading, "`[]")
		}
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		if len(cells) != 5 {
			t.Errorf("docs/configuration.md: not five cells: %s", line)
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		key := section + "." + strings.Trim(cells[0], "`")
		if section == "Keys without effect" {
			key = strings.Trim(cells[0], "`")
		}
		if lines[key] != nil {
			t.Errorf("docs/configuration.md: %s is there twice", key)
		}
		lines[key] = cells
	}
	return lines
}

// shape visits every key that a file can have; NAME stands for free names. Plugins say themselves what theirs are.
func shape(path []string, typ reflect.Type, tag reflect.StructTag, visit func(config.Field)) {
	switch {
	case typ.Kind() == reflect.Struct:
		for i := range typ.NumField() {
			sf := typ.Field(i)
			at := path
			if name := sf.Tag.Get("toml"); name != config.Rest {
				at = config.Below(path, name)
			}
			shape(at, sf.Type, sf.Tag, visit)
		}
	case config.IsListed(typ):
		shape(path, typ.Elem(), tag, visit)
	case config.IsNamed(typ):
		shape(config.Below(path, "NAME"), typ.Elem(), tag, visit)
	case typ == reflect.TypeFor[map[string]string]():
		visit(config.NewField(config.Below(path, "NAME"), reflect.New(typ).Elem(), tag))
	case typ.Kind() != reflect.Map:
		visit(config.NewField(path, reflect.New(typ).Elem(), tag))
	}
}

// pageType is what messages say that the key accepts; that times may have units is said once.
func pageType(f config.Field) string {
	return strings.ReplaceAll(strings.ReplaceAll(config.Accepts(f), `, or a time such as "90s" or "7d"`, ""), "|", `\|`)
}

// pageDefault is the default of the shape; what follows from something else is said in words.
func pageDefault(f config.Field, words string) string {
	if text := f.Tag("default"); text != "" {
		return "`" + text + "`"
	}
	if f.Value().Kind() == reflect.Bool {
		return "`false`"
	}
	return words
}

func pageVar(f config.Field) string {
	path := f.Path()
	if strings.HasPrefix(f.Key(), "rate_limit.rules.") {
		path = config.Below(config.Below(path[:2:2], "N"), path[2])
	}
	return config.EnvName(path...)
}
