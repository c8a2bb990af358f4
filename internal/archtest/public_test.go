package archtest

import (
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a public package exports speaks of exported types only: a program outside the module can name them, and go doc
// shows them.
func TestPublicPackagesSpeakPublicTypes(t *testing.T) {
	t.Parallel()
	looked, used := map[string]bool{}, map[string]bool{}
	for _, f := range readModule(t) {
		if f.test || !slices.Contains(public, f.dir) {
			continue
		}
		looked[f.dir] = true
		inner := map[string]string{}
		for _, i := range f.tree.Imports {
			p := strings.Trim(i.Path.Value, `"`)
			if dir, own := strings.CutPrefix(p, module+"/"); own && !slices.Contains(public, dir) {
				name := path.Base(p)
				if i.Name != nil {
					name = i.Name.Name
				}
				inner[name] = dir
			}
		}
		for _, said := range exported(f.tree) {
			ast.Inspect(said.what, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				pkg, ok := sel.X.(*ast.Ident)
				if !ok || inner[pkg.Name] == "" {
					return true
				}
				key := f.dir + " " + inner[pkg.Name]
				if used[key] = true; private[key] == "" {
					t.Errorf("%s: %s mentions %s.%s, which programs outside the module cannot name", f.name, said.name, pkg.Name, sel.Sel.Name)
				}
				return true
			})
		}
	}
	for _, dir := range public {
		if !looked[dir] {
			t.Errorf("public package %s is not there", dir)
		}
	}
	for key := range private {
		if !used[key] {
			t.Errorf("%q needs no exception any more", key)
		}
	}
}

// saying is a part of a declaration that other packages see.
type saying struct {
	name string
	what ast.Node
}

// exported returns what a file's declarations show: signatures, types without their hidden fields, and the types of
// variables, or what they are set to where none is said.
func exported(f *ast.File) (all []saying) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
				all = append(all, saying{d.Name.Name, d.Type})
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				all = append(all, spec(d.Tok, s)...)
			}
		}
	}
	return all
}

func spec(tok token.Token, s ast.Spec) (all []saying) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		shape, ok := s.Type.(*ast.StructType)
		if !ok {
			return []saying{{s.Name.Name, s.Type}}
		}
		for _, field := range shape.Fields.List {
			shown := len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported)
			if shown {
				all = append(all, saying{s.Name.Name, field.Type})
			}
		}
	case *ast.ValueSpec:
		for i, name := range s.Names {
			switch {
			case !name.IsExported():
			case s.Type != nil:
				all = append(all, saying{name.Name, s.Type})
			case tok == token.VAR && i < len(s.Values):
				all = append(all, saying{name.Name, s.Values[i]})
			}
		}
	}
	return all
}

// receiver returns the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// The code of docs/embedding.md stands in examples, which go test runs; only its indentation may differ.
func TestPageOfEmbedding(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/embedding.md")
	if err != nil {
		t.Fatal(err)
	}
	var examples []string
	for _, pattern := range []string{"../../engine/example*_test.go", "../../replay/example_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			examples = append(examples, flat(string(text)))
		}
	}
	pieces := strings.Split(string(page), "```go\n")[1:]
	if len(pieces) < 10 {
		t.Fatalf("%d pieces of code were found", len(pieces))
	}
	for _, piece := range pieces {
		code, _, closed := strings.Cut(piece, "```")
		if !closed || !slices.ContainsFunc(examples, func(e string) bool { return strings.Contains(e, flat(code)) }) {
			t.Errorf("docs/embedding.md: no example has this code:\n%s", code)
		}
	}
}

// flat returns a text without indentation.
func flat(text string) string {
	var b strings.Builder
	b.WriteByte('\n')
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
