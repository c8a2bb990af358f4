package config

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// longest is the bound of every time: beyond it a mistake is more likely than a wish.
const longest = 100 * 365 * 24 * time.Hour

// Validate returns every invalid value, one *Problem each; none means the configuration is fit for use. Call
// Normalize first.
func Validate(s Shape) []error {
	var errs []error
	refuse := func(key, format string, args ...any) {
		errs = append(errs, &Problem{Key: key, Text: fmt.Sprintf(format, args...)})
	}
	look(s.Fields, func(f field) { check(f, refuse) })
	s.Rules(refuse, func(string, string, ...any) {})
	return errs
}

// check reports what is wrong with the value of one field.
func check(f field, refuse Say) {
	bad := func(key string, value any) {
		refuse(key, "= %s is not accepted: want %s", show(value, f.secret()), accepts(f))
	}
	switch f.v.Kind() {
	case reflect.Int64:
		if n := f.v.Int(); n < none || n == none && f.tag.Get("zero") == "" || n > bound(f, "max") {
			bad(f.key(), asWritten(n))
		}
	case reflect.Float64:
		n := f.v.Float()
		tooShort := n > 0 && n*float64(f.unit()) < 1 // it would round to 0, which may mean no limit
		if n != none && (tooShort || !(n >= 0 && n*float64(f.unit()) <= float64(longest))) || n == none && f.tag.Get("zero") == "" {
			bad(f.key(), asWritten(n))
		}
	}
	switch v := f.v.Interface().(type) {
	case int:
		if int64(v) < bound(f, "min") || int64(v) > bound(f, "max") {
			bad(f.key(), v)
		}
	case string:
		if v != "" && !fits(f, v) {
			bad(f.key(), v)
		}
	case []string:
		for _, s := range v {
			if !fits(f, s) {
				bad(f.key(), s)
			}
		}
	case map[string]string:
		for _, name := range sorted(v) {
			if !fits(f, v[name]) {
				bad(keyName(below(f.path, name)), v[name])
			}
		}
	}
}

// asWritten returns a number as the file says it: 0 for none.
func asWritten[N int64 | float64](n N) N {
	if n == none {
		return 0
	}
	return n
}

// bound reads the tag min or max of a number.
func bound(f field, tag string) int64 {
	if text, ok := f.tag.Lookup(tag); ok {
		n, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			return n
		}
	}
	return 0
}

// fits reports whether a text is one of the words, or has the form, that the field wants.
func fits(f field, text string) bool {
	if words, ok := f.tag.Lookup("oneof"); ok {
		return slices.Contains(strings.Split(words, ","), text)
	}
	switch f.tag.Get("form") {
	case "address":
		_, ok := ParseAddress(text)
		return ok
	case "networks":
		return isNetwork(text)
	case "hosts":
		return isNetwork(text) || hostPort.MatchString(text)
	case "pattern":
		_, err := regexp.Compile(text)
		return err == nil
	case "key":
		_, err := ParseKey(text)
		return err == nil
	case "path":
		return strings.HasPrefix(text, "/") && !strings.ContainsAny(text, " \t\r\n?#")
	case "char":
		return utf8.RuneCountInString(text) == 1
	case "token":
		return cookieName.MatchString(text)
	case "domain":
		return domainName.MatchString(text)
	case "record":
		return isRecord(text)
	case "name":
		return text == "*" || cookieName.MatchString(text)
	case "origin":
		return text == "*" || webOrigin.MatchString(text)
	}
	return true
}

// formWords returns a form in words.
func formWords(form string) string {
	switch form {
	case "address":
		return AddressForm
	case "networks":
		return `addresses and networks, as in "10.0.0.0/8, ::1"`
	case "hosts":
		return `hosts, host:port or networks, as in "api.example.com, *.example.org:443, 10.0.0.0/8"`
	case "pattern":
		return "a regular expression in RE2 syntax"
	case "key":
		return "32 bytes as they are, in base64 or in hex"
	case "path":
		return `a path, as in "/health"`
	case "char":
		return "one character"
	case "token":
		return "letters, digits, - and _"
	case "domain":
		return `a domain, as in "example.com"`
	case "name":
		return "letters, digits, - and _, or *"
	case "origin":
		return `origins, as in "https://shop.example", or *`
	case "record":
		return "off, errors, all or sample:N%, as in sample:5%"
	}
	return ""
}

var (
	hostName   = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`)
	hostPort   = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$`)
	domainName = regexp.MustCompile(`^\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	webOrigin  = regexp.MustCompile(`^(null|[a-z][a-z0-9+.-]*://[^/\s,*]+)$`)
	cookieName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

func isNetwork(text string) bool {
	_, err := netip.ParseAddr(text)
	if err != nil {
		_, err = netip.ParsePrefix(text)
	}
	return err == nil
}

func isRecord(text string) bool {
	if share, ok := strings.CutPrefix(text, "sample:"); ok {
		digits, ok := strings.CutSuffix(share, "%")
		n, err := strconv.ParseFloat(digits, 64)
		return ok && err == nil && n > 0 && n <= 100
	}
	return slices.Contains([]string{"off", "errors", "all"}, text)
}

// ParseKey reads a key of 32 bytes, given as they are, in hex or in base64. Its error does not hold the text.
func ParseKey(text string) ([]byte, error) {
	if len(text) == 32 {
		return []byte(text), nil
	}
	if key, err := hex.DecodeString(text); err == nil && len(key) == 32 {
		return key, nil
	}
	alphabet := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	if key, err := base64.RawStdEncoding.DecodeString(alphabet); err == nil && len(key) == 32 {
		return key, nil
	}
	return nil, fmt.Errorf("a key is %s", formWords("key"))
}

// Unlimited reports which limits are off, a line each.
func Unlimited(fields any) (lines []string) {
	look(fields, func(f field) {
		said := ""
		switch f.tag.Get("zero") {
		case "unlimited":
			said = "0"
		case "default":
			said = "none"
		default:
			return
		}
		if f.isLimit() && f.v.Int() < 0 || f.v.Kind() == reflect.Float64 && f.v.Float() < 0 {
			lines = append(lines, f.key()+" = "+said+": no limit")
		}
	})
	return lines
}
