package compile

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/unistring"
)

// names are what the syntax tree of a source names, each once and sorted.
type names struct {
	calls   []string // functions and constructors that are called: f(…), new F(…), c.f(…)
	imports []string // modules of require, import and export … from
	flows   []string // flows of flow.call
}

// call notes a call. esbuild has made a require of each import by now.
func (n *names) call(callee ast.Expression, arguments []ast.Expression) {
	if isFlowCall(callee) && len(arguments) > 0 {
		if target, ok := literalText(arguments[0]); ok && target != "" {
			n.flows = append(n.flows, target)
		}
	}
	name := calledName(callee)
	if name == "" {
		return
	}
	n.calls = append(n.calls, name)
	if _, member := callee.(*ast.DotExpression); name == "require" && !member && len(arguments) > 0 {
		if module, ok := literalText(arguments[0]); ok && module != "" {
			n.imports = append(n.imports, module)
		}
	}
}

func (n *names) sort() {
	slices.Sort(n.calls)
	slices.Sort(n.imports)
	slices.Sort(n.flows)
	n.calls, n.imports, n.flows = slices.Compact(n.calls), slices.Compact(n.imports), slices.Compact(n.flows)
}

// calledName returns the name by which a function is called: its own, or that of a member of c; "" for others.
func calledName(callee ast.Expression) string {
	switch x := callee.(type) {
	case *ast.Optional:
		return calledName(x.Expression)
	case *ast.OptionalChain:
		return calledName(x.Expression)
	case *ast.Identifier:
		return x.Name.String()
	case *ast.DotExpression:
		if isNamed(x.Left, "c") {
			return x.Identifier.Name.String()
		}
	}
	return ""
}

// isFlowCall reports whether what is called is flow.call.
func isFlowCall(callee ast.Expression) bool {
	switch x := callee.(type) {
	case *ast.Optional:
		return isFlowCall(x.Expression)
	case *ast.OptionalChain:
		return isFlowCall(x.Expression)
	case *ast.DotExpression:
		return x.Identifier.Name == "call" && isNamed(x.Left, "flow")
	}
	return false
}

// isNamed reports whether an expression is a variable of that name, as in name.f or name?.f.
func isNamed(e ast.Expression, name unistring.String) bool {
	if o, ok := e.(*ast.Optional); ok {
		e = o.Expression
	}
	of, ok := e.(*ast.Identifier)
	return ok && of.Name == name
}

// literalText returns the text of a string, or of a template without expressions.
func literalText(e ast.Expression) (text string, ok bool) {
	switch x := e.(type) {
	case *ast.StringLiteral:
		return x.Value.String(), true
	case *ast.TemplateLiteral:
		if x.Tag == nil && len(x.Elements) == 1 && len(x.Expressions) == 0 {
			return x.Elements[0].Parsed.String(), true
		}
	}
	return "", false
}
