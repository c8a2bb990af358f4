package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxFile is the most that a configuration file may hold, in bytes.
const maxFile = 1 << 20

// Options say where Load reads.
type Options struct {
	File     string   // path of the TOML file; empty for none
	Explicit bool     // the user named the file: it must exist
	Environ  []string // "NAME=value", as os.Environ returns it; it wins over the file
	Shape    Shape    // where it goes: all fields are zero
}

// Problem is one value that cannot be used. Its text never holds a secret.
type Problem struct {
	Source string // "config.toml:12" or the environment variable; empty for a value of a Go program
	Key    string // full name, as in "vm_pool.max_size"; empty when the file as a whole is meant
	Text   string
}

// Error returns the problem on one line.
func (p *Problem) Error() string {
	parts := []string{p.Key, p.Text}
	if p.Source != "" {
		parts[0] = strings.TrimSpace(p.Source + ": " + p.Key)
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// Error holds every problem that Load found.
type Error struct{ Problems []*Problem }

// Error returns one line for each problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// ExitCode is the exit code of the process after this error.
func (e *Error) ExitCode() int { return 2 }

// Load reads file and environment over the defaults. Without the file everything has its default, unless the user
// named it. The error is an *Error with all problems. The warnings are lines about what was read but does nothing. What was
// read is normalized, unless there is an error.
func Load(o Options) (warnings []string, err error) {
	l := read(o)
	look(l.fields, func(f field) { check(f, l.refuse) })
	o.Shape.Rules(l.refuse, func(key, format string, args ...any) { l.warn(l.place(key), format, args...) })
	if len(l.problems) > 0 {
		return l.warnings, &Error{l.problems}
	}
	Normalize(o.Shape)
	return l.warnings, nil
}

// Place reads file and environment again and returns the source of a key, as in Problem.Source: for packages
// that find at work what Load could not know. A key that is missing has the place of its section.
func Place(o Options, key string) string { return read(o).place(key) }

// read reads file and environment over the defaults.
func read(o Options) *loader {
	setDefaults(o.Shape.Fields)
	l := &loader{file: o.File, fields: o.Shape.Fields, places: map[string]*item{}, vars: map[string]string{}}
	l.readFile(o)
	l.environment(o.Environ)
	return l
}

// loader keeps what one Load has found so far.
type loader struct {
	file     string
	meta     toml.MetaData
	fields   any               // of the shape
	places   map[string]*item  // key or section → where the file sets it
	vars     map[string]string // key → environment variable that sets it
	problems []*Problem
	warnings []string
}

func (l *loader) problem(source, key, format string, args ...any) {
	l.problems = append(l.problems, &Problem{source, key, fmt.Sprintf(format, args...)})
}

func (l *loader) warn(source, format string, args ...any) {
	l.warnings = append(l.warnings, source+": "+fmt.Sprintf(format, args...))
}

// refuse takes a problem with a value, wherever that came from.
func (l *loader) refuse(key, format string, args ...any) {
	l.problem(l.place(key), key, format, args...)
}

// place reports where a key has its value from: an environment variable, or file and line. A key that is missing is said to
// be missing where its section, or what the environment says of that, stands.
func (l *loader) place(key string) string {
	section := key[:max(0, strings.LastIndexByte(key, '.'))]
	for _, k := range []string{key, section} {
		if name := l.vars[k]; name != "" {
			return name
		}
		if it := l.places[k]; it != nil {
			return l.source(it)
		}
	}
	for _, k := range sorted(l.vars) {
		if strings.HasPrefix(k, section+".") {
			return l.vars[k]
		}
	}
	return ""
}

func (l *loader) readFile(o Options) {
	if o.File == "" {
		return
	}
	text, err := readText(o.File)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if o.Explicit {
			l.problem(o.File, "", "file not found; name another with -c, or leave -c out for the defaults")
		}
	case err != nil:
		l.problem(o.File, "", "cannot be read: %v", err)
	default:
		l.parse(text)
	}
}

func readText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("it is over 1 MiB")
	}
	return strings.TrimPrefix(string(text), "\ufeff"), err // a byte order mark is no text
}

