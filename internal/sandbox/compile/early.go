package compile

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"

	"github.com/dop251/goja/unistring"
)

// This file has what goja would get wrong in code that is instrumented.

// indirect returns a callee. eval(x) becomes (0, eval)(x): a node refuses either, and goja panics for some places of the first.
func indirect(callee ast.Expression) ast.Expression {
	if name, ok := callee.(*ast.Identifier); ok && name.Name == "eval" {
		return &ast.SequenceExpression{Sequence: []ast.Expression{number(0, name.Idx), name}}
	}
	return callee
}

// class is a class that is being instrumented.
type class struct {
	name *ast.Identifier
	set  bool // its code assigns to its name, which always throws
}

// assigned notes that code assigns to names.
func (in *instrumenter) assigned(target ast.Expression) {
	names := boundNames(target)
	for i := range in.classes {
		if c := &in.classes[i]; c.name != nil && slices.Contains(names, c.name.Name.String()) {
			c.set = true
		}
	}
}

// named has a class read its name once where its code assigns to it: goja makes no room for a name that is only written, and
// then panics.
func (c class) named(literal *ast.ClassLiteral) {
	if !c.set {
		return
	}
	at := literal.Class
	read := &ast.ExpressionStatement{Expression: identifier(c.name.Name, at)}
	literal.Body = append(literal.Body, &ast.ClassStaticBlock{Static: at, Block: &ast.BlockStatement{LeftBrace: at, List: []ast.Statement{read}, RightBrace: at}})
}

// noFunction refuses a function that is the body of a loop, or the branch of an if where that is none of sloppy code: they become
// blocks, and goja does not see it.
func (in *instrumenter) noFunction(s ast.Statement, branch bool) {
	labelled := false
	for {
		l, ok := s.(*ast.LabelledStatement)
		if !ok {
			break
		}
		s, labelled = l.Statement, true
	}
	d, ok := s.(*ast.FunctionDeclaration)
	if !ok || branch && !labelled && !in.strict() && !d.Function.Async && !d.Function.Generator {
		return
	}
	in.refuseSurely(d.Idx0(), "a function cannot stand alone here: put it into a block { … }")
}

// strict reports whether the code that is being instrumented is strict.
func (in *instrumenter) strict() bool {
	return len(in.scopes) > 0 && in.scopes[len(in.scopes)-1].strict
}

// oneFunction leaves the last of the functions of one name at the top level, which a block may not declare twice, and makes a
// variable of one that is also declared by var.
func (w *wrapper) oneFunction() (assignments []ast.Statement) {
	vars, last := map[unistring.String]bool{}, map[unistring.String]int{}
	for _, d := range w.tree.DeclarationList {
		for _, b := range d.List {
			for _, name := range boundNames(b.Target) {
				vars[unistring.NewFromString(name)] = true
			}
		}
	}
	for i, s := range w.tree.Body {
		if d, ok := s.(*ast.FunctionDeclaration); ok {
			last[d.Function.Name.Name] = i
		}
	}
	for i, s := range w.tree.Body {
		d, ok := s.(*ast.FunctionDeclaration)
		if !ok || last[d.Function.Name.Name] == i && !vars[d.Function.Name.Name] {
			continue
		}
		w.tree.Body[i] = &ast.EmptyStatement{Semicolon: d.Function.Function}
		if name := d.Function.Name; last[name.Name] == i {
			d.Function.Name = nil // it is named by its place
			set := &ast.AssignExpression{Operator: token.ASSIGN, Left: name, Right: d.Function}
			assignments = append(assignments, &ast.ExpressionStatement{Expression: set})
		}
	}
	return assignments
}
