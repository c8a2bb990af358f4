package rules

import (
	"io"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxInstructions  = 1000 // of one pattern: thirteen characters can make two thousand
	heavyInstruction = 70   // bytes of a compiled pattern, for each of its instructions
)

// boundedPattern is a regular expression whose matching takes as long as its instructions and the text are, and can be
// stopped. Its text is Go's (RE2): it takes no exponential time.
type boundedPattern struct {
	re           *regexp.Regexp
	instructions int
}

// compilePattern compiles a pattern of a bearable size, which is found out before it is compiled.
func compilePattern(text string) (*boundedPattern, error) {
	if len(text) > maxRule {
		return nil, fault.New(fault.Script, "the pattern is longer than %d KiB", maxRule>>10)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, fault.New(fault.Script, "the pattern %.80q cannot be read: %s", text, clip.Text(err.Error(), 120))
	}
	n := instructionsOf(tree)
	if n > maxInstructions {
		return nil, fault.New(fault.Script, "the pattern %.80q is too large: counted repetitions make it as long as what they repeat", text)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return &boundedPattern{re, n + 2}, nil
}

// instructionsOf counts about what a pattern is compiled to; it stops counting where that is too much.
func instructionsOf(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	inner := 0
	for _, sub := range re.Sub {
		if inner += instructionsOf(sub); inner > maxInstructions {
			return inner
		}
	}
	if re.Op == syntax.OpRepeat {
		inner *= max(re.Min+1, re.Max)
	}
	return min(n+inner, maxInstructions+1)
}

// matches reports whether the pattern matches a part of the text. The error says that the run was stopped.
func (p *boundedPattern) matches(r *hostfn.Run, text string) (bool, error) {
	if len(text)*p.instructions < 64<<10 { // under a millisecond
		return p.re.MatchString(text), r.Charge(1+len(text)*p.instructions/8, 0)
	}
	in := &patternReader{run: r, rest: text, cost: 1 + p.instructions/8}
	found := p.re.MatchReader(in)
	return found, in.err
}

// patternReader ends the text of a match when the run was stopped.
type patternReader struct {
	run  *hostfn.Run
	rest string
	cost int
	err  error
}

// ReadRune implements io.RuneReader.
func (r *patternReader) ReadRune() (rune, int, error) {
	if r.rest == "" || r.err != nil {
		return 0, 0, io.EOF
	}
	if r.err = r.run.Charge(r.cost, 0); r.err != nil {
		return 0, 0, io.EOF
	}
	c, n := utf8.DecodeRuneInString(r.rest)
	r.rest = r.rest[n:]
	return c, n, nil
}
