package compile

import "github.com/dop251/goja/ast"

// What the tests outside of the package, which run programs in a VM, look at.
var (
	Parse       = parse
	CompileTree = compileTree
)

func IsSimpleMain(tree *ast.Program) bool { return simpleMain(tree) != nil }

// Instrument returns the variables that the code needs, with their slots of the meter; 0 is the meter itself.
func Instrument(tree *ast.Program) (map[string]int, *Problem) {
	counted, _, _, problem := instrument(tree, false, nil)
	slots := map[string]int{string(tickName): 0}
	for _, weight := range counted.loops {
		slots[string(loopName(weight))] = SlotLoops - weight
	}
	return slots, problem
}
