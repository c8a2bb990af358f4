package archtest

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxArchitecture is how many bytes ARCHITECTURE.md may have: more is not read.
const maxArchitecture = 15_000

var (
	fenced     = regexp.MustCompile("(?s)```.*?```")
	quoted     = regexp.MustCompile("`([^`]+)`")
	namesAFile = regexp.MustCompile(`^[\w./*-]+\.go$`)
	namesAPath = regexp.MustCompile(`^(internal|plugins|engine|process|syncsession|logger|model|replay)(/[\w-]+)+$`)
)

// ARCHITECTURE.md names files and packages that are there, every package is in its table, and it stays short.
func TestArchitectureFitsTheTree(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	if len(b) >= maxArchitecture {
		t.Errorf("ARCHITECTURE.md has %d bytes, and may have less than %d", len(b), maxArchitecture)
	}
	files := readModule(t)
	there := func(name string) bool {
		return slices.ContainsFunc(files, func(f file) bool {
			at := f.name
			if !strings.Contains(name, "/") {
				at = path.Base(at)
			}
			ok, _ := path.Match(name, at)
			return ok
		})
	}
	named := 0
	for _, m := range quoted.FindAllStringSubmatch(fenced.ReplaceAllString(string(b), ""), -1) {
		name := m[1]
		switch {
		case namesAFile.MatchString(name):
			if named++; !there(name) {
				t.Errorf("ARCHITECTURE.md names the file %s, which is not there", name)
			}
		case namesAPath.MatchString(name):
			if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(name))); err != nil {
				t.Errorf("ARCHITECTURE.md names %s, which is not there", name)
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d names of files were found: the test looks wrong", named)
	}
	for _, layer := range layers[:len(layers)-1] {
		for _, dir := range layer {
			if !strings.Contains(string(b), "`"+dir+"`") && !strings.Contains(string(b), "`"+path.Base(dir)+"`") && !covered(dir) {
				t.Errorf("ARCHITECTURE.md does not name the package %s", dir)
			}
		}
	}
}

// covered reports whether a package needs no line of its own: its parent's says what it is, or it is for tests.
func covered(dir string) bool {
	return dir == "." || strings.HasPrefix(dir, "plugins/") || strings.HasSuffix(dir, "test") || dir == "internal/sandbox/bombs" || dir == "examples/demo"
}

// dialect are verbs with which no doc comment of a function begins: it says what the function returns, reports or writes.
var dialect = regexp.MustCompile(`^\w+ (gives|answers|tells)\b`)

func TestDocCommentsSayReturns(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && dialect.MatchString(fn.Doc.Text()) {
				t.Errorf("%s:%d: %q: write returns, reports or writes", f.name, f.line(fn.Pos()), dialect.FindString(fn.Doc.Text()))
			}
		}
	}
}
