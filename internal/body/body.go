// Package body understands what clients send: media types, queries and forms, content encodings and charsets, each as the
// standards of the web say and not only as well-behaved clients do.
//
// The engine reads requests with it, and plugins read the responses of other servers. It knows neither requests nor
// answers: it takes header values, bytes and readers.
package body

import (
	"strings"
)

// MediaType is a Content-Type, taken apart.
type MediaType struct {
	Type     string // lower case, as in "application/json"; "" where the header is missing or is no type
	Charset  string // as written, without quotes; "" for none
	Boundary string // of a multipart type; "" for none
}

// ParseMediaType reads a Content-Type as browsers do (WHATWG MIME Sniffing, 4.4): a parameter without a value is
// ignored, and of two with one name the first counts. What clients send besides is understood, too: several types with commas
// between them, of which the first counts, and a blank in place of the semicolon. It never fails.
func ParseMediaType(header string) (m MediaType) {
	kind, rest := strings.TrimLeft(header, " \t\r\n"), ""
	if end := strings.IndexAny(kind, ";, \t\r\n"); end >= 0 {
		kind, rest = kind[:end], kind[end:]
	}
	kind = strings.ToLower(kind)
	main, sub, ok := strings.Cut(kind, "/")
	if !ok || !isToken(main) || !isToken(sub) {
		return MediaType{}
	}
	m.Type = kind
	for rest != "" {
		var name, value string
		name, value, rest = parameter(rest)
		switch {
		case name == "charset" && m.Charset == "":
			value, _, _ = strings.Cut(value, ",") // of two headers that a proxy joined
			m.Charset = value
		case name == "boundary" && m.Boundary == "":
			m.Boundary = value
		}
	}
	return m
}

// parameter cuts the first parameter off. The name is in lower case, "" for what is no parameter.
func parameter(s string) (name, value, rest string) {
	s = strings.TrimLeft(s, ";, \t\r\n")
	end := strings.IndexAny(s, ";=")
	if end < 0 || s[end] == ';' {
		_, rest, _ = strings.Cut(s, ";")
		return "", "", rest
	}
	name, s = strings.ToLower(s[:end]), s[end+1:]
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return name, strings.TrimRight(value, " \t\r\n"), rest
	}
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	_, rest, _ = strings.Cut(s[min(i, len(s)):], ";")
	return name, b.String(), rest
}

func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// IsForm reports whether the body is a form in the way of a query.
func (m MediaType) IsForm() bool { return m.Type == "application/x-www-form-urlencoded" }

// IsMultipart reports whether the body is a form of parts.
func (m MediaType) IsMultipart() bool { return m.Type == "multipart/form-data" }

// IsJSON reports whether the body is one JSON value.
func (m MediaType) IsJSON() bool {
	switch m.Type {
	case "application/json", "text/json", "application/x-json", "text/x-json", "application/csp-report":
		return true
	}
	return strings.HasSuffix(m.Type, "+json")
}

// IsText reports whether the type holds text: text/…, JSON, XML, YAML and their likes, code, or any type that names a
// charset. Of a missing type it reports false: look at the bytes.
func (m MediaType) IsText() bool {
	switch m.Type {
	case "":
		return false
	case "application/xml", "application/yaml", "application/x-yaml", "application/toml", "application/sql", "application/javascript",
		"application/x-javascript", "application/ecmascript", "application/typescript", "application/graphql", "application/x-ndjson",
		"application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-seq", "application/json5", "application/jwt",
		"application/jose", "application/csv", "application/x-www-form-urlencoded", "application/x-pem-file", "application/x-sh",
		"application/edifact", "application/edi-x12", "application/edi-consent", "application/xml-dtd", "application/rtf":
		return true
	}
	return strings.HasPrefix(m.Type, "text/") || m.IsJSON() || m.Charset != "" || strings.HasSuffix(m.Type, "+xml") || strings.HasSuffix(m.Type, "+yaml")
}
