package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
)

// longTexts are texts that natives get in pieces, with what must not be cut at each place. In each, what is cut falls on other
// letters: the first is shifted.
var longTexts = []string{
	`"a"`, `"ñ"`, `"😀"`, `"aB, "`, `"ΑΣ. ΣΑ Σ"`, `"Σ"`, `"Σ."`, `"aΣ\u0301\u0301b"`, `"e\u0301"`, `"\u1112\u1161\u11ab"`, `"ﷺﬁ"`, `"İıßŉ"`, `"\u{10400}Σ"`, `"1\ud800"`, `"\udc00\ud800-"`, `"%41"`, `"%C3%B1x"`,
	`"%e2%82%ac"`, `"%F0%9F%98%80"`, `"%u00f1%E9"`, `"%2f%3F"`, `"  \u2003\ufeff"`, `"\u0345ς"`, `"$&, "`,
}

// Natives make of a long text what they make of it in one step.
func TestPiecesAreWhatTheWholeIs(t *testing.T) {
	t.Parallel()
	codes := []string{
		`s.toUpperCase()`, `s.toLowerCase()`, `s.toLocaleLowerCase()`, `s.normalize()`, `s.normalize("NFD")`, `s.normalize("NFKC")`, `s.normalize("NFKD")`, `encodeURIComponent(s)`, `encodeURI(s)`,
		`decodeURIComponent(s)`, `decodeURI(s)`, `escape(s)`, `unescape(s)`, `s.split("").length + s.split("").slice(-9)`, `s.split(", ", 70000).join("|")`, `s.split("Σ").join("|")`, `s.split("e").length`, `s.split("aB", -1).length`,
		`s.replaceAll("a", "b")`, `s.replaceAll("", "-")`, `s.replaceAll("ñ", "$&$&")`, `s.replaceAll(", ", (m, at, all) => m + at + all.length)`, `s.replaceAll("Σ.", "$$")`, `s.replaceAll("none", "x")`, `s.replace("B, a", "$'".slice(0, 1))`,
		`s.replace("B,", x => x + x)`, `s.replace({ [Symbol.replace]: (t, by) => t.length + by }, "x")`, `s.replaceAll(new String("a"), "b")`, `s.split({ [Symbol.split]: (t, n) => t.length + n }, 7)`, `s.replaceAll(/a/, "")`, `s.replace("a")`,
		`[s.indexOf("B"), s.indexOf(s.slice(5)), s.indexOf("a", 150000), s.indexOf("", 1e9), s.indexOf("none", -1)]`, `[s.lastIndexOf("B"), s.lastIndexOf("a", 99999), s.lastIndexOf("none"), s.lastIndexOf("", 70000), s.lastIndexOf("a", NaN), s.lastIndexOf(s)]`,
		`[s.includes("Σ"), s.includes(s.slice(9), 9), s.includes(s, 1), s.includes("\udc00\ud800-"), s.includes(undefined)]`, `s.repeat(2.9)`, `s.slice(0, 3).repeat(70000)`, `s.slice(0, 3).padEnd(300001, s.slice(0, 7))`, `"ñ".padStart(200000)`, `s.padStart(s.length + 150000, "ab")`, `"a".padEnd(200000, "")`,
	}
	for _, text := range longTexts {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			theirs, ours := goja.New(), testVM(t, nil)
			for _, code := range codes {
				whole := `(() => { const s = "x" + ` + text + `.repeat(Math.ceil(140000 / ` + text + `.length)); try { return String(` + code + `) } catch (e) { return e.name } })()`
				if strings.Contains(code, "Lower") { // goja takes some final sigmas of long texts for others
					whole += `.replaceAll("ς", "σ")`
				}
				if strings.HasPrefix(code, `s.replaceAll("", `) { // goja does not come back
					continue
				}
				want, err := theirs.RunString(whole)
				if err != nil {
					t.Fatal(code, err)
				}
				got, err := ours.Run(program(t, "pieces", "function main() { return "+whole+" }"))
				if err != nil {
					t.Fatal(code, err)
				}
				if !got.StrictEquals(want) {
					at, a, b := 0, got.String(), want.String()
					for at < min(len(a), len(b)) && a[at] == b[at] {
						at++
					}
					from := max(0, at-20)
					t.Errorf("%s: at %d of %d and %d: %.50q, want %.50q", code, at, len(a), len(b), a[from:], b[from:])
				}
			}
		})
	}
}

// goja's replaceAll finds an empty text in one that is not ASCII again and again, behind its end.
func TestReplacingNothing(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`"ñb".replaceAll("", "-")`, "string:-ñ-b-"},
		{`"ab".replaceAll("", x => "<" + x + ">")`, "string:<>a<>b<>"},
		{`"".replaceAll("", "ñ")`, "string:ñ"},
		{`"ñ".replace("", "$'")`, "string:ññ"},
		{`"ñ".repeat(99999).replaceAll("", "-").length`, "number:199999"},
		{`"a".repeat(99999).replaceAll(new String(""), "ñ").length`, "number:199999"},
		{`"ñ".replaceAll({ toString: () => "" }, "$&x")`, "string:xñx"},
	} {
		if got := evaluate(t, c[0], Limits{Memory: 64 << 20}); got != c[1] {
			t.Errorf("%s: %.80s, want %s", c[0], got, c[1])
		}
	}
}

// A text of marks alone cannot be cut.
func TestPiecesThatCannotBeCut(t *testing.T) {
	t.Parallel()
	if got := evaluate(t, `("a" + "\u0301".repeat(200000)).normalize()`, Limits{Memory: 64 << 20}); !strings.Contains(got, "RangeError: normalize") {
		t.Error(got)
	}
}

// What natives remember while they replace and take apart counts as memory.
func TestReplacingIsCounted(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`s.replaceAll("a", "b")`, `s.replaceAll("", "b")`, `s.replaceAll(new String("a"), "b")`, `s.replaceAll({ toString: () => "a" }, x => x)`, `s.split("a")`, `s.split("")`, `s.split(new String(""))`,
		`s.replaceAll(Object.assign(/b/g, { [Symbol.replace]: undefined, toString: () => "a" }), "b")`,
	} {
		start := time.Now()
		err := explodeWithin(`const s = "a".repeat(3e6); for (;;) `+code, Limits{Memory: 8 << 20}, time.Minute)
		if err == nil || !strings.Contains(err.Error(), "max_memory_mb") {
			t.Errorf("%s: took %v, %v", code, time.Since(start), err)
		}
	}
}
