package jsapi

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cbroglie/mustache"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// maxPartials is how many partials one source may include, those of partials counted.
const maxPartials = 1000

// partialTag is the tag of a partial, with its line when it stands alone there.
var (
	partialTag = regexp.MustCompile(`(?m)^[ \t]*\{\{\s*>([^{}]*)\}\}[ \t]*(?:\r?\n|\z)|\{\{\s*>([^{}]*)\}\}`)
	delimiters = regexp.MustCompile(`\{\{\s*=`)
)

// partials puts the templates of the app in place of the tags that name them, before parsing: the library would look
// them up while it renders, and one that includes itself would never end. Their indentation is not applied.
type partials struct {
	find  func(name string) (source string, ok bool)
	open  []string // names, the outermost first
	count int
	size  int // bytes
}

func (p *partials) expand(source string) (string, error) {
	if p.size += len(source); p.size > maxSource {
		return "", fault.New(fault.Script, "the source and its partials are longer than %d KiB", maxSource>>10)
	}
	places := partialTag.FindAllStringSubmatchIndex(source, -1)
	if len(places) == 0 {
		return source, nil
	}
	if delimiters.MatchString(source) {
		return "", errDelimiters
	}
	var b strings.Builder
	at := 0
	for _, m := range places {
		name := m[2:4]
		if name[0] < 0 {
			name = m[4:6]
		}
		text, err := p.partial(strings.TrimSpace(source[name[0]:name[1]]))
		if err != nil {
			return "", err
		}
		b.WriteString(source[at:m[0]])
		b.WriteString(text)
		at = m[1]
	}
	b.WriteString(source[at:])
	return b.String(), nil
}

// partial answers the expanded source of a template; a missing one is empty.
func (p *partials) partial(name string) (string, error) {
	if slices.Contains(p.open, name) {
		return "", fault.New(fault.Script, "the partial %q includes itself", name)
	}
	if p.count++; p.count > maxPartials {
		return "", fault.New(fault.Script, "more than %d partials are included", maxPartials)
	}
	source, _ := p.find(name)
	if delimiters.MatchString(source) {
		return "", fault.New(fault.Script, "the partial %q changes its delimiters: a partial cannot", name)
	}
	p.open = append(p.open, name)
	defer func() { p.open = p.open[:len(p.open)-1] }()
	return p.expand(source)
}

var errDelimiters = errors.New("a template that changes its delimiters cannot include partials")

// noPartials is what the library asks for the partials that are left: those with other delimiters.
type noPartials struct{}

func (noPartials) Get(string) (string, error) { return "", errDelimiters }

// parseMustache parses an expanded source.
func parseMustache(source string) (*mustache.Template, error) {
	t, err := mustache.ParseStringPartials(source, noPartials{})
	if err != nil {
		return nil, err
	}
	if nesting(t.Tags(), 0) > maxNesting { // a rendering holds the list of open sections once for each of them
		return nil, fault.New(fault.Script, "sections are nested more than %d deep", maxNesting)
	}
	return t, nil
}

// nesting tells how deep sections are in one another; it looks no deeper than needed.
func nesting(tags []mustache.Tag, depth int) int {
	deepest := depth
	for _, tag := range tags {
		if kind := tag.Type(); depth <= maxNesting && (kind == mustache.Section || kind == mustache.InvertedSection) {
			deepest = max(deepest, nesting(tag.Tags(), depth+1))
		}
	}
	return deepest
}

// renderMustache renders a source over data.
func (a *api) renderMustache(r *hostfn.Run, source string, data any) (text string, err error) {
	defer func() {
		if e := recover(); e != nil { // the parsed template does not go back
			err = fault.Wrap(fault.Script, fmt.Errorf("panic: %v", e), "mustache: it cannot be rendered")
		}
	}()
	p := &partials{find: func(name string) (string, bool) {
		if a.Template == nil {
			return "", false
		}
		return a.Template(r, name)
	}}
	if source, err = p.expand(source); err != nil {
		return "", templateError("mustache", err)
	}
	t, err := a.mustache.Take(source)
	if err != nil {
		return "", templateError("mustache", err)
	}
	m := &meter{run: r}
	err = t.FRender(m, present(data))
	a.mustache.Put(source, t)
	if err != nil {
		return "", templateError("mustache", err)
	}
	return m.page.String(), nil
}
