package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/arturoeanton/nflow-runtime"

type file struct {
	dir, name string
	tree      *ast.File
	lines     int
	test      bool
	set       *token.FileSet
}

// line returns the line of a place in the file.
func (f file) line(at token.Pos) int { return f.set.Position(at).Line }

func readModule(t *testing.T) (files []file) {
	t.Helper()
	root := filepath.Join("..", "..")
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if name := d.Name(); rel != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bench" || name == "tools") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		tree, err := parser.ParseFile(set, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		files = append(files, file{dir: path.Dir(rel), name: rel, tree: tree, lines: set.File(tree.Pos()).LineCount(), test: strings.HasSuffix(rel, "_test.go"), set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d files were read: the walk is broken", len(files))
	}
	return files
}

func layerOf(dir string) int {
	return slices.IndexFunc(layers, func(dirs []string) bool { return slices.Contains(dirs, dir) })
}

func imports(f file) (paths []string) {
	for _, i := range f.tree.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, `"`))
	}
	return paths
}

func TestImportsGoDown(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		from := layerOf(f.dir)
		if from < 0 {
			t.Errorf("%s: package %s has no layer: give it one in archtest.go", f.name, f.dir)
			continue
		}
		if f.test {
			continue // tests may use the real packages around their own
		}
		for _, p := range imports(f) {
			dir, own := strings.CutPrefix(p, module+"/")
			if !own || drivers[f.dir] == dir {
				continue
			}
			if to := layerOf(dir); to >= from {
				t.Errorf("%s imports %s, which stands on layer %d, not below %d", f.name, dir, to, from)
			}
		}
	}
}

func TestBannedImports(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		if f.test {
			continue
		}
		for _, p := range imports(f) {
			for _, b := range banned {
				if (p == b.path || strings.HasPrefix(p, b.path+"/")) && !allowed(b.allowed, f.dir) && !exemptSubpackage(p, b.path) {
					t.Errorf("%s imports %s: %s", f.name, p, b.reason)
				}
			}
		}
	}
}

// TestNoDurationsByTheWallClock: see wallClock.
func TestNoDurationsByTheWallClock(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		if f.test || wallClock[f.name] != "" {
			continue
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			now, called := s.X.(*ast.CallExpr)
			if s.Sel.Name == "UnixNano" || called && strings.HasPrefix(s.Sel.Name, "Unix") && isTimeNow(now) {
				t.Errorf("%s:%d: %s of a time that may be set: subtract times", f.name, f.line(n.Pos()), s.Sel.Name)
			}
			return true
		})
	}
}

func isTimeNow(call *ast.CallExpr) bool {
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := s.X.(*ast.Ident)
	return ok && of.Name == "time" && s.Sel.Name == "Now"
}

// allowed counts the packages below plugins as plugins.
func allowed(dirs []string, dir string) bool {
	return slices.Contains(dirs, dir) || strings.HasPrefix(dir, "plugins/") && slices.Contains(dirs, "plugins")
}

// exemptSubpackage keeps log/slog out of the ban on log, and the like.
func exemptSubpackage(p, ban string) bool {
	return ban == "log" && p != "log" || ban == "database/sql" && p != ban
}

func TestPackageComments(t *testing.T) {
	t.Parallel()
	documented, dirs := map[string]bool{}, map[string]bool{}
	for _, f := range readModule(t) {
		if f.test {
			continue
		}
		dirs[f.dir] = true
		documented[f.dir] = documented[f.dir] || f.tree.Doc != nil
	}
	for dir := range dirs {
		if !documented[dir] {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

func TestNoPackageState(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		if f.test || f.dir == "internal/archtest" || path.Base(f.name) == "default.go" && allowed(stateful, f.dir) {
			continue
		}
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: init runs before anybody asked for it", f.name)
			}
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			embedded := g.Doc != nil && strings.Contains(g.Doc.Text(), "go:embed") || hasEmbed(g)
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, name := range v.Names {
					if name.Name == "_" || embedded || hasEmbedSpec(v) || immutable(v, i) {
						continue
					}
					if _, ok := globals[f.tree.Name.Name+"."+name.Name]; !ok {
						t.Errorf("%s: package-level variable %s: state belongs in a value; if it is none, say why in archtest.go", f.name, name.Name)
					}
				}
			}
		}
	}
}

// A package that outgrows its reader is divided, or has a reason.
func TestPackagesAreSmall(t *testing.T) {
	t.Parallel()
	lines := map[string]int{}
	for _, f := range readModule(t) {
		if !f.test {
			lines[f.dir] += f.lines
		}
	}
	for dir, n := range lines {
		if n > maxLines && large[dir] == "" {
			t.Errorf("package %s has %d lines without tests, more than %d: divide it", dir, n, maxLines)
		}
	}
	for dir := range large {
		if lines[dir] <= maxLines {
			t.Errorf("package %s has %d lines: it needs no exception any more", dir, lines[dir])
		}
	}
}

func hasEmbed(g *ast.GenDecl) bool {
	return g.Doc != nil && slices.ContainsFunc(g.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") })
}

func hasEmbedSpec(v *ast.ValueSpec) bool {
	return v.Doc != nil && slices.ContainsFunc(v.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") })
}

// immutable reports whether a variable is an error sentinel or a compiled pattern.
func immutable(v *ast.ValueSpec, i int) bool {
	if i >= len(v.Values) {
		return false
	}
	call, ok := v.Values[i].(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, _ := sel.X.(*ast.Ident)
	if pkg == nil {
		return false
	}
	switch pkg.Name + "." + sel.Sel.Name {
	case "errors.New", "fmt.Errorf", "regexp.MustCompile", "fault.New":
		return true
	}
	return false
}
