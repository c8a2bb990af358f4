// Package cldr holds what Unicode's Common Locale Data Repository says of the languages that the runtime knows: patterns, names and
// rules, as texts by key. make.mjs makes its tables, whose keys it defines; they are under the licence Unicode-3.0 (LICENSE).
//
// internal/intl reads them. What a language says is unpacked when it is first named, and stays for the process.
package cldr

import (
	"compress/flate"
	"embed"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed data
var files embed.FS

// Library is the repository. It may be used from many goroutines.
type Library struct {
	root  func() table
	mu    sync.Mutex
	packs map[string]map[string]table // by language, then by form
}

// New returns a library in which nothing is unpacked yet.
func New() *Library {
	return &Library{
		root:  sync.OnceValue(func() table { return unpack("root")[""] }),
		packs: map[string]map[string]table{},
	}
}

// Shared returns what the repository says beside languages, "" where it says nothing.
func (l *Library) Shared(key string) string {
	text, _ := l.root().get(key)
	return text
}

// SharedUnder calls f for each key that begins with prefix, without it, in their order, until f returns false.
func (l *Library) SharedUnder(prefix string, f func(rest, text string) bool) {
	l.root().under(prefix, f)
}

// Has reports whether there is a language, or a form of one, such as "es-AR" or "zh-Hant".
func (l *Library) Has(tag string) bool { return l.Shared("has/"+tag) != "" }

// Locale returns what a language says, nil for one that is not there.
func (l *Library) Locale(tag string) *Locale {
	chain := strings.Fields(l.Shared("has/" + tag))
	if len(chain) == 0 {
		return nil
	}
	name := chain[len(chain)-1]
	l.mu.Lock()
	defer l.mu.Unlock()
	pack := l.packs[name]
	if pack == nil {
		pack = unpack(name)
		l.packs[name] = pack
	}
	loc := &Locale{Tag: tag, Data: chain[0], Language: strings.Split(tag, "-")[0]}
	for _, form := range chain {
		if form == name {
			form = ""
		}
		loc.chain = append(loc.chain, pack[form])
	}
	return loc
}

// Locale is a form of a language.
type Locale struct {
	Tag      string // as it was asked for, such as "es-ES"
	Data     string // the form whose data it has, such as "es"
	Language string
	chain    []table // its own, that of its parent and so on
}

// Get returns a text, "" where there is none.
func (l *Locale) Get(key string) string {
	for _, t := range l.chain {
		if text, ok := t.get(key); ok {
			return text
		}
	}
	return ""
}

// First returns the text of the first key that has one.
func (l *Locale) First(keys ...string) string {
	for _, key := range keys {
		if text := l.Get(key); text != "" {
			return text
		}
	}
	return ""
}

// Under returns all texts whose key begins with prefix, by the rest of the key.
func (l *Locale) Under(prefix string) map[string]string {
	all := map[string]string{}
	for _, t := range slices.Backward(l.chain) {
		t.under(prefix, func(rest, text string) bool {
			all[rest] = text
			return true
		})
	}
	return all
}

// table is texts by key: lines "key\ttext\n" in the order of the keys.
type table struct {
	text  string
	lines []uint32 // where each begins
}

func (t table) line(i int) (key, text string) {
	end := len(t.text)
	if i+1 < len(t.lines) {
		end = int(t.lines[i+1])
	}
	key, text, _ = strings.Cut(t.text[t.lines[i]:end-1], "\t")
	return key, text
}

// find returns the first line whose key is not less.
func (t table) find(key string) int {
	return sort.Search(len(t.lines), func(i int) bool {
		k, _ := t.line(i)
		return k >= key
	})
}

func (t table) get(key string) (string, bool) {
	if i := t.find(key); i < len(t.lines) {
		if k, text := t.line(i); k == key {
			return text, true
		}
	}
	return "", false
}

func (t table) under(prefix string, f func(rest, text string) bool) {
	for i := t.find(prefix); i < len(t.lines); i++ {
		key, text := t.line(i)
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || !f(rest, text) {
			return
		}
	}
}

// unpack reads a file: the table of the language under "", those of its forms under their names.
func unpack(name string) map[string]table {
	f, err := files.Open("data/" + name + ".z")
	if err != nil {
		panic(fmt.Errorf("the table of %s is not built in: %w", name, err)) // root names what make.mjs has written
	}
	text, err := io.ReadAll(flate.NewReader(f))
	if err != nil {
		panic(fmt.Errorf("the table of %s is damaged: %w", name, err))
	}
	all := map[string]table{}
	form, rest := "", string(text)
	for {
		part, more, found := strings.Cut(rest, "\n@")
		if found {
			part += "\n"
		}
		all[form] = index(part)
		if !found {
			return all
		}
		form, rest, _ = strings.Cut(more, "\n")
		if strings.HasPrefix(rest, "@") {
			rest = "\n" + rest // a form that says nothing of its own
		}
	}
}

func index(text string) table {
	t := table{text: text}
	if text == "" || text == "\n" {
		return table{}
	}
	t.lines = make([]uint32, 0, strings.Count(text, "\n"))
	for i := 0; i < len(text); {
		t.lines = append(t.lines, uint32(i)) //nolint:gosec // a table has some hundred KB
		next := strings.IndexByte(text[i:], '\n')
		if next < 0 {
			break
		}
		i += next + 1
	}
	return t
}
