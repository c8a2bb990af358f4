package apps

import (
	"errors"
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
)

// compiler is the sandbox's compiler as the graph wants it.
type compiler struct {
	*Options
	modules map[string]string // the app's own
}

var _ graph.Compiler = compiler{}

// Compile implements [graph.Compiler].
func (c compiler) Compile(src graph.Source) (any, *graph.CodeProblem) {
	p, err := compile.Compiler{BigInt: c.BigInt}.Compile(compile.Source{Name: src.Name, Code: src.Code, Lang: src.Lang, Library: src.Library})
	if err == nil && !src.Library && src.Lang == "" && c.Standard != nil {
		return c.Standard(src.Code, p), nil
	}
	if err == nil {
		return p, nil
	}
	if at, ok := errors.AsType[*compile.Problem](err); ok {
		return nil, &graph.CodeProblem{Line: at.Line, Column: at.Column, Text: at.Text}
	}
	return nil, &graph.CodeProblem{Text: err.Error()}
}

// named is what a program says of its code.
type named interface {
	Calls() []string
	Imports() []string
	FlowCalls() []string
	Absent() []compile.Use
}

// Absent implements [graph.Compiler].
func (c compiler) Absent(program any) (list []graph.CodeProblem) {
	p, ok := program.(named)
	if !ok {
		return nil
	}
	for _, u := range p.Absent() {
		text := u.Name + " is not there; in its place: " + strings.ReplaceAll(u.Absent.Write, "`", "")
		list = append(list, graph.CodeProblem{Line: u.Line, Column: u.Column, Text: text})
	}
	return list
}

// FlowCalls implements [graph.Compiler].
func (c compiler) FlowCalls(program any) []string {
	if p, ok := program.(named); ok {
		return p.FlowCalls()
	}
	return nil
}

// Needs implements [graph.Compiler]: it looks for calls of functions that a setting must allow. It may name a setting too
// many, for code may have a function of its own of that name, and misses calls through other names; the sandbox is what
// refuses them. Packages that are not allowed need allowed_modules.
func (c compiler) Needs(program any) (settings []string) {
	p, ok := program.(named)
	if !ok {
		return nil
	}
	for _, name := range p.Calls() {
		row := c.Globals.Find(name)
		switch {
		case row != nil && row.Needs != "":
			settings = append(settings, row.Needs)
		case name == "File", name == "Attachment", name == "Inline":
			settings = append(settings, "enable_filesystem")
		}
	}
	slices.Sort(settings)
	settings = slices.Compact(settings)
	for i, name := range settings {
		state := "on"
		if c.Allow(name) != nil {
			state = "off"
		}
		settings[i] = name + ", which is " + state
	}
	return append(settings, c.packages(p.Imports())...)
}

// packages looks for npm packages among imported modules that are not allowed.
func (c compiler) packages(imports []string) (settings []string) {
	for _, name := range imports {
		own := slices.Contains(nodejs.ModuleNames(), strings.TrimPrefix(name, "node:")) || c.modules[name] != ""
		if p := packageOf(name); p != "" && !own && !c.allowsModule(name) {
			settings = append(settings, `allowed_modules = ["`+p+`"]`)
		}
	}
	slices.Sort(settings)
	return slices.Compact(settings)
}
