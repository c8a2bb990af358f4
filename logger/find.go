package logger

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// findKinds adds the places of data that is known by its form.
func (m *Masker) findKinds(spans []span, text string) []span {
	if m.kinds[Email] {
		spans = findEmails(spans, text)
	}
	if m.kinds[JWT] {
		spans = findJWTs(spans, text)
	}
	if m.kinds[APIKey] {
		spans = findKeys(spans, text)
		spans = findURLPasswords(spans, text)
	}
	if m.kinds[IP] {
		spans = findAddresses(spans, text)
	}
	if m.kinds[CreditCard] || m.kinds[SSN] || m.kinds[Phone] {
		spans = m.findNumbers(spans, text)
	}
	return spans
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80 }

// findEmails looks for name@host.tld.
func findEmails(spans []span, text string) []span {
	for at := strings.IndexByte(text, '@'); at >= 0; {
		from, to := at, at+1
		for from > 0 && (isLetter(text[from-1]) || isDigit(text[from-1]) || strings.IndexByte("._%+'-", text[from-1]) >= 0) {
			from--
		}
		for to < len(text) && (isLetter(text[to]) || isDigit(text[to]) || text[to] == '.' || text[to] == '-') {
			to++
		}
		host := strings.TrimRight(text[at+1:to], ".-")
		if from < at && isDomain(host) {
			spans = append(spans, span{from, at + 1 + len(host), Email})
		}
		next := strings.IndexByte(text[to:], '@')
		if next < 0 {
			break
		}
		at = to + next
	}
	return spans
}

// isDomain wants two labels, the last of at least two letters.
func isDomain(host string) bool {
	dot := strings.LastIndexByte(host, '.')
	if dot <= 0 || len(host)-dot-1 < 2 {
		return false
	}
	for _, c := range []byte(host[dot+1:]) {
		if !isLetter(c) {
			return false
		}
	}
	return true
}

// isKeyChar reports what the usual keys consist of.
func isKeyChar(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || isDigit(c) || c == '_' || c == '-'
}

func keyChars(text string, from int) (to int) {
	for to = from; to < len(text) && isKeyChar(text[to]); to++ {
	}
	return to
}

// findJWTs looks for three parts of base64url with points between, the first of which is a header with alg.
func findJWTs(spans []span, text string) []span {
	for from := 0; ; {
		i := strings.Index(text[from:], "eyJ")
		if i < 0 {
			return spans
		}
		from += i
		header := keyChars(text, from)
		to := header
		parts := 1
		for parts < 3 && to < len(text) && text[to] == '.' {
			to = keyChars(text, to+1)
			parts++
		}
		if parts == 3 && isHeader(text[from:header]) {
			spans = append(spans, span{from, to, JWT})
		}
		from = header
	}
}

func isHeader(part string) bool {
	if len(part) > 4096 {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(part)
	var header struct {
		Alg string `json:"alg"`
	}
	return err == nil && json.Unmarshal(b, &header) == nil && header.Alg != ""
}

// findKeys looks for words that begin as the keys of well-known services do, and for what stands after a name such as
// api_key, password or token.
func findKeys(spans []span, text string) []span {
	for i := 0; i < len(text); {
		if !isKeyChar(text[i]) {
			i++
			continue
		}
		to := keyChars(text, i)
		word := text[i:to]
		if isServiceKey(word) {
			for to+1 < len(text) && text[to] == '.' && isKeyChar(text[to+1]) { // SG.xxx.yyy
				to = keyChars(text, to+1)
			}
			spans = append(spans, span{i, to, APIKey})
		} else if from, end := valueAfter(text, word, to); from < end {
			spans = append(spans, span{from, end, APIKey})
			to = end
		}
		i = to
	}
	return spans
}

// isServiceKey knows the beginnings that services give their keys so that they can be found.
func isServiceKey(word string) bool {
	if len(word) < 16 {
		return word == "SG"
	}
	for _, start := range [...]string{
		"sk-", "sk_live_", "sk_test_", "pk_live_", "pk_test_", "rk_live_", "rk_test_", "whsec_", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_",
		"github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-", "npm_", "hf_", "shpat_", "dop_v1_", "key-",
	} {
		if strings.HasPrefix(word, start) {
			return true
		}
	}
	return len(word) == 20 && (strings.HasPrefix(word, "AKIA") || strings.HasPrefix(word, "ASIA")) && word == strings.ToUpper(word)
}

// valueAfter finds the value after the name of a secret: name=value, "name": "value", Authorization: Bearer value.
func valueAfter(text, name string, at int) (from, to int) {
	scheme := strings.EqualFold(name, "Bearer") || strings.EqualFold(name, "Basic")
	if !scheme && !IsSecretName(name) {
		return 0, 0
	}
	i := skip(text, at, `"'\`)
	i = skip(text, i, " ")
	if !scheme {
		if i == len(text) || text[i] != ':' && text[i] != '=' {
			return 0, 0
		}
		i = skip(text, i+1, ` "'\[`)
		for _, s := range []string{"bearer ", "basic "} {
			if len(text)-i > len(s) && strings.EqualFold(text[i:i+len(s)], s) {
				i += len(s)
			}
		}
	}
	ends := " \t\r\n\"'\\,;&)]}<>"
	if len(name) >= len("cookie") && strings.EqualFold(name[len(name)-len("cookie"):], "cookie") {
		ends = "\t\r\n\"'\\" // one header holds many
	}
	if strings.Contains(text[at:i], "[") { // all of a list
		ends = "]\r\n"
	}
	to = i
	for to < len(text) && strings.IndexByte(ends, text[to]) < 0 {
		to++
	}
	for to > i && strings.IndexByte(` "'\`, text[to-1]) >= 0 {
		to--
	}
	switch value := text[i:to]; {
	case len(value) < minSecret, scheme && len(value) < 16, value == "true", value == "false", value == "null", value == "undefined":
		return 0, 0
	}
	return i, to
}

func skip(text string, i int, chars string) int {
	for i < len(text) && strings.IndexByte(chars, text[i]) >= 0 {
		i++
	}
	return i
}

// IsSecretName reports whether the name of a field, header or variable says that its value is a secret, as "password",
// "api-key" and "refreshToken" do.
func IsSecretName(name string) bool {
	var plain [64]byte
	n := 0
	for i := 0; i < len(name) && len(name) <= len(plain); i++ {
		if c := name[i]; c != '_' && c != '-' {
			plain[n] = c | 0x20 // lower case
			n++
		}
	}
	if n < len("pwd") {
		return false
	}
	switch plain[n-1] { // most names are done with here
	case 'y', 't', 'n', 'd', 'e', 'l', 's':
	default:
		return false
	}
	for _, end := range [...]string{
		"apikey", "accesskey", "secretkey", "privatekey", "secret", "token", "password", "passwd", "pwd", "passphrase", "authorization",
		"credential", "credentials", "cookie",
	} {
		if n >= len(end) && string(plain[n-len(end):n]) == end {
			return true
		}
	}
	return false
}

// findURLPasswords looks for scheme://user:password@host.
func findURLPasswords(spans []span, text string) []span {
	for from := 0; ; {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			return spans
		}
		from += i + len("://")
		end := from
		for end < len(text) && strings.IndexByte(" \t\r\n\"'/?#<>", text[end]) < 0 {
			end++
		}
		at := strings.LastIndexByte(text[from:end], '@')
		colon := strings.IndexByte(text[from:end], ':')
		if colon >= 0 && colon+1 < at {
			spans = append(spans, span{from + colon + 1, from + at, APIKey})
		}
	}
}
