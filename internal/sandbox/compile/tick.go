package compile

import (
	"slices"
	"strconv"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// tickName is the variable through which instrumented code reaches its meter. No script can write it as an identifier.
const tickName = unistring.String("%t")

// maxLoops is for how many weights a program makes variables. Making one takes about as long as two ticks.
const maxLoops = 8

// counted reports what a program does without and with its meter.
type counted struct {
	weight  int   // nodes of code that run once, whatever happens
	metered bool  // its code reaches for %t
	loops   []int // weights W of the loops that reach for %tW
}

// inCode has the code itself count what it does once: its caller will not.
func (c *counted) inCode(p *ast.Program) {
	var in instrumenter
	if c.weight > 0 {
		p.Body = in.afterDirectives(p.Body, in.tick(c.weight, p.Body[0].Idx0()))
		c.weight, c.metered = 0, true
	}
}

// slot writes %t[i].
func (in *instrumenter) slot(i int, at file.Idx) ast.Expression {
	in.metered = true
	return &ast.BracketExpression{Left: identifier(tickName, at), Member: number(i, at), LeftBracket: at, RightBracket: at}
}

// pass writes %t[i] = e, whose value is e.
func (in *instrumenter) pass(i int, e ast.Expression) ast.Expression {
	return in.passAt(i, e, lastPlace(e))
}

func (in *instrumenter) passAt(i int, e ast.Expression, at file.Idx) ast.Expression {
	return &ast.AssignExpression{Operator: token.ASSIGN, Left: in.slot(i, at), Right: e}
}

// iterated writes (%t[-i] = e, %t[i]) for a value that is about to be iterated.
func (in *instrumenter) iterated(e ast.Expression) ast.Expression { return in.through(SlotIterable, e) }

func (in *instrumenter) through(i int, e ast.Expression) ast.Expression {
	return &ast.SequenceExpression{Sequence: []ast.Expression{in.pass(-i, e), in.slot(i, lastPlace(e))}}
}

// lastPlace is the place that goja noted last when it has compiled e: an error about e's value stands there.
func lastPlace(e ast.Expression) file.Idx {
	switch e := e.(type) {
	case *ast.DotExpression:
		return e.Identifier.Idx
	case *ast.BracketExpression:
		return e.LeftBracket
	case *ast.CallExpression:
		return e.LeftParenthesis
	}
	return e.Idx0()
}

func (in *instrumenter) tick(weight int, at file.Idx) ast.Statement {
	return &ast.ExpressionStatement{Expression: in.slot(max(weight, 1), at)}
}

// loopTick is tick where it will run many times: if (%tW);. That asks a value in Go whether it is true, which takes a
// fifth of the time of reading an index.
func (in *instrumenter) loopTick(weight int, at file.Idx) ast.Statement {
	weight = max(weight, 1)
	if !slices.Contains(in.loops, weight) {
		if len(in.loops) == maxLoops {
			return in.tick(weight, at)
		}
		in.loops = append(in.loops, weight)
	}
	in.metered = true
	return &ast.IfStatement{If: at, Test: identifier(loopName(weight), at), Consequent: &ast.EmptyStatement{Semicolon: at}}
}

func loopName(weight int) unistring.String { return tickName + unistring.String(strconv.Itoa(weight)) }

// meter begins the block that uses %t and %tW: with const %t = %meter, %tW = %t[SlotLoops-W].
func (c *counted) meter(at file.Idx) []ast.Statement {
	if !c.metered {
		return nil
	}
	list := []*ast.Binding{{Target: identifier(tickName, at), Initializer: identifier(MeterName, at)}}
	var in instrumenter
	for _, weight := range c.loops {
		list = append(list, &ast.Binding{Target: identifier(loopName(weight), at), Initializer: in.slot(SlotLoops-weight, at)})
	}
	return []ast.Statement{&ast.LexicalDeclaration{Idx: at, Token: token.CONST, List: list}}
}

// afterDirectives puts s before the first statement that is no directive.
func (in *instrumenter) afterDirectives(list []ast.Statement, s ast.Statement) []ast.Statement {
	i := 0
	for i < len(list) && isDirective(list[i]) {
		i++
	}
	out := make([]ast.Statement, 0, len(list)+1)
	out = append(out, list[:i]...)
	out = append(out, s)
	return append(out, list[i:]...)
}
