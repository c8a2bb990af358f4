package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/spell"
)

// unknown warns of a key or table that the shape does not have.
func (l *loader) unknown(path []string, name string, it *item, t reflect.Type) {
	known := keyNames(t)
	hint := spell.Nearest(name, known)
	if hint == "" && len(path) == 0 {
		hint = l.elsewhere(name)
	}
	if hint != "" {
		hint = "; did you mean " + keyName(append(slices.Clone(path), strings.Split(hint, ".")...)) + "?"
	}
	var keys []string
	for _, key := range sorted(it.table) {
		keys = append(keys, keyName(append(below(path, name), key)))
	}
	with := ""
	if len(keys) > 0 {
		with = " (" + strings.Join(keys, ", ") + ")"
	}
	l.warn(l.source(it), "unknown key %s%s is ignored%s", keyName(below(path, name)), with, hint)
}

// elsewhere finds the full name of a key that was written outside its section.
func (l *loader) elsewhere(name string) (full string) {
	look(l.fields, func(f field) {
		if full == "" && f.path[len(f.path)-1] == name {
			full = f.key()
		}
	})
	return full
}

// ignored lists the sections of older files that have no effect.
func ignored(section string) bool { return section == "database" || section == "mongo" }

// entries reads a list of tables, as in [[rate_limit.rules]].
func (l *loader) entries(at []string, it *item, into reflect.Value) {
	if it.list == nil {
		l.problem(l.source(it), keyName(at), "is not a list of tables: write each as [[%s]]", keyName(at))
		return
	}
	list := reflect.MakeSlice(into.Type(), len(it.list), len(it.list))
	for i, table := range it.list {
		path := below(at, strconv.Itoa(i+1))
		walkStruct(path, list.Index(i), func(f field) { fill(f, nil) })
		l.places[keyName(path)] = it
		l.table(path, table, list.Index(i))
	}
	into.Set(list)
}
