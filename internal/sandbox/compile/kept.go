package compile

import (
	"strconv"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// keptName is a variable that no script can write as an identifier.
func keptName(i int) unistring.String { return unistring.String("%" + strconv.Itoa(i)) }

// kept has what stands before a member, and a computed name, evaluated once: a().b becomes %0 = a(), and %0.b.
func (in *instrumenter) kept(member ast.Expression) (before []ast.Expression, again ast.Expression) {
	keep := func(e ast.Expression) ast.Expression {
		switch e.(type) {
		case *ast.ThisExpression, *ast.SuperExpression, *ast.NumberLiteral, *ast.StringLiteral:
			return e
		}
		name, at := in.keep(), e.Idx0()
		before = append(before, &ast.AssignExpression{Operator: token.ASSIGN, Left: identifier(name, at), Right: e})
		return identifier(name, at)
	}
	switch x := member.(type) {
	case *ast.DotExpression:
		x.Left = keep(x.Left)
	case *ast.PrivateDotExpression:
		x.Left = keep(x.Left)
	case *ast.BracketExpression:
		x.Left, x.Member = keep(x.Left), keep(x.Member)
	}
	return before, member
}

// keep takes a name of the innermost function.
func (in *instrumenter) keep() unistring.String {
	i := len(in.scopes) - 1
	for i > 0 && !in.scopes[i].function {
		i--
	}
	in.scopes[i].kept++
	depth := i << 16 // functions inside have names of their own
	return keptName(depth + in.scopes[i].kept)
}

// keptNames declares the names that the innermost function keeps; nil for none.
func (in *instrumenter) keptNames(at file.Idx) []ast.Statement {
	i := len(in.scopes) - 1
	if in.scopes[i].kept == 0 {
		return nil
	}
	d := &ast.LexicalDeclaration{Idx: at, Token: token.LET}
	for n := range in.scopes[i].kept {
		d.List = append(d.List, &ast.Binding{Target: identifier(keptName(i<<16+n+1), at)})
	}
	return []ast.Statement{d}
}

// valued writes (%0 = e, target = %0, %0) for target = e.
func (in *instrumenter) valued(x *ast.AssignExpression) ast.Expression {
	name, at := in.keep(), lastPlace(x.Right)
	first := &ast.AssignExpression{Operator: token.ASSIGN, Left: identifier(name, at), Right: x.Right}
	x.Right = identifier(name, at)
	return &ast.SequenceExpression{Sequence: []ast.Expression{first, x, identifier(name, at)}}
}