// parse reads the TOML text into the workspace.
func (l *loader) parse(text string) {
	var top map[string]toml.Primitive
	var err error
	if l.meta, err = toml.Decode(text, &top); err != nil {
		l.syntax(err)
		return
	}
	table := l.tree(top)
	l.fold(nil, table, structOf(l.fields).Type())
	l.hoist(table)
	l.table(nil, table, structOf(l.fields))
}

// item is a value of the file: a table, or anything else.
type item struct {
	primitive toml.Primitive
	value     any
	table     map[string]*item   // nil when it is no table
	list      []map[string]*item // nil when it is no list of tables
}

func (l *loader) tree(table map[string]toml.Primitive) map[string]*item {
	out := map[string]*item{}
	for name, p := range table {
		it := &item{primitive: p}
		_ = l.meta.PrimitiveDecode(p, &it.value) // everything decodes into any
		var below map[string]toml.Primitive
		if _, ok := it.value.(map[string]any); ok && l.meta.PrimitiveDecode(p, &below) == nil {
			it.table = l.tree(below)
		}
		var list []map[string]toml.Primitive
		if l.meta.PrimitiveDecode(p, &list) == nil {
			for _, entry := range list {
				it.list = append(it.list, l.tree(entry))
			}
		}
		out[name] = it
	}
	return out
}

// source returns file and line of an item.
func (l *loader) source(it *item) string {
	if e, ok := errors.AsType[toml.ParseError](l.meta.PrimitiveDecode(it.primitive, locate{})); ok && e.Position.Line > 0 {
		return fmt.Sprintf("%s:%d", l.file, e.Position.Line)
	}
	return l.file
}

// locate refuses every value, because the parser reports a line only with an error.
type locate struct{}

func (locate) UnmarshalTOML(any) error { return errors.ErrUnsupported }

// fold returns keys and sections the letters of the shape: they are read whatever their case. Names that authors choose, of
// databases, patterns and the like, keep theirs.
func (l *loader) fold(path []string, table map[string]*item, t reflect.Type) {
	for _, name := range sorted(table) {
		lower := strings.ToLower(name)
		sf, _ := lookup(t, lower)
		if lower == name || sf == nil && !(len(path) == 0 && ignored(lower)) {
			continue
		}
		if exact, _ := lookup(t, name); exact != nil {
			continue
		}
		if table[lower] != nil {
			l.problem(l.source(table[name]), keyName(below(path, name)), "was set before, as %s: a key or table may stand only once, whatever its case", keyName(below(path, lower)))
		} else {
			table[lower] = table[name]
		}
		delete(table, name)
	}
	for _, name := range sorted(table) {
		it, at := table[name], below(path, name)
		sf, others := lookup(t, name)
		if sf == nil {
			sf = others
			if sf == nil || it.table == nil {
				continue
			}
			l.foldEntry(at, it, sf.Type)
			continue
		}
		switch {
		case sf.Type.Kind() == reflect.Struct:
			l.fold(at, it.table, sf.Type)
		case isNamed(sf.Type):
			for _, entry := range sorted(it.table) {
				l.foldEntry(below(at, entry), it.table[entry], sf.Type)
			}
		case isListed(sf.Type):
			for i, entry := range it.list {
				l.fold(below(at, strconv.Itoa(i+1)), entry, sf.Type.Elem())
			}
		}
	}
}

// foldEntry folds the keys of a section with a free name.
func (l *loader) foldEntry(at []string, it *item, t reflect.Type) {
	if isNamed(t) && it.table != nil {
		l.fold(at, it.table, t.Elem())
	}
}

// hoist moves the switches of log masking that files put below [security.custom_patterns], by a slip that TOML makes
// easy, back to [security].
func (l *loader) hoist(top map[string]*item) {
	security := top["security"]
	if security == nil || security.table["custom_patterns"] == nil {
		return
	}
	patterns := security.table["custom_patterns"].table
	switches := []string{"enable_log_sanitization", "log_masking_char", "log_preserve_length", "log_show_type"}
	for _, written := range sorted(patterns) {
		it, name := patterns[written], strings.ToLower(written)
		if !slices.Contains(switches, name) {
			continue
		}
		delete(patterns, written)
		l.warn(l.source(it), "security.custom_patterns.%[1]s is read as security.%[1]s; move it above [security.custom_patterns]", name)
		if security.table[name] == nil {
			security.table[name] = it
		}
	}
}

