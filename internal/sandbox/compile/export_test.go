package compile

import "github.com/dop251/goja/ast"

// What the tests outside of the package, which run programs in a VM, look at.
var (
	Parse       = parse
	Scan        = scan
	CompileTree = compileTree
)

const TickName = string(tickName)

func IsSimpleMain(tree *ast.Program) bool { return simpleMain(tree) != nil }

func Instrument(tree *ast.Program) *Problem {
	_, _, _, problem := instrument(tree, false, nil)
	return problem
}
