// Package scan reads a source before any parser does: what harms parsers is refused here, in linear time. It knows just enough
// of the language to tell brackets in code from those in strings, comments, templates and regular expressions. Package
// compile calls it; it knows nothing of what programs mean.
package scan

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Problem is why a source is refused, with its place: both from 1, the column counts characters.
type Problem struct {
	Line, Column int
	Text         string
}

// Check reports why a source is refused, or nil.
func Check(src string) *Problem {
	if len(src) > maxSource {
		return &Problem{Line: 1, Column: 1, Text: fmt.Sprintf("the source has %d bytes; at most %d are compiled", len(src), maxSource)}
	}
	return scanned(src).problem
}

// IsModule reports whether a source has import or export statements.
func IsModule(src string) bool { return scanned(src).module }

func (s *scanner) refuse(at int, format string, args ...any) {
	if s.problem != nil {
		return
	}
	line, column := placeOf(s.src, at)
	s.problem = &Problem{Line: line, Column: column, Text: fmt.Sprintf(format, args...)}
}

// placeOf returns line and column of a byte, both from 1; the column counts characters.
func placeOf(src string, at int) (line, column int) {
	at = min(at, len(src))
	line = 1 + strings.Count(src[:at], "\n")
	return line, 1 + utf8.RuneCountInString(src[strings.LastIndexByte(src[:at], '\n')+1:at])
}
