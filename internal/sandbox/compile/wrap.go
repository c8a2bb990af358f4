package compile

import (
	"regexp"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// wrapper puts a program into a block of its own:
//
//	{ const %t = %meter, %t9 = %t[-1009];  %global.helper = helper;  …the author's statements…  main() }
//
// so that let, const and class of a node's top level are new at each visit, while var and function stay visible to
// the later nodes of the run. goja keeps functions of a block inside it, hence the assignments. No line or column of
// the author's text moves. Code that is not metered needs no %t.
type wrapper struct {
	tree     *ast.Program
	module   bool // the exports are in moduleName
	library  bool // main() is not called
	counted  counted
	simple   *ast.FunctionDeclaration // main() as simpleMain returns it, or nil
	declares []string
	calls    bool
	lexical  []string // let, const and class of a library: they are for others too
	names    []string // of all that the top level declares
}

func (w *wrapper) wrap() {
	body := w.tree.Body
	if len(body) == 0 {
		return
	}
	if w.simple != nil {
		for i := range body {
			if body[i] == ast.Statement(w.simple) {
				body[i] = w.simple.Function.Body
			}
		}
		at := body[0].Idx0()
		list := append(w.counted.meter(at), body...)
		w.tree.Body = []ast.Statement{&ast.BlockStatement{LeftBrace: at, List: list, RightBrace: body[len(body)-1].Idx1()}}
		return
	}
	directives := 0
	for directives < len(body) && isDirective(body[directives]) {
		directives++
	}
	assignments := w.oneFunction()
	functions := w.topLevel()

	at := body[0].Idx0()
	list := append(w.counted.meter(at), assignments...)
	for _, name := range functions {
		if name == "main" && !w.library {
			continue
		}
		list = append(list, exportStatement(name, at))
	}
	list = append(list, body[directives:]...)
	for _, name := range w.lexical {
		list = append(list, exportStatement(name, at))
	}
	if w.module && w.library {
		list = append(list, exportsToGlobal(at))
	}
	if call := w.callOfMain(at); call != nil {
		list = append(list, call)
	}
	block := &ast.BlockStatement{LeftBrace: at, List: list, RightBrace: body[len(body)-1].Idx1()}
	w.tree.Body = append(body[:directives:directives], block)
}

// onlyInFunctions finds words by which the body of a function may differ from a block.
var onlyInFunctions = regexp.MustCompile(`\b(return|arguments|main|var|function|await|yield|target|super|use strict)\b|\\u`)

// simpleMain returns main() where that is the whole program and its body does in a block what it does in a function, so that
// no function has to be made and called: half of what a small node costs. Nothing but the word main in stacks tells the
// difference. It looks at the program as its author wrote it.
func simpleMain(tree *ast.Program) *ast.FunctionDeclaration {
	if len(tree.Body) != 1 {
		return nil
	}
	d, ok := tree.Body[0].(*ast.FunctionDeclaration)
	if !ok {
		return nil
	}
	header, body, _ := strings.Cut(d.Function.Source, "{")
	if strings.TrimSpace(header) != "function main()" || onlyInFunctions.MatchString(body) {
		return nil
	}
	return d
}

// onlyFunctions reports whether a program does nothing but declare functions.
func onlyFunctions(tree *ast.Program) bool {
	for _, s := range tree.Body {
		if _, ok := s.(*ast.FunctionDeclaration); !ok && !isDirective(s) {
			return false
		}
	}
	return len(tree.DeclarationList) == 0
}

// wrapModule makes the program's value a function (exports, require, module) of the author's statements.
func (w *wrapper) wrapModule() {
	at := file.Idx(1)
	body := w.tree.Body
	if len(body) > 0 {
		at = body[0].Idx0()
	}
	directives := 0
	for directives < len(body) && isDirective(body[directives]) {
		directives++
	}
	list := append(append(append([]ast.Statement{}, body[:directives]...), w.counted.meter(at)...), body[directives:]...)
	var params []*ast.Binding
	for _, name := range []unistring.String{"exports", "require", "module"} {
		params = append(params, &ast.Binding{Target: identifier(name, at)})
	}
	f := &ast.FunctionLiteral{
		Function: at, ParameterList: &ast.ParameterList{Opening: at, Closing: at, List: params},
		Body: &ast.BlockStatement{LeftBrace: at, List: list, RightBrace: at}, DeclarationList: w.tree.DeclarationList,
	}
	w.tree.DeclarationList = nil
	w.tree.Body = []ast.Statement{&ast.ExpressionStatement{Expression: f}}
}

// shadows refuses let, const and class of the names by which a trigger returns its result: what it assigns would go nowhere, and
// an auth() that means to stop a visitor would let him pass.
func (w *wrapper) shadows() *Problem {
	for _, name := range w.lexical {
		if name == "next" || name == "payload" {
			return &Problem{Line: 1, Column: 1, Text: "the top level may not declare " + name + " with let, const or class: leave the word out"}
		}
	}
	return nil
}

func isDirective(s ast.Statement) bool {
	e, ok := s.(*ast.ExpressionStatement)
	if !ok {
		return false
	}
	_, ok = e.Expression.(*ast.StringLiteral)
	return ok
}

// topLevel notes what the program declares and returns the names of its functions.
func (w *wrapper) topLevel() (functions []string) {
	for _, s := range w.tree.Body {
		switch s := s.(type) {
		case *ast.FunctionDeclaration:
			functions = append(functions, s.Function.Name.Name.String())
		case *ast.LexicalDeclaration:
			if id, ok := s.List[0].Target.(*ast.Identifier); ok && strings.HasPrefix(id.Name.String(), "%") {
				continue // none of the author's
			}
			w.calls = w.calls || bindsMain(s.List)
			for _, b := range s.List {
				w.lexical = append(w.lexical, boundNames(b.Target)...)
			}
		case *ast.ClassDeclaration:
			w.lexical = append(w.lexical, s.Class.Name.Name.String())
		case *ast.ExpressionStatement:
			w.calls = w.calls || assignsMain(s.Expression)
		}
	}
	for _, d := range w.tree.DeclarationList {
		w.calls = w.calls || bindsMain(d.List)
		for _, b := range d.List {
			w.declares = append(w.declares, boundNames(b.Target)...)
		}
	}
	for _, name := range functions {
		w.calls = w.calls || name == "main"
		if name != "main" {
			w.declares = append(w.declares, name)
		}
	}
	w.names = append(append(w.names, w.declares...), w.lexical...)
	w.calls = (w.calls || w.module) && !w.library
	if !w.library {
		w.lexical = nil // a node's own
	}
	w.declares = append(w.declares, w.lexical...)
	return functions
}

func (w *wrapper) callOfMain(at file.Idx) ast.Statement {
	if !w.calls {
		return nil
	}
	call := func(callee ast.Expression) ast.Expression {
		return &ast.CallExpression{Callee: callee, LeftParenthesis: at, RightParenthesis: at}
	}
	if !w.module {
		return &ast.ExpressionStatement{Expression: call(identifier("main", at))}
	}
	operation := func(operator token.Token, left, right ast.Expression) ast.Expression {
		return &ast.BinaryExpression{Operator: operator, Left: left, Right: right}
	}
	main := func() ast.Expression {
		exports := func(name unistring.String) ast.Expression {
			return &ast.DotExpression{Left: identifier(moduleName, at), Identifier: ast.Identifier{Name: name, Idx: at}}
		}
		return operation(token.LOGICAL_OR, exports("main"), exports("default"))
	}
	// A module without exports is undefined.
	there := operation(token.LOGICAL_AND, identifier(moduleName, at), main())
	return &ast.ExpressionStatement{Expression: operation(token.LOGICAL_AND, there, call(main()))}
}

// exportsToGlobal writes Object.assign(%global, nflow_module): what a library exports is there for the nodes.
func exportsToGlobal(at file.Idx) ast.Statement {
	return &ast.ExpressionStatement{Expression: &ast.CallExpression{
		Callee:          &ast.DotExpression{Left: identifier("Object", at), Identifier: ast.Identifier{Name: "assign", Idx: at}},
		LeftParenthesis: at, RightParenthesis: at, ArgumentList: []ast.Expression{identifier(GlobalName, at), identifier(moduleName, at)},
	}}
}

// exportStatement writes %global.name = name.
func exportStatement(name string, at file.Idx) ast.Statement {
	n := unistring.NewFromString(name)
	return &ast.ExpressionStatement{Expression: &ast.AssignExpression{
		Operator: token.ASSIGN,
		Left:     &ast.DotExpression{Left: identifier(GlobalName, at), Identifier: ast.Identifier{Name: n, Idx: at}},
		Right:    identifier(n, at),
	}}
}

func identifier(name unistring.String, at file.Idx) *ast.Identifier {
	return &ast.Identifier{Name: name, Idx: at}
}

func bindsMain(list []*ast.Binding) bool {
	for _, b := range list {
		if id, ok := b.Target.(*ast.Identifier); ok && id.Name == "main" {
			return true
		}
	}
	return false
}

func assignsMain(e ast.Expression) bool {
	a, ok := e.(*ast.AssignExpression)
	if !ok {
		return false
	}
	id, ok := a.Left.(*ast.Identifier)
	return ok && id.Name == "main"
}

// boundNames lists the identifiers that a declaration binds, destructured ones included.
func boundNames(target ast.Expression) (names []string) {
	switch t := target.(type) {
	case *ast.Identifier:
		return []string{t.Name.String()}
	case *ast.AssignExpression:
		return boundNames(t.Left)
	case *ast.ArrayPattern:
		for _, e := range t.Elements {
			names = append(names, boundNames(e)...)
		}
		names = append(names, boundNames(t.Rest)...)
	case *ast.ObjectPattern:
		for _, p := range t.Properties {
			switch p := p.(type) {
			case *ast.PropertyShort:
				names = append(names, p.Name.Name.String())
			case *ast.PropertyKeyed:
				names = append(names, boundNames(p.Value)...)
			}
		}
		names = append(names, boundNames(t.Rest)...)
	}
	return names
}
