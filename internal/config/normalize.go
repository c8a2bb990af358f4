package config

import "reflect"

// Normalize sets everything that was left out to its default. It changes nothing the second time. The configuration must not
// be in use by another goroutine; maps and lists that a caller put in are not changed.
func Normalize(s Shape) {
	setDefaults(s.Fields)
	s.Derive()
}

// setDefaults fills what has a default of its own.
func setDefaults(fields any) {
	empty := emptySections(fields)
	walk(fields, func(f field) { fill(f, empty) })
}

// emptySections names the sections in which nothing is set; only there a switch can be known to be left out.
func emptySections(fields any) map[string]bool {
	empty := map[string]bool{}
	v := structOf(fields)
	for i := range v.NumField() {
		empty[v.Type().Field(i).Tag.Get("toml")] = v.Field(i).IsZero()
	}
	return empty
}

// fill sets the default of a field that was left out.
func fill(f field, emptySection map[string]bool) {
	text := f.tag.Get("default")
	if text == "" || !f.v.IsZero() {
		return
	}
	if f.v.Kind() == reflect.Bool && !emptySection[f.path[0]] {
		return
	}
	if want := assign(f, text, true); want != "" {
		panic("config: default of " + f.key() + ": want " + want)
	}
}