// aliases leaves one of a key and its alias where a table has both: the one that is set, else the key.
func (l *loader) aliases(path []string, table map[string]*item, t reflect.Type) {
	for i := range t.NumField() {
		name, alias := t.Field(i).Tag.Get("toml"), t.Field(i).Tag.Get("alias")
		first, second := table[name], table[alias]
		switch {
		case alias == "" || first == nil || second == nil:
			continue
		case isEmptyText(first.value) && !isEmptyText(second.value):
			delete(table, name)
			continue
		case !isEmptyText(second.value):
			l.warn(l.source(second), "%s is not used, because %s is set too", keyName(below(path, alias)), name)
		}
		delete(table, alias)
	}
}

// table reads a table of the file into a struct.
func (l *loader) table(path []string, table map[string]*item, into reflect.Value) {
	l.aliases(path, table, into.Type())
	for _, name := range sorted(table) {
		it, at := table[name], below(path, name)
		sf, others := lookup(into.Type(), name)
		switch {
		case len(path) == 0 && ignored(name):
		case sf != nil:
			l.field(below(path, sf.Tag.Get("toml")), it, into.FieldByIndex(sf.Index), sf.Tag)
		case others != nil && it.table != nil:
			l.entry(at, it, into.FieldByIndex(others.Index))
		default:
			l.unknown(path, name, it, into.Type())
		}
	}
}

// field reads one item into a field of the shape.
func (l *loader) field(at []string, it *item, v reflect.Value, tag reflect.StructTag) {
	switch isTable := it.table != nil; {
	case (v.Kind() == reflect.Struct || v.Kind() == reflect.Map) && !isTable:
		l.problem(l.source(it), keyName(at), "is not a table: write it as [%s]", keyName(at))
	case v.Kind() == reflect.Struct:
		l.places[keyName(at)] = it
		l.table(at, it.table, v)
	case isNamed(v.Type()):
		for _, name := range sorted(it.table) {
			l.entry(below(at, name), it.table[name], v)
		}
	case v.Kind() == reflect.Map:
		l.texts(field{at, v, tag}, it.table)
	case isListed(v.Type()):
		l.entries(at, it, v)
	default:
		f := field{at, v, tag}
		if want := assign(f, it.value, false); want != "" {
			l.problem(l.source(it), f.key(), "= %s is not accepted: want %s", show(it.value, f.secret()), want)
			return
		}
		if !isNothing(f, it.value) {
			l.places[f.key()] = it
			l.warnZero(l.source(it), f)
		}
	}
}

// warnZero warns of a 0 that does not mean what it seems to.
func (l *loader) warnZero(source string, f field) {
	if isZero(f) {
		l.warn(source, `%s = 0 is read as its default, %s; write -1 or "none" for no limit`, f.key(), f.tag.Get("default"))
	}
}

// texts reads a table of free names; numbers and switches become text.
func (l *loader) texts(f field, table map[string]*item) {
	out := map[string]string{}
	for _, name := range sorted(table) {
		it, key := table[name], keyName(below(f.path, name))
		text, ok := plainText(it.value)
		if !ok {
			l.problem(l.source(it), key, "= %s is not accepted: want %s", show(it.value, f.secret()), accepts(f))
			continue
		}
		out[name], l.places[key] = text, it
	}
	f.v.Set(reflect.ValueOf(out))
}

// entry reads a table with a free name, as in [db.NAME] or [plugin.NAME].
func (l *loader) entry(at []string, it *item, into reflect.Value) {
	if it.table == nil {
		l.problem(l.source(it), keyName(at), "is not a table: write it as [%s.NAME]", keyName(at[:len(at)-1]))
		return
	}
	l.places[keyName(at)] = it
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	entry := reflect.New(into.Type().Elem()).Elem()
	if isNamed(into.Type()) {
		walkStruct(at, entry, func(f field) { fill(f, nil) })
		l.table(at, it.table, entry)
	} else {
		entry.Set(reflect.ValueOf(it.value))
	}
	into.SetMapIndex(reflect.ValueOf(at[len(at)-1]), entry)
}
