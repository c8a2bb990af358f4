package cli

import (
	"bytes"
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// shared reports which apps of a database have which modules and templates: what they brought, and what they name.
type shared struct {
	apps      []store.App
	modules   []store.Module // sorted by name, as templates
	templates []store.Template
	owners    map[store.Owner]bool
	owned     map[[2]string]bool // kind and name of what some app brought
	named     map[string]*uses   // app → what it names
}

// uses are the names of modules and templates that an app names.
type uses struct{ modules, templates map[string]bool }

// readShared reads what the database holds.
func readShared(ctx context.Context, r store.Records) (*shared, error) {
	s := &shared{owners: map[store.Owner]bool{}, owned: map[[2]string]bool{}, named: map[string]*uses{}}
	names, err := r.Apps(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		app, err := r.App(ctx, name)
		if err != nil {
			return nil, err
		}
		s.apps = append(s.apps, app)
	}
	if s.modules, err = r.Modules(ctx); err != nil {
		return nil, err
	}
	slices.SortFunc(s.modules, func(a, b store.Module) int { return strings.Compare(a.Name, b.Name) })
	if s.templates, err = r.Templates(ctx); err != nil {
		return nil, err
	}
	owners, err := r.Owners(ctx)
	for _, o := range owners {
		if slices.Contains(names, o.App) { // an app that is gone owns nothing
			s.owners[o], s.owned[[2]string{o.Kind, o.Name}] = true, true
		}
	}
	for _, app := range s.apps {
		s.named[app.Name] = s.usesOf(app)
	}
	return s, err
}

// others lists, quoted, the apps whose record an import of app would change: those that brought it, and, unless app itself
// brought it, those that name it.
func (s *shared) others(kind, name, app string) (list []string) {
	if s == nil {
		return nil
	}
	own := s.owners[store.Owner{Kind: kind, Name: name, App: app}]
	for _, other := range s.apps {
		if other.Name == app {
			continue
		}
		if s.owners[store.Owner{Kind: kind, Name: name, App: other.Name}] || !own && s.has(other.Name, kind, name) {
			list = append(list, strconv.Quote(other.Name))
		}
	}
	return list
}

// has reports whether an app brought a record, or names it.
func (s *shared) has(app, kind, name string) bool {
	if s.owners[store.Owner{Kind: kind, Name: name, App: app}] {
		return true
	}
	u := s.named[app]
	return u != nil && (kind == "module" && u.modules[name] || kind == "template" && u.templates[name])
}

// belongs reports whether an export of an app takes a record: what the app brought or names, and, of a database with no other
// app, what has no known owner, but for the standard modules.
func (s *shared) belongs(app, kind, name, text string) bool {
	if s.has(app, kind, name) {
		return true
	}
	return len(s.apps) == 1 && !s.owned[[2]string{kind, name}] && (kind != "module" || !isStandard(name, text))
}

func isStandard(name, code string) bool {
	return slices.ContainsFunc(catalog.Modules(), func(m catalog.Module) bool { return m.Name == name && sameText(m.Code, code) })
}

// usesOf finds the modules that nodes and code name, and those that these name, and the templates that all of them name. It
// reads words: a name that code puts together is not found.
func (s *shared) usesOf(app store.App) *uses {
	u := &uses{map[string]bool{}, map[string]bool{}}
	drawn := gjson.ParseBytes(bytes.TrimPrefix(app.JSON, []byte("\ufeff")))
	texts := textsOf([]string{app.DefaultJS}, drawn)
	for _, script := range scriptsOf(drawn) {
		u.modules[script], u.modules[graph.ModuleOf(script)] = true, true
	}
	loaded := loads(texts...)
	looked := map[string]bool{}
	for more := true; more; {
		more = false
		for _, m := range s.modules {
			if looked[m.Name] || !u.modules[m.Name] && !loaded[m.Name] {
				continue
			}
			u.modules[m.Name], looked[m.Name], more = true, true, true
			texts = append(texts, m.Code)
			maps.Copy(loaded, loads(m.Code))
		}
	}
	for _, t := range s.templates {
		u.templates[t.Name] = quoted(texts, t.Name) || quoted(texts, t.Name+".html") || quoted(texts, t.Name+".tmpl")
	}
	return u
}

// scriptsOf lists what nodes name as their script.
func scriptsOf(app gjson.Result) (list []string) {
	app.Get("drawflow").ForEach(func(_, flow gjson.Result) bool {
		flow.Get("data").ForEach(func(_, node gjson.Result) bool {
			if script := node.Get("data.script"); script.Type == gjson.String {
				list = append(list, script.Str)
			}
			return true
		})
		return true
	})
	return list
}

// textsOf adds the texts inside a JSON value, as they are without escapes.
func textsOf(list []string, value gjson.Result) []string {
	switch value.Type {
	case gjson.String:
		return append(list, value.Str)
	case gjson.JSON:
		value.ForEach(func(_, inner gjson.Result) bool { list = textsOf(list, inner); return true })
	}
	return list
}

// loads returns the names that code loads as modules: in require, import and export … from. Quotes inside JSON are escaped. It
// reads each text once, however many modules there are: an import holds the database meanwhile.
func loads(texts ...string) map[string]bool {
	const (
		name = `\\?["'\x60]([^"'\x60\\]+)\\?["'\x60]`
		most = 1000 // bytes of blanks and a name
	)
	names := map[string]bool{}
	for word, after := range map[string]*regexp.Regexp{
		"from": regexp.MustCompile(`^\s*` + name), "import": regexp.MustCompile(`^\s*\(?\s*` + name), "require": regexp.MustCompile(`^\s*\(\s*` + name),
	} {
		starts := regexp.MustCompile(`\b` + word + `$`)
		for _, text := range texts {
			for at := 0; ; {
				i := strings.Index(text[at:], word)
				if i < 0 {
					break
				}
				before := at + i
				at = before + len(word)
				if !starts.MatchString(text[max(0, before-1):at]) {
					continue
				}
				if m := after.FindStringSubmatch(text[at:min(at+most, len(text))]); m != nil {
					names[m[1]] = true
				}
			}
		}
	}
	return names
}

// quoted reports whether a name stands in quotes.
func quoted(texts []string, name string) bool {
	for _, text := range texts {
		for _, quote := range []string{`"`, "'", "`"} {
			if strings.Contains(text, quote+name+quote) || strings.Contains(text, quote+name+`\`+quote) {
				return true
			}
		}
	}
	return false
}
