package compile

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/natives"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/scan"
)

// instrument rewrites a parsed program so that its run can be counted and bounded:
//
//   - a tick stands at each function's entry and at the start of each loop's body: %t[W] or if (%tW);, W being the number
//     of nodes of the block. Between two ticks a program runs straight on, so its work is bounded by its length. What runs
//     once, at the top level and in a simple main(), is counted before the program runs: see counted.
//   - values that the language itself iterates or copies pass through the meter.
//
// What cannot be bounded is refused. Positions of the author's nodes, and the names that functions get from where they
// stand, do not change. The block that the program is wrapped in must declare %t where the program is metered. simple is
// a main() that will be a block, or nil. Expected are natives that the code may use.
func instrument(p *ast.Program, bigInt bool, simple *ast.FunctionDeclaration, expected ...natives.Family) (counted, names, patterns, *Problem) {
	in := instrumenter{file: p.File, bigInt: bigInt}
	if simple != nil {
		in.simple = simple.Function
	}
	if !bigInt {
		in.numbers = numbersOf(p)
	}
	weight := 0
	if len(p.Body) > 0 {
		in.open(scope{function: true}, p.Body...)
		weight = in.statements(p.Body) + 1
		kept := in.keptNames(p.Body[0].Idx0())
		vars, statements := setters(in.close(), p.Body[0].Idx0())
		statements = append(statements, kept...)
		p.DeclarationList = append(p.DeclarationList, vars...)
		for _, s := range statements {
			p.Body = in.afterDirectives(p.Body, s)
		}
	}
	if in.promises {
		p.Body = in.afterDirectives(p.Body, &ast.ExpressionStatement{Expression: in.slot(SlotPromise, p.Body[0].Idx0())})
	}
	for _, family := range slices.Backward(expected) {
		if len(p.Body) > 0 {
			p.Body = in.afterDirectives(p.Body, &ast.ExpressionStatement{Expression: in.slot(SlotNatives-int(family), p.Body[0].Idx0())})
		}
	}
	in.names.sort()
	return counted{weight, in.metered, in.loops}, in.names, in.patterns, in.problem
}

type instrumenter struct {
	file     *file.File
	bigInt   bool
	simple   *ast.FunctionLiteral
	promises bool // there are async functions
	metered  bool
	loops    []int // weights of ticks that have a variable
	numbers  numbers
	scopes   []scope
	classes  []class
	unused   *ast.AssignExpression // an assignment that is a statement
	names    names                 // that the source calls and imports
	patterns patterns
	parens   map[int]scan.Parenthesis // of the source, once they are needed
	place    place
	problem  *Problem
}

func (in *instrumenter) refuse(at file.Idx, text string) {
	if in.problem != nil {
		return
	}
	in.problem = &Problem{Line: 1, Column: 1, Text: text}
	if in.file != nil {
		place := in.file.Position(int(at) - in.file.Base())
		in.problem.Line, in.problem.Column = place.Line, place.Column
	}
}

// refuseSurely refuses what no other reader of the source will take.
func (in *instrumenter) refuseSurely(at file.Idx, text string) {
	if in.problem == nil {
		in.refuse(at, text)
		in.problem.sure = true
	}
}

func number(v int, at file.Idx) ast.Expression { return &ast.NumberLiteral{Idx: at, Value: int64(v)} }

func (in *instrumenter) statements(list []ast.Statement) (weight int) {
	defer in.numbers.inside(list...)()
	withoutDeadBranches(list)
	for _, s := range list {
		weight += in.statement(s)
	}
	return weight
}

