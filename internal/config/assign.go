package config

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
)

// assign converts a value and keeps it in the field. The value comes from the file, or is the text of an environment
// variable or a default (text), where numbers, switches and lists are written as text too. The result is empty, or says
// what the field accepts; then the field keeps what it had.
func assign(f field, value any, text bool) (want string) {
	if isNothing(f, value) {
		return ""
	}
	ok := false
	if unit := f.unit(); unit != 0 {
		ok = assignTime(f, value, text, unit)
	} else if f.isLimit() {
		ok = assignLimit(f, value, text)
	} else {
		switch p := f.v.Addr().Interface().(type) {
		case *string:
			ok = assignString(p, value, f.tag.Get("form") == "address")
		case *bool:
			ok = assignBool(p, value, text)
		case **bool:
			var b bool
			if ok = assignBool(&b, value, text); ok {
				*p = &b
			}
		case *int:
			ok = assignInt(f, value, text)
		case *[]string:
			ok = assignList(p, value)
		}
	}
	if ok {
		return ""
	}
	if kind := f.v.Kind(); text && (kind == reflect.Bool || kind == reflect.Pointer) {
		return "true, yes, on or 1; or false, no, off or 0"
	}
	return accepts(f)
}

func assignString(p *string, value any, numberToo bool) bool {
	switch v := value.(type) {
	case string:
		*p = v
		return true
	case int64:
		if numberToo {
			*p = strconv.FormatInt(v, 10)
		}
		return numberToo
	}
	return false
}

func assignBool(p *bool, value any, text bool) bool {
	switch v := value.(type) {
	case bool:
		*p = v
		return true
	case string:
		switch strings.ToLower(v) {
		case "true", "1", "yes", "on":
			*p = true
		case "false", "0", "no", "off":
			*p = false
		default:
			return false
		}
		return text
	}
	return false
}

// wholeNumber reads an integer; text is accepted where the field allows it.
func wholeNumber(value any, text bool) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		return n, err == nil && text
	}
	return 0, false
}

func assignInt(f field, value any, text bool) bool {
	form := f.tag.Get("form")
	if s, ok := value.(string); ok && form == "percent" {
		value, text = strings.TrimSuffix(s, "%"), true
	}
	n, ok := wholeNumber(value, text || form == "port")
	if ok = ok && int64(int(n)) == n; ok {
		f.v.SetInt(n)
	}
	return ok
}

func isEmptyText(value any) bool {
	s, ok := value.(string)
	return ok && strings.TrimSpace(s) == ""
}

// isNothing reports whether a value leaves a number as it is: existing files write an empty text for one that is not set.
func isNothing(f field, value any) bool {
	if !isEmptyText(value) {
		return false
	}
	switch f.v.Kind() {
	case reflect.Int, reflect.Int64, reflect.Float64:
		return true
	}
	return f.tag.Get("form") == "address"
}

// isUnlimited reports whether a value says that there is no limit, where a field may have none.
func isUnlimited(f field, value any) bool {
	if zero := f.tag.Get("zero"); zero != "default" && zero != "unlimited" {
		return false
	}
	switch v := value.(type) {
	case int64:
		return v == none
	case float64:
		return v == none
	case string:
		v = strings.ToLower(strings.TrimSpace(v))
		return v == "none" || v == "-1"
	}
	return false
}

// isZero reports whether a field says 0 and means its default by it.
func isZero(f field) bool { return f.tag.Get("zero") == "default" && f.v.IsZero() }

func assignLimit(f field, value any, text bool) bool {
	if isUnlimited(f, value) {
		f.v.SetInt(none)
		return true
	}
	n, ok := wholeNumber(value, text)
	switch {
	case !ok || n < 0:
		return false
	case n == 0 && f.tag.Get("zero") == "default":
		f.v.SetInt(0) // which Normalize takes for left out
	case n == 0:
		f.v.SetInt(none)
	default:
		f.v.SetInt(n)
	}
	return true
}

