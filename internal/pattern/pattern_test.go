package pattern

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func matches(t *testing.T, pattern, text string) bool {
	t.Helper()
	p, err := CompileSchema(pattern)
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	found, err := p.MatchText(text, func(int, int64) error { return nil })
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	return found
}

// TestMatch: a pattern matches as it does in a script with flag u.
func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, yes, no string }{ // texts with a blank between
		{`^[\u00e1a-z]+$`, "á abc", "A é"},
		{`^\u{1F600}$`, "😀", "x 😀😀"},
		{`^\ud83d\ude00$`, "😀", "x"},
		{`^.$`, "😀 é a", "ab"},
		{`^(.)\1$`, "aa 😀😀", "ab a"},
		{`^(?<q>["'])x\k<q>$`, `"x" 'x'`, `"x' x`},
		{`^(?=.*\d).{8,}$`, "abcdefg1", "abcdefgh abc1"},
		{`^(?!admin)`, "bob administer1"[:3], "admin administer"},
		{`^(?!x-)`, "a x", "x-b"},
		{`(?<=\$)\d+`, "$5 a$12", "5 €5"},
		{`(?<!\$)\b\d+`, "5 €5", "$5"},
		{`(?<=(\d+)x)y`, "12xy", "xy"},
		{`^(?:a|ab)(?:c|bcd)(?:d*)$`, "abcd acd", "abce"},
		{`^(a*)*$`, "aaa", "aab"},
		{`^(?:a?){3}$`, "a aa aaa", "aaaa"},
		{`^(?:|a)+$`, "aa", "b"},
		{`^a{1200}$`, strings.Repeat("a", 1200), strings.Repeat("a", 1199)},
		{`^(?:ab){2,3}$`, "abab ababab", "ab abababab"},
		{`^(?:ab){2,}?$`, "abab abababab", "ab"},
		{`^a{0}b$`, "b", "ab"},
		{`^a+?b*?$`, "ab aab", "ba"},
		{`^(z)((a+)?(b+)?(c))*$`, "zaacbbbcac", "zab"},
		{`^(?:(a)|b)*\1$`, "ab", "aba"},
		{`\bword\b`, "word a-word-b", "words sword"},
		{`\Bx`, "ax", "x -x"},
		{`^\p{L}+$`, "é日本", "a1"},
		{`^\p{Letter}\p{Lu}\P{L}$`, "éÁ1", "aaa"},
		{`^\p{Script=Greek}+$`, "αβ", "ab"},
		{`^[\p{Nd}_]+$`, "1_٣", "a"},
		{`^\p{ASCII}+$`, "abc", "é"},
		{`^[^\]]$`, "a", "]"},
		{`^[]$`, "", "a"},
		{`^[^]$`, "a", ""},
		{`^[\w.-]+@[a-z-]+\.[a-z]{2,}$`, "a.b-c@x-y.org", "a@b"},
		{`^\d{3}\-\d{4}$`, "123-4567", "1234567"},
		{`^\cA\x41\0$`, "\x01A\x00", "A"},
		{`a|b|`, "b c", ""},
	} {
		for _, text := range strings.Fields(c.yes) {
			if !matches(t, c.pattern, text) {
				t.Errorf("%s does not match %.40q", c.pattern, text)
			}
		}
		for _, text := range strings.Fields(c.no) {
			if matches(t, c.pattern, text) {
				t.Errorf("%s matches %.40q", c.pattern, text)
			}
		}
	}
	for _, c := range []string{"\t", "\n", "\v", "\f", "\r", " ", "\u00a0", "\u2003", "\u3000", "\ufeff", "\u2028"} {
		if !matches(t, `^\s$`, c) || matches(t, `^\S$`, c) {
			t.Errorf("%q is no blank", c)
		}
	}
	if matches(t, `^\s$`, "\u200b") || matches(t, `^\d$`, "٣") || matches(t, `^\w$`, "é") || matches(t, `^a$`, "a\n") || matches(t, `.`, "\u2028") {
		t.Error("classes of other languages")
	}
}

