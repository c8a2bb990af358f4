//go:build long

package sqldb

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestEachFunctionEnds walks SQLite's own list of functions and calls each with texts that are known to be dear, at sizes
// that grow to what a value may have. The run is over after 100 ms; a function that cannot be stopped may compute for
// a second.
func TestEachFunctionEnds(t *testing.T) { //nolint:paralleltest // measures what the process computes
	p := openWith(t, Options{Memory: 64 << 20}, testSQLite(t))
	d := p.databases["default"]
	var names []struct {
		name string
		n    int
	}
	rows, err := d.pool.Query("SELECT DISTINCT name, narg FROM pragma_function_list WHERE type <> 'w' ORDER BY 1, 2")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		counts := []int{n}
		if n < 0 {
			counts = []int{1, 2}
		}
		for _, n := range counts {
			if n > 0 && n < 5 {
				names = append(names, struct {
					name string
					n    int
				}{name, n})
			}
		}
	}
	for _, f := range names {
		slowest, of := time.Duration(0), ""
		for _, size := range []int{1 << 15, 1 << 19} {
			texts := dearTexts(size)
			for _, first := range texts {
				for _, second := range texts {
					if f.n == 1 && second[0] != texts[0][0] || f.n > 1 && !strings.Contains(dearPairs, first[0]+"/"+second[0]) {
						continue
					}
					took := lasts(t, d, f.name, f.n, first[1], second[1])
					if took > slowest {
						slowest, of = took, fmt.Sprint(first[0], "/", second[0], " ", size)
					}
				}
			}
		}
		if slowest > time.Second {
			t.Errorf("%s with %d arguments computes for %v: %s", f.name, f.n, slowest, of)
		}
	}
}

// dearPairs are the first and the second argument that are tried together.
const dearPairs = "a/half a/tail half/a half/tail set/set hex/set keys/keys2 keys/keys like/a a/like glob/a a/glob poly/poly deep/deep deep/a path/path a/a digits/digits"

func dearTexts(n int) [][2]string {
	a := func(n int) string { return strings.Repeat("a", n) }
	keys := func(letter string) string {
		var b strings.Builder
		b.WriteString("{")
		for i := 0; b.Len() < n-20; i++ {
			fmt.Fprintf(&b, `"%s%d":1,`, letter, i)
		}
		return b.String() + `"end":1}`
	}
	var set strings.Builder
	for r := rune(0x100); set.Len() < n; r++ {
		set.WriteRune(0x100 + (r*7)%0xd000)
	}
	return [][2]string{
		{"a", a(n)},
		{"half", a(n/2) + "b"},
		{"tail", a(n-1) + "b"},
		{"like", "%" + a(n/4) + "b%"},
		{"glob", "*" + a(n/4) + "[b]*"},
		{"set", set.String()},
		{"hex", strings.Repeat("61 ", n/3)},
		{"keys", keys("k")},
		{"keys2", keys("j")},
		{"deep", strings.Repeat("[", min(900, n/3)) + "1" + strings.Repeat("]", min(900, n/3))},
		{"poly", "[" + strings.Repeat("[0,0],[1,0],[1,1],", n/18) + "[0,0]]"},
		{"path", "$" + strings.Repeat("[0]", n/3)},
		{"format", strings.Repeat("%s%f%Q", n/6)},
		{"digits", strings.Repeat("9", n)},
	}
}

// lasts calls a function from a run that is over after 100 ms, and reports how long its connection is held.
func lasts(t *testing.T, d *database, name string, n int, args ...any) time.Duration {
	t.Helper()
	params, marks := []any{}, make([]string, n)
	for i := range n {
		params, marks[i] = append(params, args[i%len(args)]), fmt.Sprintf("$%d", i+1)
	}
	st, err := d.parse("SELECT length("+name+"("+strings.Join(marks, ", ")+"))", n, false)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := computed()
	_, _ = d.once(ctx, st, params)
	return computed() - began
}
