package engine

import (
	"errors"
	"regexp"
	"slices"
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// compiler is the sandbox's compiler as the graph wants it.
type compiler struct {
	globals *hostfn.Table
	bigInt  bool
}

var _ graph.Compiler = compiler{}

func (c compiler) Compile(src graph.Source) (any, *graph.CodeProblem) {
	p, err := sandbox.Compiler{BigInt: c.bigInt}.Compile(sandbox.Source{Name: src.Name, Code: src.Code, Lang: src.Lang, Library: src.Library})
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
// many, and misses calls through other names; the sandbox is what refuses them.
func (c compiler) Needs(code string) (settings []string) {
	for _, m := range calls.FindAllStringSubmatch(code, -1) {
		row := c.globals.Find(m[1])
		switch {
		case row != nil && row.Needs != "":
			settings = append(settings, row.Needs)
		case m[1] == "File", m[1] == "Attachment", m[1] == "Inline":
			settings = append(settings, "enable_filesystem")
		}
	}
	slices.Sort(settings)
	return slices.Compact(settings)
}

func quoted(s string) string { return strconv.Quote(s) }

func position(p *graph.Problem) string {
	return "line " + strconv.Itoa(p.Line) + ", column " + strconv.Itoa(p.Column)
}
