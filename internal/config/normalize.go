package config

import "reflect"

// Default returns a workspace with every default, as an absent file does.
func Default() Workspace {
	var ws Workspace
	ws.Normalize()
	return ws
}

// Normalize sets everything that was left out to its default. It changes nothing the second time. The workspace must not
// be in use by another goroutine; maps and lists that a caller put in are not changed.
func (ws *Workspace) Normalize() {
	empty := emptySections(ws)
	ws.walk(func(f field) { fill(f, empty) })

	if vm := &ws.VMPoolConfig; vm.PreloadSize == 0 && vm.MaxSize > 0 {
		vm.PreloadSize = vm.MaxSize / 2
	}
	if s := &ws.Session; s.Store == "" {
		switch {
		case ws.PgSessionConfig.URL != "":
			s.Store = "postgres"
		case ws.RedisConfig.Host != "":
			s.Store = "redis"
		default:
			s.Store = "cookie"
		}
	}
}

// emptySections names the sections in which nothing is set; only there a switch can be known to be left out.
func emptySections(ws *Workspace) map[string]bool {
	empty := map[string]bool{}
	v := reflect.ValueOf(ws).Elem()
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
