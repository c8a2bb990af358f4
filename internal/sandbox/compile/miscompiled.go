package compile

import (
	"github.com/dop251/goja/ast"
)

// A break or continue in code that goja knows to be dead, as in if (0) break outer, spoils the code around: goja compiles it
// into nothing and then writes its jump over another instruction. reachable has goja not know: the test becomes (0, test).
func reachable(test *ast.Expression, bodies ...ast.Statement) {
	if *test == nil || !isConstant(*test) {
		return
	}
	for _, body := range bodies {
		if hasBranch(body) {
			*test = &ast.SequenceExpression{Sequence: []ast.Expression{number(0, (*test).Idx0()), *test}}
			return
		}
	}
}

// reachableLoop is reachable for the test of a loop. while (true) is left as it is: nothing in it is dead.
func reachableLoop(test *ast.Expression, body ast.Statement) {
	if b, ok := (*test).(*ast.BooleanLiteral); ok && b.Value {
		return
	}
	if n, ok := (*test).(*ast.NumberLiteral); ok && n.Value != int64(0) {
		return
	}
	reachable(test, body)
}

// withoutDeadBranches replaces statements that come behind a break or continue and hold another.
func withoutDeadBranches(list []ast.Statement) {
	dead := false
	for i, s := range list {
		if dead && hasBranch(s) {
			list[i] = &ast.EmptyStatement{Semicolon: s.Idx0()}
		}
		_, ok := s.(*ast.BranchStatement)
		dead = dead || ok
	}
}

// catchInside makes try {a} catch {b} finally {c} into try { try {a} catch {b} } finally {c}, which means the same: goja has the
// catch of a statement take what its own finally throws.
func catchInside(s *ast.TryStatement) {
	if s.Catch == nil || s.Finally == nil {
		return
	}
	inner := &ast.TryStatement{Try: s.Try, Body: s.Body, Catch: s.Catch}
	s.Body = &ast.BlockStatement{LeftBrace: s.Body.LeftBrace, List: []ast.Statement{inner}, RightBrace: s.Catch.Idx1() - 1}
	s.Catch = nil
}

// isConstant reports whether goja may calculate an expression when it compiles it.
func isConstant(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.NumberLiteral, *ast.StringLiteral, *ast.BooleanLiteral, *ast.NullLiteral:
		return true
	case *ast.UnaryExpression:
		return isConstant(e.Operand)
	case *ast.BinaryExpression: // of || and &&, the left side may do
		return isConstant(e.Left)
	}
	return false
}

// hasBranch reports whether a statement holds a break or continue.
func hasBranch(s ast.Statement) bool {
	switch s := s.(type) {
	case *ast.BranchStatement:
		return true
	case *ast.BlockStatement:
		return anyBranch(s.List)
	case *ast.IfStatement:
		return hasBranch(s.Consequent) || hasBranch(s.Alternate)
	case *ast.LabelledStatement:
		return hasBranch(s.Statement)
	case *ast.SwitchStatement:
		for _, c := range s.Body {
			if anyBranch(c.Consequent) {
				return true
			}
		}
	case *ast.TryStatement:
		return hasBranch(s.Body) || s.Catch != nil && hasBranch(s.Catch.Body) || s.Finally != nil && hasBranch(s.Finally)
	case *ast.ForStatement:
		return hasBranch(s.Body)
	case *ast.ForInStatement:
		return hasBranch(s.Body)
	case *ast.ForOfStatement:
		return hasBranch(s.Body)
	case *ast.WhileStatement:
		return hasBranch(s.Body)
	case *ast.DoWhileStatement:
		return hasBranch(s.Body)
	}
	return false
}

func anyBranch(list []ast.Statement) bool {
	for _, s := range list {
		if hasBranch(s) {
			return true
		}
	}
	return false
}
