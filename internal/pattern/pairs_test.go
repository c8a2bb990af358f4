package pattern

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestPairs compares with what Node answered: see testdata/pairs.mjs. NFLOW_PAIRS names another file of its kind.
func TestPairs(t *testing.T) {
	t.Parallel()
	name := os.Getenv("NFLOW_PAIRS")
	if name == "" {
		name = "testdata/pairs.txt"
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pairs, wrong := 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 5 {
			t.Fatalf("no pair: %q", lines.Text())
		}
		pairs++
		if got := answer(t, fields); got != fields[4] {
			if wrong++; wrong <= 20 {
				t.Errorf("/%s/%s on %q from %s: %s, Node answers %s", fields[0], fields[1], fields[2], fields[3], got, fields[4])
			}
		}
	}
	if wrong > 0 || pairs < 4000 {
		t.Errorf("%d of %d pairs differ", wrong, pairs)
	}
}

func answer(t *testing.T, fields []string) string {
	flags, ok := ParseFlags(fields[1])
	if !ok {
		t.Fatalf("no flags: %s", fields[1])
	}
	p, err := Compile(units(fields[0]), flags)
	if err != nil {
		return "E"
	}
	last, _ := strconv.Atoi(fields[3])
	wide := units(fields[2])
	texts := []Text{{Wide: wide}}
	if s := string(utf16.Decode(wide)); len(s) == len(wide) {
		texts = append(texts, Text{ASCII: []byte(s)})
	}
	var first string
	for i, text := range texts {
		if text.Wide == nil && text.ASCII == nil {
			text.ASCII = []byte{}
		}
		got := places(p, text, last, flags&Sticky != 0)
		if i == 0 {
			first = got
		} else if got != first {
			t.Errorf("/%s/%s on %q: %s as ASCII, %s as UTF-16", fields[0], fields[1], fields[2], got, first)
		}
	}
	return first
}

func places(p *Pattern, text Text, last int, sticky bool) string {
	var m Matcher
	groups, err := m.Find(p, text, last, sticky)
	if err != nil {
		return err.Error()
	}
	if groups == nil {
		return "-"
	}
	var list []string
	for i := 0; i < len(groups); i += 2 {
		if groups[i] < 0 || groups[i+1] < 0 {
			list = append(list, "_")
		} else {
			list = append(list, fmt.Sprintf("%d,%d", groups[i], groups[i+1]))
		}
	}
	return strings.Join(list, ";")
}

// units reads a text as pairs.mjs writes it.
func units(s string) []uint16 {
	out := []uint16{}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			out = append(out, uint16(s[i]))
		case s[i+1] == 'u':
			n, _ := strconv.ParseUint(s[i+2:i+6], 16, 16)
			out = append(out, uint16(n))
			i += 5
		default:
			out = append(out, '\\')
			i++
		}
	}
	return out
}
