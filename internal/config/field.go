package config

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rest is the tag of a field that collects the tables of its section that have no field.
const rest = ",rest"

// field is one key of the shape, with the place its value is kept.
type field struct {
	path []string      // section and key, as in "vm_pool", "max_size"
	v    reflect.Value // settable
	tag  reflect.StructTag
}

// key returns the full name, as in "vm_pool.max_size".
func (f field) key() string { return keyName(f.path) }

func (f field) secret() bool { return f.tag.Get("secret") != "" }

// unit returns the length of one when the field is a time, else 0.
func (f field) unit() time.Duration {
	if f.v.Kind() != reflect.Float64 {
		return 0
	}
	one := reflect.New(f.v.Type()).Elem()
	one.SetFloat(1)
	return one.Interface().(interface{ Duration() time.Duration }).Duration()
}

// isLimit reports whether the field is a count that may be unlimited.
func (f field) isLimit() bool { return f.v.Kind() == reflect.Int64 }

func walkStruct(path []string, v reflect.Value, visit func(field)) {
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		at := path
		if name := sf.Tag.Get("toml"); name != rest {
			at = below(path, name)
		}
		switch {
		case sf.Type.Kind() == reflect.Struct:
			walkStruct(at, v.Field(i), visit)
		case isNamed(sf.Type):
			walkNamed(at, v.Field(i), visit)
		case isListed(sf.Type):
			walkListed(at, v.Field(i), visit)
		default:
			visit(field{at, v.Field(i), sf.Tag})
		}
	}
}

// walkNamed visits the structs of a map, each under its name.
func walkNamed(path []string, v reflect.Value, visit func(field)) {
	if v.IsNil() {
		return
	}
	out := reflect.MakeMap(v.Type())
	for _, key := range v.MapKeys() {
		entry := reflect.New(v.Type().Elem()).Elem()
		entry.Set(v.MapIndex(key))
		walkStruct(below(path, key.String()), entry, visit)
		out.SetMapIndex(key, entry)
	}
	v.Set(out)
}

// walkListed visits the structs of a list, each under its number from 1.
func walkListed(path []string, v reflect.Value, visit func(field)) {
	if v.IsNil() {
		return
	}
	out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(out, v)
	for i := range out.Len() {
		walkStruct(below(path, strconv.Itoa(i+1)), out.Index(i), visit)
	}
	v.Set(out)
}

// isListed reports whether a type is a list whose entries are sections, such as [[rate_limit.rules]].
func isListed(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// isNamed reports whether a type is a map whose entries are sections, such as [db.NAME].
func isNamed(t reflect.Type) bool {
	return t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct
}

// lookup finds the field of a struct that a key or its alias names; others is the field that collects tables without a
// key of their own.
func lookup(t reflect.Type, name string) (found, others *reflect.StructField) {
	for i := range t.NumField() {
		sf := t.Field(i)
		switch {
		case sf.Tag.Get("toml") == rest:
			others = &sf
		case name != "" && (sf.Tag.Get("toml") == name || sf.Tag.Get("alias") == name):
			found = &sf
		}
	}
	return found, others
}

// keyNames lists the keys of a struct, for suggestions.
func keyNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("toml"); name != rest {
			names = append(names, name)
		}
	}
	return names
}

// below adds a name to a path, leaving the path as it was.
func below(path []string, name string) []string { return append(slices.Clip(path), name) }

// KeyName writes a path, as in "db", "my shop", as the file would.
func KeyName(path ...string) string { return keyName(path) }

// keyName writes a path as the file would.
func keyName(path []string) string {
	names := make([]string, len(path))
	for i, name := range path {
		names[i] = bare(name)
	}
	return strings.Join(names, ".")
}

// bare writes a name of the file so that it stays on its line and cannot be taken for two.
func bare(name string) string {
	isBare := func(r rune) bool {
		return r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if name != "" && strings.TrimFunc(name, isBare) == "" {
		return name
	}
	return strconv.Quote(name)
}

// sorted returns the keys of a map in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
