package compile

import (
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/scan"
)

// leftToRight mends what goja reads from the right: a < b < c is (a < b) < c, and so are the other comparisons of this
// rank, in and instanceof among them.
func (in *instrumenter) leftToRight(x *ast.BinaryExpression) {
	if !relational(x.Operator) {
		return
	}
	for {
		right, ok := x.Right.(*ast.BinaryExpression)
		if !ok || !relational(right.Operator) || in.inParentheses(right) {
			return
		}
		left := *x
		left.Right = right.Left
		x.Left, x.Operator, x.Right, x.Comparison = &left, right.Operator, right.Right, right.Comparison
	}
}

func relational(operator token.Token) bool {
	switch operator {
	case token.LESS, token.LESS_OR_EQUAL, token.GREATER, token.GREATER_OR_EQUAL, token.INSTANCEOF, token.IN:
		return true
	}
	return false
}

// inParentheses reports whether there are parentheses around a comparison, which goja's tree does not say.
func (in *instrumenter) inParentheses(x *ast.BinaryExpression) bool {
	if in.file == nil {
		return true
	}
	if in.parens == nil {
		in.parens = scan.Parentheses(in.file.Source())
	}
	offset := func(i file.Idx) int { return int(i) - in.file.Base() }
	first, right := offset(x.Left.Idx0()), offset(x.Right.Idx0())
	if t, ok := x.Left.(*ast.TemplateLiteral); ok && t.Tag != nil {
		first = offset(t.Tag.Idx0())
	}
	for p, ok := in.parens[first]; ok; p, ok = in.parens[p.Open] {
		if p.End > right {
			return true
		}
	}
	return false
}

// place is what surrounds an expression.
type place uint8

const (
	inFunction place = iota + 1
	inArrow          // in an arrow function, in a function
)

func (in *instrumenter) in(p place) (leave func()) {
	was := in.place
	in.place = p
	return func() { in.place = was }
}

// arguments names the arguments of a function twice where an arrow function names them: goja loses them when they are named
// only once.
func (in *instrumenter) arguments(x *ast.Identifier) ast.Expression {
	if x.Name != "arguments" || in.place != inArrow {
		return x
	}
	return &ast.SequenceExpression{Sequence: []ast.Expression{x, identifier(x.Name, x.Idx)}}
}
