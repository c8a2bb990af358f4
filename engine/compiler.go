package engine

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/plugins/kit"
)

// compiler is the sandbox's compiler as the graph wants it.
type compiler struct {
	rt      *Runtime
	modules map[string]string // the app's own
}

var _ graph.Compiler = compiler{}

func (c compiler) Compile(src graph.Source) (any, *graph.CodeProblem) {
	p, err := sandbox.Compiler{BigInt: c.rt.limits.bigInt}.Compile(sandbox.Source{Name: src.Name, Code: src.Code, Lang: src.Lang, Library: src.Library})
	if err == nil && !src.Library && src.Lang == "" && c.rt.natives[src.Code] != nil {
		return &standardProgram{p, c.rt.natives[src.Code]}, nil
	}
	if err == nil {
		return p, nil
	}
	if at, ok := errors.AsType[*sandbox.Problem](err); ok {
		return nil, &graph.CodeProblem{Line: at.Line, Column: at.Column, Text: at.Text}
	}
	return nil, &graph.CodeProblem{Text: err.Error()}
}

var calls = regexp.MustCompile(`(?:^|[^.\w$])(?:c\s*\.\s*)?([A-Za-z_$][\w$]*)\s*\(`)

// Needs looks for calls of functions that a setting must allow. It reads words, not syntax: it may name a setting too
// many, and misses calls through other names; the sandbox is what refuses them. Packages that are not allowed need
// allowed_modules.
func (c compiler) Needs(code string) (settings []string) {
	for _, m := range calls.FindAllStringSubmatch(code, -1) {
		row := c.rt.globals.Find(m[1])
		switch {
		case row != nil && row.Needs != "":
			settings = append(settings, row.Needs)
		case m[1] == "File", m[1] == "Attachment", m[1] == "Inline":
			settings = append(settings, "enable_filesystem")
		}
	}
	slices.Sort(settings)
	settings = slices.Compact(settings)
	for i, name := range settings {
		state := "on"
		if c.rt.Allow(name) != nil {
			state = "off"
		}
		settings[i] = name + ", which is " + state
	}
	return append(settings, c.packages(code)...)
}

// packages looks for npm packages that the code imports and that are not allowed.
func (c compiler) packages(code string) (settings []string) {
	for _, name := range importsOf(code) {
		own := slices.Contains(kit.ModuleNames(), strings.TrimPrefix(name, "node:")) || c.modules[name] != ""
		if p := packageOf(name); p != "" && !own && !c.rt.allowsModule(name) {
			settings = append(settings, `allowed_modules = ["`+p+`"]`)
		}
	}
	slices.Sort(settings)
	return slices.Compact(settings)
}

func quoted(s string) string { return strconv.Quote(s) }

func position(p *graph.Problem) string {
	return "line " + strconv.Itoa(p.Line) + ", column " + strconv.Itoa(p.Column)
}
