// Package natives holds what ECMAScript has and goja has not: Object.groupBy, iterator helpers, Symbol.asyncIterator and others,
// in JavaScript of our own.
//
// The package compile asks which families a source names, and the sandbox runs these, metered as code of flows is, in VMs whose
// programs name one: other runs neither see them nor pay for them. This package knows neither; it is text.
//
// Packages were weighed. core-js has all of it and more, but puts it into place at once: 250 KB of code, milliseconds of each run,
// and loops that are not ours to keep small. goja_nodejs has console, Buffer, URL and timers for a process with an event loop of
// its own, without limits on what they hold, and nothing of the language.
package natives

import (
	"embed"
	"strings"
)

// Family is a group of names that come into place together.
type Family int

// The families, in the order in which they are put into place.
const (
	Symbols   Family = iota // Symbol.asyncIterator, dispose and asyncDispose
	Groups                  // Object.groupBy, Map.groupBy
	Promises                // Promise.withResolvers, try and any, Array.fromAsync
	Texts                   // isWellFormed, toWellFormed
	Patterns                // RegExp.escape
	Errors                  // Error.captureStackTrace
	Dates                   // getYear, setYear
	Iterators               // Iterator, and the methods of iterators
	Tags                    // bold, link and the other tags of String.prototype
	Accessors               // __defineGetter__ and the like
	Buffers                 // transfer, transferToFixedLength and detached of ArrayBuffer.prototype
	Families                // how many there are
)

// files holds a file for each family: the body of a function (exports, require, module), as a module of require is one.
//
//go:embed js
var files embed.FS

// Name returns the name that stands in stacks.
func (f Family) Name() string { return "native:" + f.file() }

func (f Family) file() string {
	return [...]string{"symbols", "groups", "promises", "texts", "patterns", "errors", "dates", "iterators", "tags", "accessors", "buffers"}[f]
}

// Code returns the source of a family. It expects module.define(object, members, replace), which puts functions and values into
// place that are not enumerable; Buffers also detach(buffer) and detached(value), which is undefined for what is no ArrayBuffer.
func (f Family) Code() (string, error) {
	code, err := files.ReadFile("js/" + f.file() + ".js")
	return string(code), err
}

// Named lists the families that a source names, whatever it means by the words: those of its identifiers and texts. A name that
// code puts together as it runs is not seen.
func Named(code string) []Family {
	var n named
	for i := 0; i < len(code); {
		if !isWord(code[i]) {
			i++
			continue
		}
		from := i
		for i < len(code) && isWord(code[i]) {
			i++
		}
		n.word(code[from:i], code[:from], code[i:])
	}
	return n.families()
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

// named is what a source was found to name.
type named struct {
	has       [Families]bool
	iterators bool // something makes an iterator
	helpers   bool // something has the name of a method of iterators, and of arrays
}

// word notes a word between the text before it and the text behind it.
func (n *named) word(word, before, rest string) {
	member := before != "" && strings.IndexByte(".\"'`", before[len(before)-1]) >= 0
	switch word {
	case "asyncIterator", "dispose", "asyncDispose":
		n.has[Symbols] = true
	case "groupBy":
		n.has[Groups] = true
	case "withResolvers", "fromAsync":
		n.has[Promises], n.has[Symbols] = true, true
	case "try", "any":
		if member {
			n.has[Promises], n.has[Symbols] = true, true
		}
	case "isWellFormed", "toWellFormed":
		n.has[Texts] = true
	case "escape":
		n.has[Patterns] = n.has[Patterns] || member
	case "captureStackTrace":
		n.has[Errors] = true
	case "getYear", "setYear", "toGMTString":
		n.has[Dates] = true
	case "Iterator", "toArray":
		n.has[Iterators] = true
	case "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__":
		n.has[Accessors] = true
	case "transferToFixedLength":
		n.has[Buffers] = true
	case "transfer", "detached":
		n.has[Buffers] = n.has[Buffers] || member && (word == "detached" || called(before, rest))
	case "anchor", "big", "blink", "bold", "fixed", "fontcolor", "fontsize", "italics", "link", "small", "strike", "sub", "sup":
		n.has[Tags] = n.has[Tags] || member && called(before, rest)
	default:
		n.iterates(word, before, rest, member)
	}
}

// called reports whether a word, a member, is called, or is that of a prototype.
func called(before, rest string) bool {
	return strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, `"](`) || strings.HasPrefix(rest, "'](") || strings.HasPrefix(rest, "?.(") ||
		strings.HasSuffix(before, "prototype.")
}

// iterates notes what may concern iterators. Methods of arrays have the same names, so both must be there: what makes an
// iterator, and a method that something other than a list in brackets is asked for.
func (n *named) iterates(word, before, rest string, member bool) {
	switch word {
	case "yield", "matchAll", "iterator":
		n.iterators = true
	case "values", "keys", "entries":
		n.iterators = n.iterators || member && strings.HasPrefix(rest, "()")
	case "map", "filter", "take", "drop", "flatMap", "reduce", "forEach", "some", "every", "find":
		n.helpers = n.helpers || member && !strings.HasSuffix(before, "].")
	}
}

func (n *named) families() (list []Family) {
	n.has[Iterators] = n.has[Iterators] || n.iterators && n.helpers
	for f := range Families {
		if n.has[f] {
			list = append(list, f)
		}
	}
	return list
}
