// Package pattern matches regular expressions as ECMAScript means them, with all flags, over texts of ASCII or UTF-16.
//
// internal/sandbox/compile calls it for literals, internal/sandbox for what scripts match, plugins/kit/validate for those of JSON
// Schema. It knows neither goja nor a run: a Matcher counts its steps, and asks a function whether it may go on. The tables of
// Unicode 17 are made by unicode.mjs.
package pattern

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

//go:generate node unicode.mjs

// Flags are the flags of a regular expression.
type Flags uint16

// Flags, in the order in which they are written.
const (
	Indices    Flags = 1 << iota // d
	Global                       // g
	IgnoreCase                   // i
	Multiline                    // m
	DotAll                       // s
	Unicode                      // u
	Sets                         // v
	Sticky                       // y

	lenient // of JSON Schema: see CompileSchema
)

const letters = "dgimsuvy"

// ParseFlags reads flags. ok is false where one is unknown or twice there, or where u and v are.
func ParseFlags(text string) (f Flags, ok bool) {
	for _, c := range text {
		i := strings.IndexRune(letters, c)
		if i < 0 || f&(1<<i) != 0 {
			return 0, false
		}
		f |= 1 << i
	}
	return f, f&(Unicode|Sets) != Unicode|Sets
}

// String returns the flags in the order of the language.
func (f Flags) String() string {
	var b strings.Builder
	for i := range len(letters) {
		if f&(1<<i) != 0 {
			b.WriteByte(letters[i])
		}
	}
	return b.String()
}

// Whole reports whether a pattern with these flags works on characters, not on the units of UTF-16.
func (f Flags) Whole() bool { return f&(Unicode|Sets) != 0 }

// Error is a text that is no pattern.
type Error struct {
	Pattern string
	What    string
}

// Error returns the pattern, cut, and what it has.
func (e *Error) Error() string { return fmt.Sprintf("the pattern %.80q %s", e.Pattern, e.What) }

// Pattern is compiled. It does not change, and may be used by many goroutines at once.
type Pattern struct {
	text    string
	program []instr
	groups  int      // with that of the whole match
	names   []string // by group; "" for one without a name
	slots   int
	ranges  int // in all sets
	whole   bool
	starts  starts
}

// Compile compiles a pattern as its flags say; the error is an *Error.
func Compile(source []uint16, flags Flags) (*Pattern, error) {
	return compile(string(utf16.Decode(source)), source, flags)
}

// CompileSchema compiles a pattern of JSON Schema, which has flag u. It also takes a backslash before any punctuation, and a lone
// ] or } as itself, as patterns without the flag may have them.
func CompileSchema(text string) (*Pattern, error) {
	return compile(text, utf16.Encode([]rune(text)), Unicode|lenient)
}

// String returns the text of the pattern.
func (p *Pattern) String() string { return p.text }

// Size returns how many instructions the pattern has.
func (p *Pattern) Size() int { return len(p.program) }

// Bytes returns about how much memory the pattern takes.
func (p *Pattern) Bytes() int64 { return 256 + 96*int64(len(p.program)) + 8*int64(p.ranges) }

// Groups returns how many groups there are, with the whole match as the first.
func (p *Pattern) Groups() int { return p.groups }

// Names returns the names of the groups, "" for those without one; nil when none has a name.
func (p *Pattern) Names() []string { return p.names }
