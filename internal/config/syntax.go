package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// syntax reports text that is not TOML. The parser's message may quote what stands there, which may be a secret, so
// only names of keys, and a message without words or numbers of the file, are shown.
func (l *loader) syntax(err error) {
	source, key, message := l.file, "", "this is not TOML"
	if e, ok := errors.AsType[toml.ParseError](err); ok {
		line := e.Position.Line
		if openTable.MatchString(e.Message) {
			line-- // the parser has continued to the next
		}
		source = fmt.Sprintf("%s:%d", l.file, line)
		switch twice := setTwice.FindStringSubmatch(e.Message); {
		case twice != nil:
			key, message = twice[1], "was set before: a key or table may stand only once"
		case tooLarge.MatchString(e.Message):
			key, message = e.LastKey, "is a number too large for any key"
		case !strings.ContainsAny(oneRune.ReplaceAllString(e.Message, ""), "\"'`\n0123456789"):
			message += ": " + e.Message
		}
	}
	l.problem(source, key, "%s", message)
}

var (
	// setTwice finds what the parser says of a key that is there again; the key is written as in a file, on one line.
	setTwice = regexp.MustCompile(`^Key '(.+)' (?:has already been defined|was already created .*)\.$`)

	// tooLarge finds what the parser says of a number that no computer counts with.
	tooLarge = regexp.MustCompile(`^\S+ is out of range for (int|float)64$`)

	// openTable finds what the parser says of a [table] without its bracket.
	openTable = regexp.MustCompile(`^expected .* table .*'\\n' instead$`)

	// oneRune finds a single quoted character.
	oneRune = regexp.MustCompile(`'[^'\\]'|'\\.'`)
)
