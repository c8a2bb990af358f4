package compile

import (
	"reflect"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// This file has the operands of + pass through the meter where they may be long texts: each + copies both, and no guard
// stands there. Numbers need not pass, and loops are made of them, so names that only ever hold numbers are left out.

// sum instruments a chain of + and returns its weight. Its result is copied so many times more.
func (in *instrumenter) sum(x *ast.BinaryExpression, copies int) int {
	return 1 + in.summand(&x.Left, copies) + in.summand(&x.Right, copies)
}

func (in *instrumenter) summand(e *ast.Expression, copies int) (weight int) {
	x, chained := (*e).(*ast.BinaryExpression)
	chained = chained && x.Operator == token.PLUS
	if chained && copies < MaxCopies {
		return in.sum(x, copies+1)
	}
	long := in.mayBeLong(*e)
	if chained {
		weight = in.sum(x, 1)
	} else {
		weight = in.expression(e)
	}
	if long {
		*e = in.passAt(SlotText+copies, *e, (*e).Idx0())
	}
	return weight
}

// appended instruments x += y, whose parts are instrumented, and returns whether the result must pass as well: where x
// is a name it becomes x = x + y, but what stands before a member must be evaluated only once.
func (in *instrumenter) appended(x *ast.AssignExpression, longRight bool) (result bool) {
	longLeft, at := in.mayBeLong(x.Left), lastPlace(x.Right)
	switch x.Right.(type) {
	case *ast.StringLiteral, *ast.NumberLiteral, *ast.BooleanLiteral, *ast.NullLiteral: // goja notes no place of those
		at = x.Left.Idx0()
	}
	if longRight {
		x.Right = in.pass(SlotText+1, x.Right)
	}
	name, ok := x.Left.(*ast.Identifier)
	if !longLeft || !ok {
		return longLeft
	}
	x.Right = &ast.BinaryExpression{Operator: token.PLUS, Left: in.passAt(SlotText+1, identifier(name.Name, name.Idx), at), Right: x.Right}
	x.Operator = token.ASSIGN
	return false
}

// mayBeLong reports whether the value of an expression can be a long text.
func (in *instrumenter) mayBeLong(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.StringLiteral:
		return len(e.Value) > LongText
	case *ast.NumberLiteral, *ast.BooleanLiteral, *ast.NullLiteral, *ast.UnaryExpression:
		return false
	case *ast.Identifier:
		return !in.numbers.has(e.Name)
	case *ast.BinaryExpression:
		switch e.Operator {
		case token.PLUS:
			return in.mayBeLong(e.Right) || in.mayBeLong(e.Left)
		case token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
			return true
		}
		return in.bigInt
	}
	return true
}

// numbers are the names whose let and const declarations hold nothing but numbers all over a program.
type numbers struct {
	others  map[unistring.String]bool // names that may hold something else
	visible map[unistring.String]int  // declarations around the place that is being instrumented
}

func (n *numbers) has(name unistring.String) bool { return n.visible[name] > 0 }

// inside notes that what the statements declare is visible from here on, until the function that it returns is called.
func (n *numbers) inside(list ...ast.Statement) (outside func()) {
	if n.visible == nil {
		return func() {}
	}
	add := func(d int) {
		for _, s := range list {
			l, ok := s.(*ast.LexicalDeclaration)
			if !ok {
				continue
			}
			for _, b := range l.List {
				if id, ok := b.Target.(*ast.Identifier); ok && !n.others[id.Name] {
					n.visible[id.Name] += d
				}
			}
		}
	}
	add(1)
	return func() { add(-1) }
}

// numbersOf reads a program before it is instrumented.
func numbersOf(p *ast.Program) numbers {
	n := numbers{others: map[unistring.String]bool{}, visible: map[unistring.String]int{}}
	for _, s := range p.Body {
		n.read(reflect.ValueOf(s))
	}
	return n
}

// read goes through a syntax tree and notes what is no number.
func (n *numbers) read(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		n.read(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			n.read(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() && strings.HasSuffix(v.Type().Elem().PkgPath(), "goja/ast") {
			n.note(v.Interface())
			n.read(v.Elem())
		}
	case reflect.Struct:
		if !strings.HasSuffix(v.Type().PkgPath(), "goja/ast") {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "DeclarationList" { // it repeats what the body holds
				n.read(v.Field(i))
			}
		}
	}
}

func (n *numbers) note(node any) {
	switch x := node.(type) {
	case *ast.Binding:
		if id, ok := x.Target.(*ast.Identifier); !ok || x.Initializer != nil && !isNumber(x.Initializer, id.Name) {
			n.other(x.Target)
		}
	case *ast.AssignExpression:
		id, ok := x.Left.(*ast.Identifier)
		switch x.Operator {
		case token.ASSIGN, token.PLUS, token.LOGICAL_AND, token.LOGICAL_OR, token.COALESCE:
			if !ok || !isNumber(x.Right, id.Name) {
				n.other(x.Left)
			}
		}
	case *ast.ParameterList:
		for _, b := range x.List {
			n.other(b.Target)
		}
		n.other(x.Rest)
	case *ast.ForIntoVar:
		n.other(x.Binding.Target)
	case *ast.ForDeclaration:
		n.other(x.Target)
	case *ast.ForIntoExpression:
		n.other(x.Expression)
	case *ast.CatchStatement:
		n.other(x.Parameter)
	case *ast.FunctionLiteral:
		if x.Name != nil {
			n.other(x.Name)
		}
	case *ast.ClassLiteral:
		if x.Name != nil {
			n.other(x.Name)
		}
	}
}

func (n *numbers) other(target ast.Expression) {
	for _, name := range boundNames(target) {
		n.others[unistring.NewFromString(name)] = true
	}
}

// isNumber reports whether an expression is a number wherever self, a name, is one.
func isNumber(e ast.Expression, self unistring.String) bool {
	switch e := e.(type) {
	case *ast.NumberLiteral:
		return true
	case *ast.Identifier:
		return e.Name == self
	case *ast.UnaryExpression:
		switch e.Operator {
		case token.PLUS, token.MINUS, token.BITWISE_NOT, token.INCREMENT, token.DECREMENT:
			return true
		}
	case *ast.BinaryExpression:
		switch e.Operator {
		case token.PLUS:
			return isNumber(e.Left, self) && isNumber(e.Right, self)
		case token.MINUS, token.MULTIPLY, token.SLASH, token.REMAINDER, token.EXPONENT, token.AND, token.OR, token.EXCLUSIVE_OR,
			token.SHIFT_LEFT, token.SHIFT_RIGHT, token.UNSIGNED_SHIFT_RIGHT:
			return true
		}
	}
	return false
}
