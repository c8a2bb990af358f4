package jsapi

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/cbroglie/mustache"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// mustachePage is a parsed Mustache template; it finds its partials by the run that it renders for.
type mustachePage struct {
	tmpl     *mustache.Template
	delims   bool // the source changes its delimiters
	meter    meter
	template func(*hostfn.Run, string) (string, bool)
}

// maxPartials is how many partials one rendering may include, each time counted.
const maxPartials = 1000

var (
	// partialIndent is the indentation of a partial. It is dropped: the library indents each line of the partial by it,
	// which HTML does not need and which partials in partials could grow without end.
	partialIndent = regexp.MustCompile(`(?m)^[ \t]+(\{\{\s*>)`)
	delimiters    = regexp.MustCompile(`\{\{\s*=`)
)

func parseMustache(source string) (*mustachePage, error) {
	p := &mustachePage{delims: delimiters.MatchString(source)}
	tmpl, err := mustache.ParseStringPartials(partialIndent.ReplaceAllString(source, "$1"), p)
	if err != nil {
		return nil, err
	}
	p.tmpl = tmpl
	return p, nil
}

// Get finds a partial: a template of the app. A missing one is empty.
func (p *mustachePage) Get(name string) (string, error) {
	r := p.meter.run
	if ctx := r.Ctx(); ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if p.meter.depth++; p.meter.depth > maxPartials {
		return "", fault.New(fault.Script, "more than %d partials are included", maxPartials)
	}
	if p.delims {
		return "", fault.New(fault.Script, "a template that changes its delimiters cannot include partials")
	}
	if p.template == nil {
		return "", nil
	}
	source, _ := p.template(r, name)
	if err := p.meter.charge(len(source)); err != nil {
		return "", err
	}
	if delimiters.MatchString(source) && strings.Contains(source, ">") {
		return "", fault.New(fault.Script, "the partial %q changes its delimiters: a partial cannot", name)
	}
	return partialIndent.ReplaceAllString(source, "$1"), nil
}

// renderMustache renders a source over data.
func (a *api) renderMustache(r *hostfn.Run, source string, data any) (text string, err error) {
	defer func() {
		if e := recover(); e != nil { // the parsed template may be half done: it does not go back
			err = fault.Wrap(fault.Script, fmt.Errorf("panic: %v", e), "mustache: it cannot be rendered")
		}
	}()
	p, err := a.mustache.take(source)
	if err != nil {
		return "", mustacheError(err)
	}
	p.meter.start(r)
	p.template = a.Template
	err = p.tmpl.FRender(&p.meter, present(data))
	text = p.meter.page.String()
	p.meter.start(nil)
	a.mustache.put(source, p)
	if err != nil {
		return "", mustacheError(err)
	}
	return text, nil
}

// mustacheError says where in the template the problem is: the library's texts start with the line.
func mustacheError(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Script {
		return err
	}
	return &fault.Error{Kind: fault.Script, Text: "mustache: " + err.Error(), Cause: err}
}
