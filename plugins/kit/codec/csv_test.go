package codec

import "testing"

// TestCSVCharacters: separator and comment may be any character.
func TestCSVCharacters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`csv.parse("a€b\n1€\"x€y\"", {separator: "€"})`:                                                         `[{"a":"1","b":"x€y"}]`,
		`csv.parse("sep=€\na€b\n1€2")`:                                                                          `[{"a":"1","b":"2"}]`,
		`csv.parse("a😀b\n§ no\n1😀ä", {separator: "😀", comment: "§"})`:                                           `[{"a":"1","b":"ä"}]`,
		`csv.format([["x€y", "ä", "€"]], {separator: "€"})`:                                                     `"\"x€y\"€ä€\"€\"\n"`,
		`csv.parse(csv.format([["\ud83d", "ã€ì", "€"]], {separator: "ã"}), {separator: "ã", header: false})[0]`: `["\ud83d","ã€ì","€"]`,
	} {
		w.Eq(script, want)
	}
}
