package compile

import (
	"errors"
	"unicode/utf16"

	"github.com/dop251/goja/ast"

	"github.com/arturoeanton/nflow-runtime/internal/pattern"
)

// patterns are those of the literals of a program, by their keys.
type patterns map[string]*pattern.Pattern

// literal compiles the pattern of a literal, and has goja take its key in its place: goja knows other patterns than ECMAScript.
func (in *instrumenter) literal(x *ast.RegExpLiteral) {
	flags, ok := pattern.ParseFlags(x.Flags)
	if !ok {
		in.refuseSurely(x.Idx, "the regular expression has flags that are none, or none together: "+x.Flags)
		return
	}
	source := utf16.Encode([]rune(x.Pattern))
	p, err := pattern.Compile(source, flags)
	if err != nil {
		text := err.Error()
		if e, ok := errors.AsType[*pattern.Error](err); ok {
			text = "the regular expression " + e.What
		}
		in.refuseSurely(x.Idx, text)
		return
	}
	if in.patterns == nil {
		in.patterns = patterns{}
	}
	key := pattern.Key(source, flags)
	in.patterns[key] = p
	x.Pattern, x.Flags = key, (flags &^ (pattern.Indices | pattern.Sets)).String()
}

// HasPatterns reports whether there are regular expressions in the code.
func (p *Program) HasPatterns() bool { return len(p.patterns) > 0 }

// Pattern returns the pattern of a literal by its key, nil for others.
func (p *Program) Pattern(key string) *pattern.Pattern { return p.patterns[key] }