// TestForeignSyntax: what ECMAScript does not know is refused, and says what.
func TestForeignSyntax(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`\Z`: `has a \Z`, `\A`: `has a \A`, `\a`: `has a \a`, `\e`: `has a \e`, `\h`: `has a \h`, `(?P<a>b)`: "does not know", `(?i)a`: "does not know", `(?#c)`: "does not know", `(?>a)`: "does not know",
		`a++`: "repeats nothing", `*a`: "repeats nothing", `(?=a)*`: "cannot be repeated", `^*`: "cannot be repeated", `a{2,1}`: "m below n", `a{`: "begins no {n}", `{`: "repeats nothing", `a{,3}`: "begins no {n}",
		`(a`: "is not closed", `a)`: "without a (", `[a`: "is not closed", `[b-a]`: "end comes before", `[\d-z]`: "begins or ends with a class", `\`: "ends with a backslash",
		`\1`: "refers to group 1", `\k<a>`: "refers to a group", `\k`: "without <name>", `(?<a>x)(?<a>y)`: "two groups", `(?<1>x)`: "proper name", `\p{Foo}`: "not known", `\pL`: "without {property}", `\p{Script=Foo}`: "not known",
		`\u{110000}`: "no character", `\u12`: "4 digits", `\x1`: "2 digits", `\c1`: `has a \c`, `\01`: `has a \0`, strings.Repeat("(", 1300): "nested more than 1000 deep",
	} {
		if _, err := CompileSchema(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", pattern, err, want)
		}
	}
}

// TestLongMatches: a match counts its steps, and ends where they are too many, or where it is told to.
func TestLongMatches(t *testing.T) {
	t.Parallel()
	count := func(pattern, text string) (steps int, err error) {
		p, err := CompileSchema(pattern)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.MatchText(text, func(n int, bytes int64) error { steps += n; return nil })
		return steps, err
	}
	for _, pattern := range []string{`^(a+)+$`, `^(?:a|a)*$`, `^(.*)*[xy]\1$`} {
		if steps, err := count(pattern, strings.Repeat("a", 40)+"b"); !errors.Is(err, ErrTooLong) || steps > maxSteps+2*atOnce {
			t.Errorf("%s: %v after %d steps", pattern, err, steps)
		}
	}
	for pattern, text := range map[string]string{`\s+$`: strings.Repeat(" ", 100_000) + "x", `^.*x$`: strings.Repeat("a", 100_000), `[^,]*;`: strings.Repeat("a", 100_000)} {
		if steps, err := count(pattern, text); err != nil || steps > 5*len(text) {
			t.Errorf("%s: %v after %d steps", pattern, err, steps)
		}
	}
	stop := errors.New("stop")
	p, _ := CompileSchema(`^(a+)+$`)
	if _, err := p.MatchText(strings.Repeat("a", 40)+"b", func(n int, _ int64) error {
		if n > 1 {
			return stop
		}
		return nil
	}); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// FuzzMatch compares with Go's engine where both mean the same.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"a*b", "(a|b)+c", "[^a]?", "^a{2,3}$", "(?:a|)b", `\d\w`, "a.c", "(a*)(b)?"} {
		f.Add(s, "aabc")
	}
	plain := regexp.MustCompile(`^[abc|()*+?.^$]{0,12}$`)
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := CompileSchema(pattern)
		if err != nil {
			return
		}
		found, err := p.MatchText(text, func(int, int64) error { return nil })
		if err != nil || !plain.MatchString(pattern) || strings.ContainsAny(text, "\r\u2028\u2029") || strings.ToValidUTF8(text, "") != text {
			return
		}
		if re, err := regexp.Compile(pattern); err == nil && re.MatchString(text) != found {
			t.Errorf("%s on %q: %v", pattern, text, found)
		}
	})
}
