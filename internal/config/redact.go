package config

// Redacted is the view that flows (`config`) and the debug pages get: nested by section, with *** in place of every
// password, key, token, DSN and value of [env], and addresses without their credentials. The tables of plugins are left
// out, because only the plugin knows what is secret in them. The caller owns the result.
func Redacted(fields any) map[string]any {
	out := map[string]any{}
	look(fields, func(f field) {
		if value, ok := redact(f); ok {
			put(out, f.path, value)
		}
	})
	return out
}

// redact returns what may be shown of a field.
func redact(f field) (any, bool) {
	if f.unit() != 0 {
		return max(0, f.v.Float()), true
	}
	if f.isLimit() {
		return max(0, f.v.Int()), true
	}
	switch v := f.v.Interface().(type) {
	case string:
		return mask(v, f.secret()), true
	case bool, int:
		return v, true
	case *bool:
		return v != nil && *v, true
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = mask(s, f.secret())
		}
		return list, true
	case map[string]string:
		table := map[string]any{}
		for name, s := range v {
			table[name] = mask(s, f.secret())
		}
		return table, true
	}
	return nil, false
}

func mask(text string, secret bool) string {
	if secret && text != "" {
		return "***"
	}
	return scrub(text)
}

// put keeps a value below nested tables.
func put(table map[string]any, path []string, value any) {
	for _, name := range path[:len(path)-1] {
		next, ok := table[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			table[name] = next
		}
		table = next
	}
	table[path[len(path)-1]] = value
}
