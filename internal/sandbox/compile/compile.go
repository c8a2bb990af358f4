package compile

import (
	"errors"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/natives"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/scan"
)

// Source is code as its author wrote it.
type Source struct {
	Name    string // stands in stacks, as in "orders/validate"
	Code    string
	Lang    string // "ts" for TypeScript; "" recognises it
	Library bool   // only declares: a main() in it is not called
	Module  bool   // a module of require: see CompileModule
	Native  bool   // a part of the language itself: it expects nothing of natives
}

// Compiler turns sources into programs. It holds no state and may be used from many goroutines.
type Compiler struct {
	BigInt bool // whether programs may use BigInt; the VM's Limits must say the same. Defaults to false
}

// harmful returns what no parser is to see, or nil.
func harmful(text string) *Problem {
	if p := scan.Check(text); p != nil {
		return &Problem{Line: p.Line, Column: p.Column, Text: p.Text}
	}
	return nil
}

// Compile makes a program of src, or returns a *Problem. Code that goja does not take as it is goes through esbuild:
// newer syntax, TypeScript and import/export. Errors and stacks keep the author's lines and columns.
func (c Compiler) Compile(src Source) (*Program, error) {
	if problem := harmful(src.Code); problem != nil {
		return nil, problem // esbuild's parser must not see it either
	}
	if src.Lang == "ts" {
		p, problem := c.compileLowered(src, nil)
		if problem != nil {
			return nil, explained(src.Code, problem)
		}
		return p, nil
	}
	p, problem := c.compileText(src, src.Code, false, parser.WithDisableSourceMaps)
	if problem == nil {
		return p, nil
	}
	if problem.sure {
		return nil, problem
	}
	if p, problem = c.compileLowered(src, problem); problem != nil {
		return nil, explained(src.Code, problem)
	}
	return p, nil
}

// CompileModule compiles a module of require. The program's value is a function (exports, require, module). Import and
// export statements become require and exports.
func (c Compiler) CompileModule(name, code string) (*goja.Program, error) {
	return c.module(Source{Name: name, Code: code, Library: true, Module: true})
}

// CompileNatives compiles a family of natives as CompileModule does.
func (c Compiler) CompileNatives(f natives.Family) (*goja.Program, error) {
	code, err := f.Code()
	if err != nil {
		return nil, err
	}
	return c.module(Source{Name: f.Name(), Code: code, Library: true, Module: true, Native: true})
}

func (c Compiler) module(src Source) (*goja.Program, error) {
	p, err := c.Compile(src)
	if err != nil {
		return nil, err
	}
	return p.code, nil
}

// compileLowered compiles what esbuild makes of the source, the least rewritten form first. When nothing works it
// returns the problem of the reader that got furthest.
func (c Compiler) compileLowered(src Source, problem *Problem) (*Program, *Problem) {
	for form := range lowerings(src) {
		code, sourceMap, p := lower(src, form)
		if p != nil {
			problem = moreTelling(problem, p)
			continue
		}
		// The loader returns only this one map: goja's own would read any file that a script names.
		own := parser.WithSourceMapLoader(func(string) ([]byte, error) { return sourceMap, nil })
		prog, p := c.compileText(src, code+"\n//# sourceMappingURL=author.map", form.module, own)
		if p == nil {
			prog.mapped = mappedName(src.Name)
			return prog, nil
		}
		problem = moreTelling(problem, p)
	}
	return nil, problem
}

// moreTelling keeps the problem that lies further on in the text: the reader that got furthest read the right language.
func moreTelling(first, second *Problem) *Problem {
	if first == nil || second.Line > first.Line || second.Line == first.Line && second.Column > first.Column {
		return second
	}
	return first
}

func (c Compiler) compileText(src Source, text string, module bool, sourceMaps parser.Option) (*Program, *Problem) {
	if problem := harmful(text); problem != nil {
		return nil, problem
	}
	tree, err := parse(src.Name, text, sourceMaps)
	if err != nil {
		return nil, problemOf(err)
	}
	w := wrapper{tree: tree, module: module, library: src.Library}
	functions := onlyFunctions(tree)
	if !module && !src.Library {
		w.simple = simpleMain(tree)
	}
	var expected []natives.Family
	if !src.Native {
		expected = natives.Named(text)
	}
	absent := uses(tree, c.mentioned(text))
	counted, named, patterns, problem := instrument(tree, c.BigInt, w.simple, expected...)
	if problem != nil {
		return nil, problem
	}
	if src.Module {
		counted.inCode(tree)
	}
	if w.counted = counted; src.Module {
		w.wrapModule()
	} else {
		w.wrap()
	}
	if src.Library && !src.Module {
		if problem := w.shadows(); problem != nil {
			return nil, problem
		}
	}
	code, err := compileTree(tree)
	if err != nil {
		return nil, problemOf(err)
	}
	p := &Program{
		name: src.Name, code: code, counted: counted, names: named, patterns: patterns, declares: w.declares, calls: w.calls,
		onlyFunctions: functions, absent: absent,
	}
	if !w.calls && !src.Library {
		p.misspelt = misspelt(w.names, named.calls)
	}
	if module || mayBeStrict(text) {
		// Strict code may only assign to a name that is a property of the global object already.
		p.declares = append(p.declares, "payload", "next")
	}
	return p, nil
}

// parse is goja's parser, which panics on some texts that are cut.
func parse(name, text string, sourceMaps parser.Option) (tree *ast.Program, err error) {
	defer unreadable(&err)
	return parser.ParseFile(nil, name, text, 0, sourceMaps)
}

func compileTree(tree *ast.Program) (code *goja.Program, err error) {
	defer unreadable(&err)
	if code, err = goja.CompileAST(tree, false); err == nil {
		layout.Learned().CheckIterators(code)
	}
	return code, err
}

// unreadable makes an error of goja's panic, so that a node that is wrong is a problem and not the end of the process.
func unreadable(err *error) {
	if x := recover(); x != nil {
		*err = &Problem{Line: 1, Column: 1, Text: "the code cannot be read: look for brackets that are not closed"}
	}
}

func mayBeStrict(code string) bool {
	return strings.Contains(code, "use strict") || strings.Contains(code, "class")
}

// problemOf finds the place in the errors of goja's parser and compiler.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if list, ok := errors.AsType[parser.ErrorList](err); ok && len(list) > 0 {
		at := list[0].Position
		return &Problem{Line: at.Line, Column: at.Column, Text: list[0].Message}
	}
	if c, ok := errors.AsType[*goja.CompilerSyntaxError](err); ok {
		return problemAt(c.CompilerError)
	}
	if c, ok := errors.AsType[*goja.CompilerReferenceError](err); ok {
		return problemAt(c.CompilerError)
	}
	return &Problem{Text: err.Error()}
}

func problemAt(c goja.CompilerError) *Problem {
	if c.File == nil {
		return &Problem{Text: c.Message}
	}
	at := c.File.Position(c.Offset)
	return &Problem{Line: at.Line, Column: at.Column, Text: c.Message}
}
