// Package intl writes and compares numbers, dates and texts as languages do, by the rules of ECMA-402 and the data of the CLDR.
//
// internal/sandbox/intls offers it to flow code as Intl. The package knows nothing of scripts: options come resolved, as
// resolvedOptions() of ECMA-402 names them.
package intl

import (
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/intl/cldr"
)

// Default is the language of what names none.
const Default = "en-US"

// Library knows the languages. It may be used from many goroutines.
type Library struct {
	tables     *cldr.Library
	numbers    formatters[*Number]
	dates      formatters[*Date]
	generators formatters[*generator]
	plurals    formatters[*Plural]
	relatives  formatters[*Relative]
	lists      formatters[*List]
	collators  formatters[*Collator]
}

// New returns a library in which nothing is unpacked yet.
func New() *Library { return &Library{tables: cldr.New()} }

// locale returns the data of a language that Best has found, whatever extension stands behind it.
func (l *Library) locale(tag string) *cldr.Locale {
	tag, _, _ = strings.Cut(tag, "-u-")
	if loc := l.tables.Locale(tag); loc != nil {
		return loc
	}
	return l.tables.Locale(Default)
}

// Best returns the longest beginning of a tag without extensions that is a language known here, "" where none is.
func (l *Library) Best(tag string) string {
	for tag != "" {
		if l.tables.Has(tag) {
			return tag
		}
		i := strings.LastIndexByte(tag, '-')
		if i < 0 {
			return ""
		}
		if i >= 2 && tag[i-2] == '-' {
			i -= 2
		}
		tag = tag[:i]
	}
	return ""
}

// NumberingSystem returns the one that a language writes numbers in.
func (l *Library) NumberingSystem(tag string) string { return l.locale(tag).Get("nu") }

// HasDigits reports whether there is a numbering system of that name.
func (l *Library) HasDigits(name string) bool { return l.tables.Shared("digits/"+name) != "" }

// CurrencyDigits returns how many digits amounts of a currency have behind the point.
func (l *Library) CurrencyDigits(code string) int {
	if text := l.tables.Shared("fraction/" + code); text != "" {
		return int(text[0] - '0')
	}
	return 2
}

// Supported lists the values of a key of Intl.supportedValuesOf that the data decide, nil for other keys.
func (l *Library) Supported(key string) (list []string) {
	switch key {
	case "currency":
		return strings.Fields(l.tables.Shared("currencies"))
	case "numberingSystem":
		l.tables.SharedUnder("digits/", func(name, _ string) bool {
			list = append(list, name)
			return true
		})
	case "timeZone":
		l.tables.SharedUnder("meta/", func(name, _ string) bool {
			list = append(list, name)
			return true
		})
		slices.Sort(list)
	}
	return list
}
