package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/spell"
)

// envPrefix starts the name of every environment variable of ours.
const envPrefix = "NFLOW_"

// environment reads NFLOW_<SECTION>_<KEY> over what the file set. An empty variable counts as not set; of two with one
// name the last counts.
func (l *loader) environment(environ []string) {
	vars := map[string]string{}
	for _, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, envPrefix) {
			vars[name] = value
		}
	}
	for name, value := range vars {
		if value == "" {
			delete(vars, name)
		}
	}
	l.nameEntries(vars)
	walk(l.fields, func(f field) {
		switch p := f.v.Addr().Interface().(type) {
		case *map[string]string:
			*p = l.freeTexts(f.path, *p, vars)
		case *map[string]map[string]any:
			*p = pluginTexts(*p, vars)
		default:
			l.fromVar(f, vars)
		}
	})
	l.unknownVars(vars)
}

// envName returns the environment variable of a key.
func envName(path ...string) string {
	letter := func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}
	return envPrefix + strings.Map(letter, strings.Join(path, "_"))
}

// fromVar sets a field from its variable, or from that of its alias, and takes both out of vars.
func (l *loader) fromVar(f field, vars map[string]string) {
	names := []string{envName(f.path...)}
	if alias := f.tag.Get("alias"); alias != "" {
		names = append(names, envName(f.path[0], alias))
	}
	done := false
	for _, name := range names {
		text, ok := vars[name]
		delete(vars, name)
		switch {
		case !ok || isNothing(f, text):
		case done:
			l.warn(name, "is not used, because %s is set too", names[0])
		default:
			done = true
			if want := assign(f, text, true); want != "" {
				l.problem(name, f.key(), "= %s is not accepted: want %s", show(text, f.secret()), want)
				break
			}
			l.vars[f.key()] = name
			l.warnZero(name, f)
		}
	}
}

// freeTexts adds the variables below a table of free names. A name that the file has in other letters is that name;
// else it stays as it is written.
func (l *loader) freeTexts(path []string, table, vars map[string]string) map[string]string {
	prefix := envName(path...) + "_"
	out := map[string]string{}
	for name, value := range table {
		out[name] = value
	}
	for _, variable := range sorted(vars) {
		name, ok := strings.CutPrefix(variable, prefix)
		if !ok || name == "" {
			continue
		}
		for _, known := range sorted(table) {
			if envName(known) == envPrefix+name {
				name = known
			}
		}
		out[name] = vars[variable]
		l.vars[keyName(below(path, name))] = variable
		delete(vars, variable)
	}
	if len(out) == 0 {
		return table
	}
	return out
}

// pluginTexts adds NFLOW_PLUGIN_<NAME>_<KEY> to the tables of plugins. The plugin is the one that the file names, else
// the first word in small letters; its value is text.
func pluginTexts(sections map[string]map[string]any, vars map[string]string) map[string]map[string]any {
	for _, variable := range sorted(vars) {
		words, ok := strings.CutPrefix(variable, envName("plugin")+"_")
		if !ok {
			continue
		}
		name, key, found := strings.Cut(strings.ToLower(words), "_")
		for _, known := range sorted(sections) {
			if tail, ok := strings.CutPrefix(variable, envName("plugin", known)+"_"); ok && tail != "" {
				name, key, found = known, strings.ToLower(tail), true
			}
		}
		if !found || name == "" || key == "" {
			continue
		}
		for k := range sections[name] {
			if envName(k) == envName(key) {
				key = k
			}
		}
		if sections == nil {
			sections = map[string]map[string]any{}
		}
		if sections[name] == nil {
			sections[name] = map[string]any{}
		}
		sections[name][key] = vars[variable]
		delete(vars, variable)
	}
	return sections
}

// nameEntries makes the entries of [db.NAME] and [ai.NAME] that only the environment names, in small letters.
func (l *loader) nameEntries(vars map[string]string) {
	walkMaps(nil, structOf(l.fields), func(path []string, entries reflect.Value) { addEntries(path, entries, vars) })
}

// walkMaps visits the maps of named sections.
func walkMaps(path []string, v reflect.Value, visit func(path []string, entries reflect.Value)) {
	for i := range v.NumField() {
		sf, at := v.Type().Field(i), path
		if name := sf.Tag.Get("toml"); name != rest {
			at = below(path, name)
		}
		switch {
		case sf.Type.Kind() == reflect.Struct:
			walkMaps(at, v.Field(i), visit)
		case isNamed(sf.Type):
			visit(at, v.Field(i))
		}
	}
}

// addEntries makes the entries of a map of sections that only the environment names.
func addEntries(path []string, entries reflect.Value, vars map[string]string) {
	section := entries.Type().Elem()
	prefix := envName(path...) + "_"
	for variable := range vars {
		words, ok := strings.CutPrefix(variable, prefix)
		if !ok {
			continue
		}
		for _, key := range keyNames(section) {
			name, ok := strings.CutSuffix(words, strings.TrimPrefix(envName("", key), envPrefix))
			same := func(known reflect.Value) bool { return envName(known.String()) == envPrefix+name }
			if !ok || name == "" || envName(name) != envPrefix+name || slices.ContainsFunc(entries.MapKeys(), same) {
				continue
			}
			entry := reflect.New(section).Elem()
			walkStruct(path, entry, func(f field) { fill(f, nil) })
			if entries.IsNil() {
				entries.Set(reflect.MakeMap(entries.Type()))
			}
			entries.SetMapIndex(reflect.ValueOf(strings.ToLower(name)), entry)
		}
	}
}

// foreign reports whether a variable with our prefix is not a setting: those that other parts of the runtime and its tests
// read, and what Kubernetes sets in each container for a service of the name nflow.
var foreign = regexp.MustCompile(`^NFLOW_(SECRET_.*|TEST_.*|TRIGGERS_FOLD|TEMPLATE_PATH|([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?))$`)

// unknownVars warns of what no key takes.
func (l *loader) unknownVars(vars map[string]string) {
	var known []string
	look(l.fields, func(f field) { known = append(known, strings.ToLower(envName(f.path...))) })
	for _, name := range sorted(vars) {
		if foreign.MatchString(name) {
			continue
		}
		hint := ""
		if near := spell.Nearest(name, known); near != "" {
			hint = "; did you mean " + strings.ToUpper(near) + "?"
		}
		l.warn(bare(name), "this environment variable is not known and is ignored%s", hint)
	}
}
