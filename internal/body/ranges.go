package body

import (
	"regexp"
	"strconv"
	"strings"
)

// byteRange is one range of bytes (RFC 9110, 14.1.2).
var byteRange = regexp.MustCompile(`^(\d*)-(\d*)$`)

// Ranges returns the ranges of a header Range over so many bytes in a form that net/http reads as the standard says. It is "" for
// a header that is to be ignored: in an unknown unit, or none that the standard knows (RFC 9110, 14.2).
func Ranges(header string, size int64) string {
	unit, list, _ := strings.Cut(header, "=")
	if !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return ""
	}
	var out []string
	for spec := range strings.SplitSeq(list, ",") {
		spec = strings.Trim(spec, " \t")
		if spec == "" {
			continue
		}
		m := byteRange.FindStringSubmatch(spec)
		if m == nil || spec == "-" {
			return ""
		}
		first, last := clamped(m[1], size), clamped(m[2], size)
		switch {
		case m[1] == "" && last == 0: // the last 0 bytes are no range that can be met
			spec = strconv.FormatInt(size, 10) + "-"
		case m[1] == "":
			spec = "-" + strconv.FormatInt(last, 10)
		case m[2] == "":
			spec = strconv.FormatInt(first, 10) + "-"
		case first > last && first < size:
			return ""
		default:
			spec = strconv.FormatInt(first, 10) + "-" + strconv.FormatInt(max(first, last), 10)
		}
		out = append(out, spec)
	}
	if out == nil {
		return ""
	}
	return "bytes=" + strings.Join(out, ",")
}

// clamped reads digits of any number, up to a size.
func clamped(digits string, size int64) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil && digits != "" || n > size {
		return size
	}
	return n
}