// statement instruments s and returns its weight: its nodes without those of functions and loop bodies inside, which
// tick for themselves. Both branches of a condition count.
func (in *instrumenter) statement(s ast.Statement) int {
	switch s := s.(type) {
	case *ast.BlockStatement:
		in.open(scope{}, s.List...)
		defer in.close()
		s.List = in.blockFunctions(s.List)
		return 1 + in.statements(s.List)
	case *ast.ExpressionStatement:
		in.unused, _ = s.Expression.(*ast.AssignExpression)
		return 1 + in.expression(&s.Expression)
	case *ast.VariableStatement:
		return 1 + in.bindings(s.List)
	case *ast.LexicalDeclaration:
		return 1 + in.bindings(s.List)
	case *ast.FunctionDeclaration:
		return in.function(s.Function)
	case *ast.ClassDeclaration:
		return in.class(s.Class)
	case *ast.IfStatement:
		reachable(&s.Test, s.Consequent, s.Alternate)
		in.noFunction(s.Consequent, true)
		in.noFunction(s.Alternate, true)
		s.Consequent, s.Alternate = inBlock(s.Consequent), inBlock(s.Alternate)
		return 1 + in.expression(&s.Test) + in.optional(s.Consequent) + in.optional(s.Alternate)
	case *ast.ReturnStatement:
		return 1 + in.expression(&s.Argument)
	case *ast.ThrowStatement:
		return 1 + in.expression(&s.Argument)
	case *ast.LabelledStatement:
		return 1 + in.statement(s.Statement)
	case *ast.SwitchStatement:
		weight := 1 + in.expression(&s.Discriminant)
		in.open(scope{})
		defer in.close()
		for _, c := range s.Body {
			in.binds(c.Consequent...)
		}
		for _, c := range s.Body {
			c.Consequent = in.blockFunctions(c.Consequent)
			weight += 1 + in.expression(&c.Test) + in.statements(c.Consequent)
		}
		return weight
	case *ast.TryStatement:
		weight := 1 + in.statement(s.Body)
		if s.Catch != nil {
			in.target(s.Catch.Parameter)
			in.open(scope{names: patternNames(s.Catch.Parameter)})
			weight += in.statement(s.Catch.Body)
			in.close()
		}
		if s.Finally != nil {
			weight += in.statement(s.Finally)
		}
		catchInside(s)
		return weight
	case *ast.WithStatement:
		in.refuse(s.With, `"with" is not allowed here: name the object's properties in full`)
		return 1
	}
	return in.loop(s)
}

func (in *instrumenter) optional(s ast.Statement) int {
	if s == nil {
		return 0
	}
	return in.statement(s)
}

// loop instruments a loop. Its own weight is that of what runs once; what runs in each round is the tick's.
func (in *instrumenter) loop(s ast.Statement) int {
	switch s := s.(type) {
	case *ast.ForStatement:
		once := 1
		switch i := s.Initializer.(type) {
		case *ast.ForLoopInitializerExpression:
			once += in.expression(&i.Expression)
		case *ast.ForLoopInitializerVarDeclList:
			once += in.bindings(i.List)
		case *ast.ForLoopInitializerLexicalDecl:
			defer in.numbers.inside(&i.LexicalDeclaration)()
			in.open(scope{}, &i.LexicalDeclaration)
			defer in.close()
			once += in.bindings(i.LexicalDeclaration.List)
		}
		reachableLoop(&s.Test, s.Body)
		each := in.expression(&s.Test) + in.expression(&s.Update)
		in.awaited(s)
		s.Body = in.body(s.Body, each)
		return once
	case *ast.ForInStatement:
		in.into(s.Into)
		once := 1 + in.expression(&s.Source)
		s.Source = in.pass(SlotListed, s.Source)
		in.open(scope{names: intoNames(s.Into)})
		defer in.close()
		s.Body = in.body(s.Body, 1)
		return once
	case *ast.ForOfStatement:
		in.into(s.Into)
		once := 1 + in.expression(&s.Source)
		in.open(scope{names: intoNames(s.Into)})
		defer in.close()
		s.Body = in.body(s.Body, 1)
		return once
	case *ast.WhileStatement:
		reachableLoop(&s.Test, s.Body)
		s.Body = in.body(s.Body, in.expression(&s.Test))
	case *ast.DoWhileStatement:
		s.Body = in.body(s.Body, in.expression(&s.Test))
	}
	return 1
}

