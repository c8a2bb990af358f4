package sqldb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestStatements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s                syntax
		sql, text, order string
		verb             string
		count            int
		rest             bool
	}{
		{sqliteFile{}.syntax(), "select $2, $1, $2", "select ?, ?, ?", "[2 1 2]", "SELECT", 2, false},
		{sqliteFile{}.syntax(), `SELECT '$1 ''$2', "$1", [$1], ` + "`$1`" + `, $1 -- $2` + "\n/* $3 */;", "SELECT '$1 ''$2', \"$1\", [$1], `$1`, ? -- $2\n/* $3 */;", "[1]", "SELECT", 1, false},
		{sqliteFile{}.syntax(), `SELECT '\', $1`, `SELECT '\', ?`, "[1]", "SELECT", 1, false},
		{sqliteFile{}.syntax(), `SELECT a$1, $12`, `SELECT a$1, ?`, "[12]", "SELECT", 12, false},
		{sqliteFile{}.syntax(), `SELECT 1; -- more` + "\n ;; ", "", "[]", "SELECT", 0, false},
		{sqliteFile{}.syntax(), `SELECT 1; SELECT 2`, "", "[]", "SELECT", 0, true},
		{sqliteFile{}.syntax(), `SELECT ';' ; 'x'`, "", "[]", "SELECT", 0, true},
		{sqliteFile{}.syntax(), `;; (SELECT 1)`, "", "[]", "(", 0, false},
		{sqliteFile{}.syntax(), `CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 2; END;`, "", "[]", "CREATE", 0, false},
		{sqliteFile{}.syntax(), `CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END; SELECT 1`, "", "[]", "CREATE", 0, true},
		{mysqlServer{}.syntax(), `SELECT 'it\'s $1', "\"$1", $1 # $2` + "\n, 1--$2", `SELECT 'it\'s $1', "\"$1", ? # $2` + "\n, 1--?", "[1 2]", "SELECT", 2, false},
		{mysqlServer{}.syntax(), "/* $1 /* */ update x -- $1", "/* $1 /* */ update x -- $1", "[]", "UPDATE", 0, false},
		{postgres{}.syntax(), `SELECT $1, $$ $2 $$, $a$ $$ $3 $a$, E'\' $4', '\', a -> '?', "x"`, "", "[]", "SELECT", 1, false},
		{postgres{}.syntax(), "/* /* $1 */ $2 */ DELETE FROM x WHERE a = $3::int[]", "", "[]", "DELETE", 3, false},
	} {
		st, err := c.s.parse(c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if c.text == "" {
			c.text = c.sql
		}
		if st.text != c.text || fmt.Sprint(st.order) != c.order || st.verb != c.verb || st.count != c.count || st.rest != c.rest {
			t.Errorf("%s\n got %+v\nwant %+v", c.sql, st, c)
		}
	}
	for _, sql := range []string{"", " ; ", "-- x", "/* x", "SELECT ?", "SELECT $0", "/*! SELECT 1 */", "SELECT /*M!100100 1 */", strings.Repeat("x", maxStatement+1)} {
		if st, err := (mysqlServer{}).syntax().parse(sql); err == nil {
			t.Errorf("%q is taken as %+v", sql, st)
		}
	}
}

// FuzzStatement: parsing never panics, and without parameters it changes nothing.
func FuzzStatement(f *testing.F) {
	for _, s := range []string{"SELECT $1", "SELECT '$1'", `E'\'$1`, "$$x$$", "/* /* */", "[a]]", "--", "'", "\\", "$", "$a$b$a$ $1", "`$1`", "CREATE TRIGGER x BEGIN;END;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, s := range []server{postgres{}, mysqlServer{}, sqliteFile{}} {
			st, err := s.syntax().parse(sql)
			if err != nil {
				continue
			}
			if len(st.order) == 0 && st.text != sql {
				t.Fatalf("%q became %q", sql, st.text)
			}
			if len(st.order) > 0 && slices.Max(st.order) != st.count {
				t.Fatalf("%q: count %d, order %v", sql, st.count, st.order)
			}
			if !s.syntax().question && st.text != sql {
				t.Fatalf("%q was changed", sql)
			}
		}
	})
}

// FuzzQuoted: what stands in strings, names and comments stays what it is, as SQLite itself reads it.
func FuzzQuoted(f *testing.F) {
	p := open(f, Database{Driver: "sqlite", DSN: ":memory:"})
	for _, s := range []string{"$1", "it's $1", "*/ $1", "-- $1\n", `\`, `"`, "]", "`", "$$", ";", "a; ATTACH 'x' AS y", "**//"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) || !json.Valid([]byte(`"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)+`"`)) {
			t.Skip("SQLite ends a statement at NUL")
		}
		quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
		name := `"a` + strings.ReplaceAll(text, `"`, `""`) + `"`
		comment := strings.ReplaceAll(text, "*", "") // a comment ends at the first star and slash
		sql := "SELECT " + quoted + " AS a, /*" + comment + "*/ $1 AS b, 3 AS " + name
		st, err := p.databases["default"].parse(sql, 1, false)
		if err != nil {
			t.Fatalf("%q: %v", sql, err)
		}
		a, err := p.databases["default"].run(t.Context(), st, []any{"value"})
		if err != nil {
			t.Fatalf("%q: %v", sql, err)
		}
		if len(a.values) != 1 || a.values[0][0] != text || a.values[0][1] != "value" || a.columns[2] != "a"+text {
			t.Fatalf("%q gave %q %q", sql, a.columns, a.values)
		}
	})
}

func TestArrays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`: `[]`, `{1,NULL,"NULL"}`: `["1",null,"NULL"]`, `{"a\"b\\",c d}`: `["a\"b\\","c d"]`, `{{1,2},{3,4}}`: `[["1","2"],["3","4"]]`, `[0:1]={1,2}`: `["1","2"]`,
	} {
		got, ok := parseArray(text, func(s string) any { return s })
		if b, _ := json.Marshal(got); !ok || string(b) != want {
			t.Errorf("%s: %s %v", text, b, ok)
		}
	}
	for _, text := range []string{"", "{", "{1", "{1,}", `{"`, `{"a\`, "{1}2", "[x", strings.Repeat("{", 100)} {
		if got, ok := parseArray(text, func(s string) any { return s }); ok {
			t.Errorf("%q gave %v", text, got)
		}
	}
}

// FuzzArray: what is written as an array is read as the same array.
func FuzzArray(f *testing.F) {
	f.Add("a", `b"\`, "{,}")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) || !utf8.ValidString(c) {
			t.Skip("JSON has no such text")
		}
		in, _ := json.Marshal([]any{a, nil, []any{b, c}})
		literal := arrayLiteral(nil, []any{a, nil, list{items: []any{b, c}}})
		got, ok := parseArray(string(literal), func(s string) any { return s })
		if out, _ := json.Marshal(got); !ok || string(out) != string(in) {
			t.Fatalf("%s became %s and %s", in, literal, out)
		}
		_, _ = parseArray(a, func(s string) any { return s })
	})
}
