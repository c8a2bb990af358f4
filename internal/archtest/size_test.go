package archtest

import (
	"go/ast"
	"testing"
)

const (
	maxFile     = 400 // lines
	maxFunction = 60  // lines of its body
	maxMethods  = 40  // of a run
)

// What a reader has to hold in mind at once is small, in tests too.
func TestFilesAndFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for _, f := range readModule(t) {
		if f.lines > maxFile {
			t.Errorf("%s has %d lines, more than %d: split it by subject", f.name, f.lines, maxFile)
		}
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if n := f.line(fn.Body.Rbrace) - f.line(fn.Body.Lbrace) - 1; n > maxFunction {
				t.Errorf("%s: %s has %d lines, more than %d", f.name, fn.Name.Name, n, maxFunction)
			}
		}
	}
}

func TestRunHasFewMethods(t *testing.T) {
	t.Parallel()
	n := 0
	for _, f := range readModule(t) {
		if f.dir != "internal/runloop" {
			continue
		}
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && receiver(fn.Recv.List[0].Type) == "run" {
				n++
			}
		}
	}
	if n == 0 || n > maxMethods {
		t.Errorf("run has %d methods, and may have %d: give a part of it a type of its own", n, maxMethods)
	}
}
