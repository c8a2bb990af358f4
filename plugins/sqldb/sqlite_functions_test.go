package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// rawSQLite opens SQLite as it is.
func rawSQLite(t testing.TB) *sql.DB { return rawSQLiteFile(t, ":memory:") }

func rawSQLiteFile(t testing.TB, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// odd are values that functions on texts may be handed.
var odd = []any{
	nil, int64(0), int64(-12), int64(1) << 60, 0.0, 1.5, -2.0, 1e300, 1e-7, 100.25, math.Inf(1), 0.1 + 0.2, 123456789012345678.0,
	"", " ", "a", "A", "aXbXc", "xyzzy", "12", "1.5", "ñandú", "Ñ", "日本語", "a\x00b", "\x00", "\xff", "a\xffb", "\x80", "\x80\x80a", "\xc3", "\xc3\x28", "\xed\xa0\x80", "\ufffd", "\ufffe",
	"a%b", "%", "_", "%%_", "a_c", "*", "?", "[a-c]", "[^a]*", "[]]", "[a", "[]-a]", "61", "6 1", "61-ff", "zz", "aé", "éa", "  pad  ", "x'", "İ", "K", "k", "[é-ñ]*", "a[*]b", "%b%c", "X_b%",
	[]byte{},
	[]byte("a"), []byte("aXb"),
	[]byte{0xff, 0},
	[]byte("ñ"),
	[]byte{0x80},
}

var replaced = []struct {
	name string
	n    int
}{{"instr", 2}, {"trim", 2}, {"ltrim", 2}, {"rtrim", 2}, {"replace", 3}, {"unhex", 2}, {"like", 2}, {"like", 3}, {"glob", 2}}

// outcome is what a function makes of its arguments, with its type.
func outcome(q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, name string, args ...any,
) string {
	marks := make([]string, len(args))
	for i := range args {
		marks[i] = fmt.Sprintf("?%d", i+1)
	}
	call := name + "(" + strings.Join(marks, ",") + ")"
	var kind string
	var text sql.NullString
	if err := q.QueryRowContext(context.Background(), "SELECT typeof("+call+"), quote(CAST("+call+" AS BLOB))", args...).Scan(&kind, &text); err != nil {
		message, _, _ := strings.Cut(err.Error(), " (")
		return "error " + message
	}
	return kind + " " + text.String
}

// TestReplacedFunctionsAreSQLites compares each function that stands in the place of SQLite's with it.
func TestReplacedFunctionsAreSQLites(t *testing.T) {
	t.Parallel()
	ours, theirs := open(t, testSQLite(t)).databases["default"].pool, rawSQLite(t)
	one := func(t *testing.T, name string, args ...any) {
		t.Helper()
		if got, want := outcome(ours, name, args...), outcome(theirs, name, args...); got != want {
			t.Errorf("%s(%q): %s, SQLite says %s", name, args, got, want)
		}
	}
	for _, f := range replaced {
		t.Run(fmt.Sprint(f.name, f.n), func(t *testing.T) {
			for _, a := range odd {
				for _, b := range odd {
					switch {
					case f.n == 2:
						one(t, f.name, a, b)
					case f.name == "replace":
						one(t, f.name, a, b, odd[len(fmt.Sprint(a, b))%len(odd)])
					default:
						for _, c := range []any{nil, "", "\\", "%", "_", "a", "é", "xx", int64(1), []byte("a")} {
							if _, ok := a.(string); ok {
								one(t, f.name, a, b, c)
							}
						}
					}
				}
			}
		})
	}
}

// FuzzLike compares LIKE and GLOB with SQLite's own.
func FuzzLike(f *testing.F) {
	for _, s := range [][2]string{{"%a_b%", "xxaYbz"}, {"*[a-c]?*", "zzb1"}, {"a%a%a", "aaaa"}, {"\\%x", "%X"}, {"[^]]*", "a]"}} {
		f.Add(s[0], s[1])
	}
	ours, theirs := open(f, testSQLite(f)).databases["default"].pool, rawSQLite(f)
	f.Fuzz(func(t *testing.T, pattern, text string) {
		for _, call := range []string{"like(?1, ?2)", "like(?1, ?2, 'b')", "like(?1, ?2, '%')", "like(?1, ?2, '_')", "glob(?1, ?2)", "trim(?2, ?1)", "instr(?2, ?1)", "replace(?2, ?1, 'é')", "unhex(?2, ?1)"} {
			var got, want sql.NullString
			errGot := ours.QueryRow("SELECT quote("+call+")", pattern, text).Scan(&got)
			errWant := theirs.QueryRow("SELECT quote("+call+")", pattern, text).Scan(&want)
			if got != want || (errGot == nil) != (errWant == nil) {
				t.Errorf("%s of %q, %q: %v %v, SQLite says %v %v", call, pattern, text, got, errGot, want, errWant)
			}
		}
	})
}

// TestRandomTexts is FuzzLike for texts of few letters, where much matches.
func TestRandomTexts(t *testing.T) {
	t.Parallel()
	ours, theirs := open(t, testSQLite(t)).databases["default"].pool, rawSQLite(t)
	random := rand.New(rand.NewPCG(1, 2))
	text := func(letters []string, most int) string {
		var b strings.Builder
		for range random.IntN(most) {
			b.WriteString(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	for range 4000 {
		pattern := text([]string{"a", "b", "%", "_", "*", "?", "[", "]", "^", "-", "é", "\xff", "B", "\x80"}, 8)
		subject := text([]string{"a", "b", "A", "é", "É", "\xff", "]", "^", "-", "\x80", "%"}, 10)
		for _, f := range []string{"like", "glob", "instr", "trim", "ltrim", "rtrim"} {
			a, b := any(pattern), any(subject)
			if f != "like" && f != "glob" {
				a, b = b, a
			}
			if got, want := outcome(ours, f, a, b), outcome(theirs, f, a, b); got != want {
				t.Fatalf("%s(%q, %q): %s, SQLite says %s", f, a, b, got, want)
			}
		}
		number := math.Float64frombits(random.Uint64())
		if random.IntN(2) == 0 {
			number = float64(random.IntN(1e9)) / math.Pow10(random.IntN(12))
		}
		if got, want := outcome(ours, "trim", number, "x"), outcome(theirs, "trim", number, "x"); got != want {
			t.Fatalf("the text of %g: %s, SQLite says %s", number, got, want)
		}
	}
}