// awaited passes what next() has returned through the meter, in the loop that esbuild makes of "for await":
// for (var i = __forAwait(x), more, temp, error; more = !(temp = await i.next()).done; more = false).
func (in *instrumenter) awaited(s *ast.ForStatement) {
	list, _ := s.Initializer.(*ast.ForLoopInitializerVarDeclList)
	if list == nil || len(list.List) == 0 {
		return
	}
	from, _ := list.List[0].Initializer.(*ast.CallExpression)
	if from == nil {
		return
	}
	helper, _ := from.Callee.(*ast.Identifier)
	more, _ := s.Test.(*ast.AssignExpression)
	if helper == nil || helper.Name != "__forAwait" || more == nil {
		return
	}
	if not, ok := more.Right.(*ast.UnaryExpression); ok {
		if done, ok := not.Operand.(*ast.DotExpression); ok {
			done.Left = in.through(SlotResult, done.Left)
		}
	}
}

// body adds the tick to a loop's body.
func (in *instrumenter) body(s ast.Statement, weight int) ast.Statement {
	in.noFunction(s, false)
	weight += in.statement(s)
	if b, ok := s.(*ast.BlockStatement); ok {
		b.List = append([]ast.Statement{in.loopTick(weight, b.LeftBrace)}, b.List...)
		return b
	}
	at := s.Idx0()
	return &ast.BlockStatement{LeftBrace: at, RightBrace: at, List: []ast.Statement{in.loopTick(weight, at), s}}
}

func (in *instrumenter) into(i ast.ForInto) {
	switch i := i.(type) {
	case *ast.ForIntoVar:
		in.target(i.Binding.Target)
	case *ast.ForDeclaration:
		in.target(i.Target)
	case *ast.ForIntoExpression:
		in.assigned(i.Expression)
		in.target(i.Expression)
	}
}

func (in *instrumenter) bindings(list []*ast.Binding) (weight int) {
	for _, b := range list {
		weight += 1 + in.expression(&b.Initializer)
		if p, ok := b.Target.(ast.Pattern); ok && b.Initializer != nil {
			b.Initializer = in.destructured(p, b.Initializer)
			continue
		}
		in.target(b.Target)
	}
	return weight
}

// destructured passes the value that a pattern takes apart through the meter when the pattern collects a rest.
func (in *instrumenter) destructured(p ast.Pattern, value ast.Expression) ast.Expression {
	switch p := p.(type) {
	case *ast.ArrayPattern:
		in.elements(p)
		if p.Rest != nil {
			in.target(p.Rest)
			return in.iterated(value)
		}
	case *ast.ObjectPattern:
		in.properties(p)
		if p.Rest != nil {
			return in.pass(SlotKeyed, value)
		}
	}
	return value
}

// target instruments what a parameter, a loop or a pattern assigns to, where the value cannot pass through the meter.
func (in *instrumenter) target(e ast.Expression) {
	switch e := e.(type) {
	case *ast.AssignExpression:
		in.expression(&e.Right)
		in.target(e.Left)
	case *ast.ArrayPattern:
		in.elements(e)
		in.target(e.Rest)
	case *ast.ObjectPattern:
		in.properties(e)
		if e.Rest != nil { // esbuild writes it in another way
			in.refuse(e.LeftBrace, "a rest of properties (...) can only be taken in a declaration of its own: const {a, ...rest} = value")
		}
	default: // a name, or a member whose object may be any expression
		in.expression(&e)
	}
}

func (in *instrumenter) elements(p *ast.ArrayPattern) {
	for _, e := range p.Elements {
		in.target(e)
	}
}

func (in *instrumenter) properties(p *ast.ObjectPattern) {
	for _, e := range p.Properties {
		switch e := e.(type) {
		case *ast.PropertyShort:
			in.expression(&e.Initializer)
		case *ast.PropertyKeyed:
			if e.Computed {
				in.expression(&e.Key)
			}
			in.target(e.Value)
		}
	}
}
