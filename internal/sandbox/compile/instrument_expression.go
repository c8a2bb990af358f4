package compile

import (
	"math/big"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

func (in *instrumenter) expressions(list []ast.Expression) (weight int) {
	for i := range list {
		weight += in.expression(&list[i])
	}
	return weight
}

// expression instruments *e, may put another expression in its place, and returns its weight. Names and literals weigh
// nothing.
func (in *instrumenter) expression(e *ast.Expression) int {
	switch x := (*e).(type) {
	case nil:
		return 0
	case *ast.NumberLiteral:
		if _, ok := x.Value.(*big.Int); ok && !in.bigInt {
			in.refuse(x.Idx, "BigInt is off here: set [vm_pool] enable_bigint to use it")
		}
		return 0
	case *ast.Identifier:
		*e = in.arguments(x)
		return 0
	case *ast.RegExpLiteral:
		in.literal(x)
		*e = &ast.SequenceExpression{Sequence: []ast.Expression{in.slot(SlotRegExp, x.Idx), x}}
	case *ast.ArrayLiteral:
		return 1 + in.spreadable(x.Value)
	case *ast.ObjectLiteral:
		return 1 + in.object(x)
	case *ast.CallExpression:
		in.names.call(x.Callee, x.ArgumentList)
		x.Callee = indirect(x.Callee)
		return 1 + in.expression(&x.Callee) + in.spreadable(x.ArgumentList)
	case *ast.NewExpression:
		in.names.call(x.Callee, x.ArgumentList)
		return 1 + in.expression(&x.Callee) + in.spreadable(x.ArgumentList)
	case *ast.AssignExpression:
		return 1 + in.assignment(e, x)
	case *ast.BinaryExpression:
		in.leftToRight(x)
		if x.Operator == token.PLUS {
			return in.sum(x, 1)
		}
		weight := 1 + in.expression(&x.Left) + in.expression(&x.Right)
		if left, right := bigSlots(x.Operator); in.bigInt && left != 0 {
			x.Left, x.Right = in.pass(left, x.Left), in.pass(right, x.Right)
		}
		if x.Operator == token.EXPONENT && !exactPower(x.Right) {
			*e = in.power(x.Left, x.Right)
		}
		return weight
	case *ast.FunctionLiteral:
		return in.function(x)
	case *ast.ArrowFunctionLiteral:
		return in.arrow(x)
	case *ast.ClassLiteral:
		return in.class(x)
	default:
		return in.plain(x)
	}
	return 1
}

// plain handles the expressions that only need their parts instrumented.
func (in *instrumenter) plain(e ast.Expression) int {
	switch x := e.(type) {
	case *ast.BracketExpression:
		return 1 + in.expression(&x.Left) + in.expression(&x.Member)
	case *ast.DotExpression:
		return 1 + in.expression(&x.Left)
	case *ast.PrivateDotExpression:
		return 1 + in.expression(&x.Left)
	case *ast.OptionalChain:
		return in.expression(&x.Expression)
	case *ast.Optional:
		return 1 + in.expression(&x.Expression)
	case *ast.ConditionalExpression:
		return 1 + in.expression(&x.Test) + in.expression(&x.Consequent) + in.expression(&x.Alternate)
	case *ast.SequenceExpression:
		return 1 + in.expressions(x.Sequence)
	case *ast.TemplateLiteral:
		weight := 1 + in.expression(&x.Tag) + in.expressions(x.Expressions)
		for i, e := range x.Expressions {
			if x.Tag == nil {
				x.Expressions[i] = in.pass(SlotText+1, e)
			}
		}
		return weight
	case *ast.UnaryExpression:
		if _, ok := x.Operand.(*ast.Identifier); !ok || x.Operator == token.TYPEOF {
			return 1 + in.expression(&x.Operand)
		}
		return 1
	case *ast.AwaitExpression:
		return 1 + in.expression(&x.Argument)
	case *ast.YieldExpression:
		weight := 1 + in.expression(&x.Argument)
		if x.Delegate {
			x.Argument = in.through(SlotDelegate, x.Argument)
		}
		return weight
	case *ast.SpreadElement:
		return 1 + in.expression(&x.Expression)
	case *ast.ArrayPattern, *ast.ObjectPattern:
		in.target(x)
	}
	return 0
}

func (in *instrumenter) assignment(e *ast.Expression, x *ast.AssignExpression) int {
	long := in.mayBeLong(x.Right)
	weight := in.expression(&x.Right)
	in.assigned(x.Left)
	if p, ok := x.Left.(ast.Pattern); ok {
		if a, ok := p.(*ast.ArrayPattern); ok && a.Rest != nil && x != in.unused {
			*e = in.valued(x) // what is iterated is not the value of the expression
		}
		x.Right = in.destructured(p, x.Right)
		return weight
	}
	if _, ok := x.Left.(*ast.Identifier); !ok {
		weight += in.expression(&x.Left)
	}
	if x.Operator == token.PLUS && in.appended(x, long) {
		*e = in.pass(SlotText+1, x)
	}
	if left, right := bigSlots(x.Operator); in.bigInt && left != 0 {
		again := readAgain(x.Left)
		if again == nil {
			var kept []ast.Expression
			kept, x.Left = in.kept(x.Left)
			*e = &ast.SequenceExpression{Sequence: append(kept, x)}
			again = readAgain(x.Left)
		}
		x.Right = &ast.BinaryExpression{Operator: x.Operator, Left: in.pass(left, again), Right: in.pass(right, x.Right)}
		x.Operator = token.ASSIGN
	}
	in.assignedPower(x)
	return weight
}

// assignedPower has a **= b, and what became of it, calculated by the meter, where a can be read again.
func (in *instrumenter) assignedPower(x *ast.AssignExpression) {
	if b, ok := x.Right.(*ast.BinaryExpression); ok && b.Operator == token.EXPONENT && x.Operator == token.ASSIGN && in.bigInt {
		x.Right = in.power(b.Left, b.Right)
		return
	}
	if again := readAgain(x.Left); x.Operator == token.EXPONENT && again != nil && !exactPower(x.Right) {
		x.Operator, x.Right = token.ASSIGN, in.power(again, x.Right)
	}
}

// power writes %t[SlotPower](base, exponent), which is base ** exponent: goja's own loses digits.
func (in *instrumenter) power(base, exponent ast.Expression) ast.Expression {
	at := lastPlace(base)
	return &ast.CallExpression{Callee: in.slot(SlotPower, at), LeftParenthesis: at, ArgumentList: []ast.Expression{base, exponent}, RightParenthesis: at}
}

// exactPower reports whether goja's own power is exact for an exponent: 0, 1 or 2.
func exactPower(exponent ast.Expression) bool {
	n, ok := exponent.(*ast.NumberLiteral)
	if !ok {
		return false
	}
	i, ok := n.Value.(int64)
	return ok && i >= 0 && i <= 2
}

// readAgain returns an expression that reads what e names, nil when evaluating e twice could do more than that: a, a.b, a[i],
// a["b"] and the same of this.
func readAgain(e ast.Expression) ast.Expression {
	plain := func(e ast.Expression) bool {
		switch e.(type) {
		case *ast.Identifier, *ast.ThisExpression, *ast.SuperExpression, *ast.NumberLiteral, *ast.StringLiteral:
			return true
		}
		return false
	}
	switch x := e.(type) {
	case *ast.Identifier:
		return identifier(x.Name, x.Idx)
	case *ast.DotExpression:
		if again := *x; plain(x.Left) {
			return &again
		}
	case *ast.PrivateDotExpression:
		if again := *x; plain(x.Left) {
			return &again
		}
	case *ast.BracketExpression:
		if again := *x; plain(x.Left) && plain(x.Member) {
			return &again
		}
	}
	return nil
}

// bigSlots returns where the operands of an operator pass whose result can be far longer than they are.
func bigSlots(t token.Token) (left, right int) {
	switch t {
	case token.MULTIPLY:
		return SlotFactor, SlotFactor
	case token.SHIFT_LEFT:
		return SlotFactor, SlotShift
	case token.EXPONENT:
		return SlotBase, SlotExponent
	}
	return 0, 0
}

// spreadable instruments a list in which "..." iterates.
func (in *instrumenter) spreadable(list []ast.Expression) int {
	weight := in.expressions(list)
	for _, e := range list {
		if s, ok := e.(*ast.SpreadElement); ok {
			s.Expression = in.iterated(s.Expression)
		}
	}
	return weight
}

func (in *instrumenter) object(x *ast.ObjectLiteral) (weight int) {
	for i, p := range x.Value {
		switch p := p.(type) {
		case *ast.PropertyShort:
			weight += 1 + in.expression(&p.Initializer)
			if name := in.arguments(&p.Name); name != &p.Name {
				x.Value[i] = &ast.PropertyKeyed{Key: &ast.StringLiteral{Idx: p.Name.Idx, Value: p.Name.Name}, Kind: ast.PropertyKindValue, Value: name}
			}
		case *ast.PropertyKeyed:
			if p.Computed {
				weight += in.expression(&p.Key)
			}
			weight += 1 + in.expression(&p.Value)
		case *ast.SpreadElement:
			weight += 1 + in.expression(&p.Expression)
			p.Expression = in.pass(SlotKeyed, p.Expression)
		}
	}
	return weight
}

func (in *instrumenter) function(f *ast.FunctionLiteral) int {
	defer in.in(inFunction)()
	weight := in.parameters(f.ParameterList) + in.functionBody(f.ParameterList, f.Body, &f.DeclarationList) + 1
	if f == in.simple {
		return 1 + weight
	}
	f.Body.List = in.afterDirectives(f.Body.List, in.tick(weight, f.Body.LeftBrace))
	in.promises = in.promises || f.Async
	return 1
}

func (in *instrumenter) arrow(f *ast.ArrowFunctionLiteral) int {
	if in.place == inFunction {
		defer in.in(inArrow)()
	}
	in.promises = in.promises || f.Async
	weight := in.parameters(f.ParameterList) + 1
	switch b := f.Body.(type) {
	case *ast.BlockStatement:
		weight += in.functionBody(f.ParameterList, b, &f.DeclarationList)
		b.List = in.afterDirectives(b.List, in.tick(weight, b.LeftBrace))
	case *ast.ExpressionBody:
		in.open(scope{function: true, names: parameterNames(f.ParameterList)})
		weight += in.expression(&b.Expression)
		b.Expression = in.ticking(weight, b.Expression)
		if kept := in.keptNames(b.Expression.Idx0()); kept != nil {
			at := b.Expression.Idx0()
			f.Body = &ast.BlockStatement{LeftBrace: at, List: append(kept, &ast.ReturnStatement{Return: at, Argument: b.Expression}), RightBrace: at}
		}
		in.close()
	}
	return 1
}

// parameters instruments the parameters of a function. What computes a default ticks, for it may call the function again before
// its body ticks.
func (in *instrumenter) parameters(list *ast.ParameterList) (weight int) {
	for _, b := range list.List {
		w := in.expression(&b.Initializer)
		if w > 1 && !namedByPlace(b.Initializer) {
			b.Initializer = in.ticking(w, b.Initializer)
			continue
		}
		weight += w
	}
	for _, b := range list.List {
		in.target(b.Target)
	}
	in.target(list.Rest)
	return weight
}

// ticking writes (%t[w], e).
func (in *instrumenter) ticking(w int, e ast.Expression) ast.Expression {
	at := e.Idx0()
	return &ast.SequenceExpression{Sequence: []ast.Expression{in.slot(w, at), e}}
}

// class instruments a class. Initializers of fields run at each construction without any function's entry, so they
// tick; a function or class that is the whole initializer costs nothing and must stay where it gets its name.
func (in *instrumenter) class(c *ast.ClassLiteral) int {
	in.open(scope{strict: true})
	defer in.close()
	in.classes = append(in.classes, class{name: c.Name})
	defer func() {
		last := len(in.classes) - 1
		in.classes[last].named(c)
		in.classes = in.classes[:last]
	}()
	weight := 1 + in.expression(&c.SuperClass)
	for _, e := range c.Body {
		switch e := e.(type) {
		case *ast.FieldDefinition:
			if e.Computed {
				weight += in.expression(&e.Key)
			}
			w := in.expression(&e.Initializer)
			if e.Initializer != nil && !namedByPlace(e.Initializer) {
				e.Initializer = in.ticking(w+1, e.Initializer)
			}
		case *ast.MethodDefinition:
			if e.Computed {
				weight += in.expression(&e.Key)
			}
			weight += in.function(e.Body)
		case *ast.ClassStaticBlock:
			weight += in.statement(e.Block)
		}
	}
	return weight
}

func namedByPlace(e ast.Expression) bool {
	switch e := e.(type) {
	case *ast.FunctionLiteral:
		return e.Name == nil
	case *ast.ArrowFunctionLiteral:
		return true
	case *ast.ClassLiteral:
		return e.Name == nil
	}
	return false
}
