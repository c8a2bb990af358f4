package config

import (
	"net/url"
	"regexp"
	"strings"
)

// Secrets lists the values that must never be written down: keys, passwords, tokens and DSNs, with the passwords in
// them, and what the tables of plugins and [env] keep under a name that says so, such as API_TOKEN. The other values of
// [env] are words like "true" and "8080", which would hide half of a log.
func Secrets(fields any) (out []string) {
	look(fields, func(f field) {
		switch v := f.v.Interface().(type) {
		case string:
			out = appendSecrets(out, v, f.secret())
		case []string:
			for _, s := range v {
				out = appendSecrets(out, s, f.secret())
			}
		case map[string]string:
			for _, name := range sorted(v) {
				out = appendSecrets(out, v[name], secretName.MatchString(name))
			}
		case map[string]map[string]any:
			for _, name := range sorted(v) {
				out = nestedSecrets(out, "", v[name])
			}
		}
	})
	return out
}

var (
	secretName = regexp.MustCompile(`(?i)pass|pwd|secret|token|key|credential|auth|dsn|private|salt`)
	dsnParam   = regexp.MustCompile(`(?i)(?:password|passwd|pwd|secret|token|key|sig)[a-z_]*\s*=\s*('(?:[^'\\]|\\.)*'|[^&;\s]+)`)
	dsnUser    = regexp.MustCompile(`^[^:/@\s]*:(.+)@[a-z0-9]*\(`) // user:password@tcp(host)
)

// appendSecrets adds a text that is a secret as a whole, and the credentials that it holds.
func appendSecrets(out []string, text string, secret bool) []string {
	if text == "" {
		return out
	}
	if secret {
		out = append(out, text)
	}
	if u, err := url.Parse(text); err == nil && u.User != nil {
		if password, ok := u.User.Password(); ok {
			out = append(out, password)
		}
	}
	if m := dsnUser.FindStringSubmatch(text); m != nil {
		out = append(out, m[1])
	}
	for _, m := range dsnParam.FindAllStringSubmatch(text, -1) {
		out = append(out, strings.Trim(m[1], "'"))
	}
	return out
}

// nestedSecrets goes through what a plugin's table holds.
func nestedSecrets(out []string, name string, v any) []string {
	switch v := v.(type) {
	case string:
		out = appendSecrets(out, v, secretName.MatchString(name))
	case map[string]any:
		for _, key := range sorted(v) {
			out = nestedSecrets(out, key, v[key])
		}
	case []any:
		for _, x := range v {
			out = nestedSecrets(out, name, x)
		}
	}
	return out
}