// parseTime reads a time with units: those of Go, and d for days of 24 hours, which come first.
func parseTime(text string) (time.Duration, error) {
	number, rest, found := strings.Cut(text, "d")
	if !found {
		return time.ParseDuration(text)
	}
	days, err := strconv.ParseUint(number, 10, 16) // what is more does not fit a time.Duration
	if err != nil || rest == "" {
		return time.Duration(days) * 24 * time.Hour, err
	}
	if strings.ContainsAny(rest, "+-") {
		return 0, strconv.ErrSyntax
	}
	d, err := time.ParseDuration(rest)
	return time.Duration(days)*24*time.Hour + d, err
}

// assignTime reads a number in the field's unit, or text with a unit of its own such as "250ms".
func assignTime(f field, value any, text bool, unit time.Duration) bool {
	if isUnlimited(f, value) {
		f.v.SetFloat(none)
		return true
	}
	var n float64
	switch v := value.(type) {
	case int64:
		n = float64(v)
	case float64:
		n = v
	case string:
		v = strings.TrimSpace(v)
		if d, err := parseTime(v); err == nil {
			n = float64(d) / float64(unit)
		} else if n, err = strconv.ParseFloat(v, 64); err != nil || !text {
			return false
		}
	default:
		return false
	}
	if n < 0 || math.IsNaN(n) {
		return false
	}
	if n == 0 && f.tag.Get("zero") != "default" {
		n = none
	}
	f.v.SetFloat(n)
	return true
}

// assignList reads a list of texts, or one text with commas. Empty entries are dropped; an empty list stays one.
func assignList(p *[]string, value any) bool {
	list := []string{}
	var parts []string
	switch v := value.(type) {
	case string:
		parts = strings.Split(v, ",")
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return false
			}
			parts = append(parts, s)
		}
	default:
		return false
	}
	for _, s := range parts {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	*p = list
	return true
}

// plainText turns a value of a table of free names into text.
func plainText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool, int64:
		return fmt.Sprint(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// accepts returns in words what a field takes.
func accepts(f field) string {
	lowest, highest := f.tag.Get("min"), f.tag.Get("max")
	zero := f.tag.Get("zero")
	if zero == "off" {
		zero = "none"
	}
	switch form := f.tag.Get("form"); {
	case f.isLimit():
		words := "a whole number from 1 to " + highest
		switch zero {
		case "":
		case "default":
			words += `, or -1 or "none" for unlimited`
		default:
			words += ", or 0 for " + zero
		}
		return words
	case f.unit() != 0:
		words := "a number of " + strings.ToLower(f.v.Type().Name()) + " above 0"
		if f.unit() == time.Millisecond {
			words = "a number of milliseconds above 0"
		}
		switch zero {
		case "":
		case "default":
			words += `, -1 or "none" for unlimited`
		default:
			words += ", 0 for " + zero
		}
		return words + `, or a time such as "90s" or "7d"`
	case f.v.Kind() == reflect.Int:
		return "a whole number from " + lowest + " to " + highest
	case f.v.Kind() == reflect.Bool || f.v.Kind() == reflect.Pointer:
		return "true or false"
	case f.tag.Get("oneof") != "":
		return "one of " + strings.ReplaceAll(f.tag.Get("oneof"), ",", ", ") + f.tag.Get("note")
	case formWords(form) != "":
		return formWords(form)
	case f.v.Kind() == reflect.Slice:
		return "a list of texts, or one text with commas"
	case f.v.Kind() == reflect.Map:
		return "text, a number or a switch"
	}
	return "text"
}

// show writes a value into a message: on one line, cut, and never a secret or what is inside a list or table.
func show(value any, secret bool) string {
	switch v := value.(type) {
	case []any, []map[string]any:
		return "a list"
	case map[string]any:
		return "a table"
	case string:
		if secret {
			return "***"
		}
		return strconv.Quote(clip.Text(scrub(v), 80))
	}
	if secret {
		return "***"
	}
	return scrub(fmt.Sprint(value))
}

var (
	userinfo    = regexp.MustCompile(`://\S*@`)
	secretParam = regexp.MustCompile(`(?i)((?:password|passwd|pwd|secret|token|key|sig)[a-z_]*=)[^&\s]+`)
)

// scrub takes credentials out of addresses.
func scrub(text string) string {
	text = userinfo.ReplaceAllString(text, "://***@")
	return secretParam.ReplaceAllString(text, "${1}***")
}
