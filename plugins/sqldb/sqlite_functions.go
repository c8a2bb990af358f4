package sqldb

import (
	"database/sql/driver"
	"errors"
	"math"
	"strconv"
	"strings"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// This file has functions of SQLite that cost length times length of their texts there, written anew so that they cost
// the sum, and end with their run. They must do exactly what SQLite's do: sqlite_functions_test.go compares.

var (
	errInterrupted = errors.New("interrupted")
	errTooBig      = errors.New("string or blob too big")
)

// sqliteFunction is a function whose arguments are SQLite's: nil, int64, float64, string and []byte. The texts live as
// long as the call.
type sqliteFunction = func(args []driver.Value) (driver.Value, error)

// register puts the functions of a slot in the place of SQLite's. The driver tells functions of one name apart by the
// case of its letters, SQLite by the number of their arguments.
func (s *sqliteSlot) register() error {
	for _, f := range []struct {
		name          string
		arguments     int32
		deterministic bool
		do            sqliteFunction
	}{
		{"instr", 2, true, s.instr},
		{"trim", 2, true, s.trimmed(true, true)},
		{"ltrim", 2, true, s.trimmed(true, false)},
		{"rtrim", 2, true, s.trimmed(false, true)},
		{"replace", 3, true, s.replace},
		{"unhex", 2, true, s.unhex},
		{"like", 2, true, s.like(likeSigns)},
		{"LIKE", 3, true, s.like(likeSigns)},
		{"glob", 2, true, s.like(globSigns)},
		{"changes", 0, false, func([]driver.Value) (driver.Value, error) { n, _ := s.changed(); return n, nil }},
		{"total_changes", 0, false, func([]driver.Value) (driver.Value, error) { _, n := s.changed(); return n, nil }},
		{"json_pretty", -1, true, refused("json_pretty is not allowed, its result may be thousands of times its argument: use JSON.stringify(value, null, 2)")},
		{"load_extension", -1, true, refused("load_extension is not allowed: flows stay in the configured file")},
	} {
		err := s.driver.RegisterFunction(f.name, &sqlite.FunctionImpl{
			NArgs: f.arguments, Deterministic: f.deterministic, VolatileArgs: true,
			Scalar: func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
				if s.stopped.Load() {
					return nil, errInterrupted
				}
				return f.do(args)
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func refused(why string) sqliteFunction {
	return func([]driver.Value) (driver.Value, error) { return nil, errors.New(why) }
}

// text returns a value as SQLite's text of it, and false for NULL.
func (s *sqliteSlot) text(v driver.Value) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return s.real(v), true
	}
	return "", false
}

// real writes a number as this SQLite does, by its own means.
func (s *sqliteSlot) real(f float64) string {
	if math.IsInf(f, 0) {
		return strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+")
	}
	format, err := libc.CString("%!.17g")
	if err != nil {
		return ""
	}
	defer libc.Xfree(s.tls, format)
	args := libc.NewVaList(f)
	defer libc.Xfree(s.tls, args)
	text := sqlite3.Xsqlite3_mprintf(s.tls, format, args)
	defer sqlite3.Xsqlite3_free(s.tls, text)
	return libc.GoString(text)
}

// continues reports whether a byte is not the first of a character.
func continues(b byte) bool { return b&0xc0 == 0x80 }

// characters counts the characters of a text, whatever bytes it has.
func characters(s string) (n int64) {
	for i := range len(s) {
		if !continues(s[i]) {
			n++
		}
	}
	return n
}

// instr finds Y in X: characters are counted from 1, bytes where both are blobs.
func (s *sqliteSlot) instr(args []driver.Value) (driver.Value, error) {
	text, ok1 := s.text(args[0])
	part, ok2 := s.text(args[1])
	if !ok1 || !ok2 {
		return nil, nil
	}
	_, blob1 := args[0].([]byte)
	_, blob2 := args[1].([]byte)
	at := strings.Index(text, part)
	switch {
	case at < 0:
		return int64(0), nil
	case blob1 && blob2 || at == 0:
		return int64(at + 1), nil
	case continues(part[0]): // no character begins like that
		return int64(0), nil
	}
	return 1 + characters(text[1:at+1]), nil
}

// trimmed takes the characters of Y off the ends of X.
func (s *sqliteSlot) trimmed(left, right bool) sqliteFunction {
	return func(args []driver.Value) (driver.Value, error) {
		text, ok1 := s.text(args[0])
		set, ok2 := s.text(args[1])
		if !ok1 || !ok2 {
			return nil, nil
		}
		t := newTrimmer(set)
		for step := 1; left && text != ""; step++ {
			n := t.match(text, false)
			if n == 0 {
				break
			}
			if text = text[n:]; step&0xfff == 0 && s.stopped.Load() {
				return nil, errInterrupted
			}
		}
		for step := 1; right && text != ""; step++ {
			n := t.match(text, true)
			if n == 0 {
				break
			}
			if text = text[:len(text)-n]; step&0xfff == 0 && s.stopped.Load() {
				return nil, errInterrupted
			}
		}
		return text, nil
	}
}

// trimmer is a set of characters. Where bytes are no UTF-8 one may begin or end like another: the first of the set counts.
type trimmer struct {
	ascii   [128]int       // place in the set, from 1
	others  map[string]int // the same for longer ones, and for bytes that are no character
	lengths []int          // of others
}

func newTrimmer(set string) *trimmer {
	t := &trimmer{}
	if end := strings.IndexByte(set, 0); end >= 0 {
		set = set[:end]
	}
	for place := 1; set != ""; place++ {
		n := 1
		for set[0] >= 0xc0 && n < len(set) && continues(set[n]) {
			n++
		}
		t.add(set[:n], place)
		set = set[n:]
	}
	return t
}

func (t *trimmer) add(character string, place int) {
	if len(character) == 1 && character[0] < 128 {
		if t.ascii[character[0]] == 0 {
			t.ascii[character[0]] = place
		}
		return
	}
	if t.others == nil {
		t.others = map[string]int{}
	}
	if _, ok := t.others[character]; ok {
		return
	}
	t.others[strings.Clone(character)] = place
	for _, n := range t.lengths {
		if n == len(character) {
			return
		}
	}
	t.lengths = append(t.lengths, len(character))
}

// match returns the length of the character of the set that a text begins or ends with, 0 for none.
func (t *trimmer) match(text string, end bool) (length int) {
	edge := text[0]
	if end {
		edge = text[len(text)-1]
	}
	place := 0
	if edge < 128 {
		if place = t.ascii[edge]; place > 0 {
			length = 1
		}
		if end || place > 0 && len(t.lengths) == 0 {
			return length // nothing longer ends with such a byte
		}
	}
	for _, n := range t.lengths {
		if n > len(text) {
			continue
		}
		piece := text[:n]
		if end {
			piece = text[len(text)-n:]
		}
		if p := t.others[piece]; p > 0 && (place == 0 || p < place) {
			place, length = p, n
		}
	}
	return length
}

// replace puts Z in the place of each Y in X.
func (s *sqliteSlot) replace(args []driver.Value) (driver.Value, error) {
	text, ok1 := s.text(args[0])
	old, ok2 := s.text(args[1])
	if ok1 && ok2 && (old == "" || old[0] == 0) {
		return text, nil
	}
	with, ok3 := s.text(args[2])
	if !ok1 || !ok2 || !ok3 {
		return nil, nil
	}
	if more := len(with) - len(old); more > 0 && int64(len(text))+int64(more)*int64(strings.Count(text, old)) > int64(s.value) {
		return nil, errTooBig
	}
	return strings.ReplaceAll(text, old, with), nil
}

// unhex reads hexadecimal digits, between which characters of Y may stand; anything else makes NULL of it.
func (s *sqliteSlot) unhex(args []driver.Value) (driver.Value, error) {
	text, ok1 := s.text(args[0])
	between, ok2 := s.text(args[1])
	if !ok1 || !ok2 {
		return nil, nil
	}
	allowed := map[uint32]bool{}
	for between != "" {
		var c uint32
		c, between = character(between)
		allowed[c] = true
	}
	out := make([]byte, 0, len(text)/2)
	for text != "" && text[0] != 0 {
		high, ok := hexDigit(text[0])
		if !ok {
			var c uint32
			if c, text = character(text); !allowed[c] {
				return nil, nil
			}
			continue
		}
		if len(text) < 2 {
			return nil, nil
		}
		low, ok := hexDigit(text[1])
		if !ok {
			return nil, nil
		}
		out, text = append(out, high<<4|low), text[2:]
	}
	return out, nil
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10, true
	}
	return 0, false
}
