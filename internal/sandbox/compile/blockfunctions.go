package compile

import (
	"slices"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// scope is a function or a block that is being instrumented. In sloppy code a function that is declared in a block is a variable of
// the function around it as well (annex B.3.3 of the standard), which goja does not know: where the declaration stands, the
// variable is set. With function f in a block that becomes
//
//	var f; const %=f = (%v) => f = %v
//	{ function f() {} %=f(f) }
type scope struct {
	names    []string // that are bound other than by var and function: a function of such a name stays in its block
	own      []string // functions of a block, which bind their names for the blocks inside
	function bool
	strict   bool
	hoisted  []string // names of functions of blocks inside
	kept     int      // names that hold what stands before a member
}

// open begins a scope; close must follow.
func (in *instrumenter) open(s scope, body ...ast.Statement) {
	if n := len(in.scopes); n > 0 {
		s.strict = s.strict || in.scopes[n-1].strict
	}
	s.strict = s.strict || s.function && isStrict(body)
	in.scopes = append(in.scopes, s)
	in.binds(body...)
}

// binds adds the names that statements bind to the innermost scope.
func (in *instrumenter) binds(body ...ast.Statement) {
	s := &in.scopes[len(in.scopes)-1]
	for _, statement := range body {
		s.names = append(s.names, lexicalNames(statement)...)
		if d, ok := statement.(*ast.FunctionDeclaration); ok && !s.function {
			s.own = append(s.own, d.Function.Name.Name.String())
		}
	}
}

func (in *instrumenter) close() (hoisted []string) {
	last := len(in.scopes) - 1
	hoisted = in.scopes[last].hoisted
	in.scopes = in.scopes[:last]
	return hoisted
}

// functionBody instruments the body of a function.
func (in *instrumenter) functionBody(parameters *ast.ParameterList, body *ast.BlockStatement, declared *[]*ast.VariableDeclaration) (weight int) {
	in.open(scope{function: true, names: parameterNames(parameters)}, body.List...)
	weight = in.statements(body.List)
	kept := in.keptNames(body.LeftBrace)
	vars, statements := setters(in.close(), body.LeftBrace)
	statements = append(statements, kept...)
	*declared = append(*declared, vars...)
	for _, s := range statements {
		body.List = in.afterDirectives(body.List, s)
	}
	return weight
}

// inBlock puts a function that is the branch of an if into a block, as the standard has it.
func inBlock(s ast.Statement) ast.Statement {
	if d, ok := s.(*ast.FunctionDeclaration); ok {
		return &ast.BlockStatement{LeftBrace: d.Idx0(), List: []ast.Statement{d}, RightBrace: d.Idx1()}
	}
	return s
}

// patternNames lists the names of a pattern; none of a plain name, as which catch binds what var may declare anew.
func patternNames(e ast.Expression) []string {
	if _, plain := e.(*ast.Identifier); plain {
		return nil
	}
	return boundNames(e)
}

// intoNames lists what let and const of a loop bind.
func intoNames(i ast.ForInto) []string {
	if d, ok := i.(*ast.ForDeclaration); ok {
		return boundNames(d.Target)
	}
	return nil
}

// lexicalNames lists what a statement binds in its block, without functions.
func lexicalNames(s ast.Statement) (names []string) {
	switch s := s.(type) {
	case *ast.LexicalDeclaration:
		for _, b := range s.List {
			names = append(names, boundNames(b.Target)...)
		}
	case *ast.ClassDeclaration:
		names = append(names, s.Class.Name.Name.String())
	}
	return names
}

func isStrict(body []ast.Statement) bool {
	for _, s := range body {
		if !isDirective(s) {
			break
		}
		if text := s.(*ast.ExpressionStatement).Expression.(*ast.StringLiteral).Literal; strings.Trim(text, "\"'") == "use strict" {
			return true
		}
	}
	return false
}

// parameterNames lists the names that parameters bind.
func parameterNames(list *ast.ParameterList) (names []string) {
	for _, b := range list.List {
		names = append(names, boundNames(b.Target)...)
	}
	return append(append(names, boundNames(list.Rest)...), "arguments")
}

// blockFunctions has the functions of a block set their variables. The block's scope is open.
func (in *instrumenter) blockFunctions(list []ast.Statement) []ast.Statement {
	for i := 0; i < len(list); i++ {
		d, ok := list[i].(*ast.FunctionDeclaration)
		if !ok || d.Function.Async || d.Function.Generator || !in.hoists(d.Function.Name.Name.String()) {
			continue
		}
		name, at := d.Function.Name.Name, d.Function.Idx0()
		set := &ast.CallExpression{
			Callee: identifier(setterOf(name), at), LeftParenthesis: at, RightParenthesis: at,
			ArgumentList: []ast.Expression{identifier(name, at)},
		}
		i++
		list = slices.Insert(list, i, ast.Statement(&ast.ExpressionStatement{Expression: set}))
	}
	return list
}

// hoists notes a function of the innermost block as a variable of the function around it, and reports whether it is one.
func (in *instrumenter) hoists(name string) bool {
	for i := range slices.Backward(in.scopes) {
		s := &in.scopes[i]
		if s.strict || slices.Contains(s.names, name) || i < len(in.scopes)-1 && slices.Contains(s.own, name) {
			return false
		}
		if s.function {
			if !slices.Contains(s.hoisted, name) {
				s.hoisted = append(s.hoisted, name)
			}
			return true
		}
	}
	return false
}

// setterOf is the name of the function that sets a variable. No script can write it as an identifier.
func setterOf(name unistring.String) unistring.String { return "%=" + name }

// setters declares the variables of the functions of blocks, and what sets them.
func setters(hoisted []string, at file.Idx) (vars []*ast.VariableDeclaration, statements []ast.Statement) {
	const value = unistring.String("%v")
	for _, text := range hoisted {
		name := unistring.NewFromString(text)
		vars = append(vars, &ast.VariableDeclaration{Var: at, List: []*ast.Binding{{Target: identifier(name, at)}}})
		set := &ast.ArrowFunctionLiteral{
			Start:         at,
			ParameterList: &ast.ParameterList{Opening: at, Closing: at, List: []*ast.Binding{{Target: identifier(value, at)}}},
			Body:          &ast.ExpressionBody{Expression: &ast.AssignExpression{Operator: token.ASSIGN, Left: identifier(name, at), Right: identifier(value, at)}},
		}
		constant := &ast.Binding{Target: identifier(setterOf(name), at), Initializer: set}
		statements = append(statements, &ast.LexicalDeclaration{Idx: at, Token: token.CONST, List: []*ast.Binding{constant}})
	}
	return vars, statements
}
