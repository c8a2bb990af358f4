package sandbox

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// answer is a line of what pairs.mjs writes.
type answer struct {
	Make    string            `json:"make"`
	Locale  string            `json:"locale"`
	Options json.RawMessage   `json:"options"`
	Values  []json.RawMessage `json:"values"`
	Want    []string          `json:"want"`
}

// askIntl calls Intl as pairs.mjs does.
const askIntl = `function main() {
	const decode = v => Array.isArray(v) ? v.map(decode) : v && v.number ? Number(v.number) : v && v.bigint ? BigInt(v.bigint) : v && v.date !== undefined ? new Date(v.date) : v
	const text = parts => parts.map(p => p.type + "=" + p.value).join("|")
	const calls = {
		NumberFormat: (f, v) => f.format(v),
		NumberParts: (f, v) => text(f.formatToParts(v)),
		NumberRange: (f, v) => f.formatRange(v[0], v[1]),
		DateTimeFormat: (f, v) => f.format(v),
		DateTimeParts: (f, v) => text(f.formatToParts(v)),
		DateTimeRange: (f, v) => f.formatRange(v[0], v[1]),
		PluralRules: (f, v) => f.select(v),
		RelativeTimeFormat: (f, v) => f.format(v[0], v[1]),
		RelativeTimeParts: (f, v) => f.formatToParts(v[0], v[1]).map(p => p.type + "=" + p.value + (p.unit || "")).join("|"),
		ListFormat: (f, v) => f.format(v),
		ListParts: (f, v) => text(f.formatToParts(v)),
		Collator: (f, v) => String(f.compare(v[0], v[1])),
	}
	return JSON.stringify(JSON.parse(lines).map(({ make, locale, options, values }) => {
		const f = new Intl[make.replace("Parts", "Format").replace("Range", "Format")](locale, options)
		return values.map(v => {
			try { return String(calls[make](f, decode(v))) } catch (e) { return String(e) }
		})
	}))
}`

// TestIntlAsNode compares with what Node answered, of the same version of the CLDR. testdata/intl/README.md explains the differences.
func TestIntlAsNode(t *testing.T) {
	t.Parallel()
	for name, most := range map[string]int{"numbers": 0, "dates": 42, "texts": 0, "collation": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, asked := readAnswers(t, name)
			differ, pairs := 0, 0
			for i, got := range askedIntl(t, asked) {
				for n, want := range lines[i].Want {
					if pairs++; got[n] != want {
						if differ++; differ <= 40 || os.Getenv("NFLOW_ALL") != "" {
							t.Logf("%s %s %s %s: %q, want %q", lines[i].Make, lines[i].Locale, lines[i].Options, lines[i].Values[n], got[n], want)
						}
					}
				}
			}
			t.Logf("%d of %d pairs agree", pairs-differ, pairs)
			if pairs < 1000 || differ > most {
				t.Errorf("%d of %d pairs differ, want %d at most", differ, pairs, most)
			}
		})
	}
}

func readAnswers(t *testing.T, name string) (lines []answer, asked string) {
	t.Helper()
	f, err := os.Open("testdata/intl/" + name + ".jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for s := bufio.NewScanner(z); s.Scan(); {
		var a answer
		if err := json.Unmarshal(s.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		lines, texts = append(lines, a), append(texts, s.Text())
	}
	return lines, "[" + strings.Join(texts, ",") + "]"
}

func askedIntl(t *testing.T, asked string) (got [][]string) {
	t.Helper()
	p, err := compile.Compiler{BigInt: true}.Compile(compile.Source{Name: "ask", Code: askIntl})
	if err != nil {
		t.Fatal(err)
	}
	vm := New(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}, Limits: Limits{BigInt: true}})
	vm.Define("lines", vm.Runtime().ToValue(asked))
	v, err := vm.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(v.String()), &got); err != nil {
		t.Fatal(err)
	}
	return got
}
