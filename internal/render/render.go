// Package render renders the templates of an app over values of flows: Go's html/template, and Mustache. Sources and data are
// hostile: what one rendering reads, makes and writes is bounded and charged to the run.
//
// internal/jsapi calls it for the globals template and mustache, and for the plugins that render pages and prompts. It
// does not know where templates are: New sets it.
package render

import (
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/mustache"
)

// Engine renders templates and keeps parsed ones. Many runs may use it concurrently, each on its own goroutine.
type Engine struct {
	source   func(r *hostfn.Run, name string) (string, bool)
	pages    *hostfn.Pool[page]
	mustache *hostfn.Pool[mustache.Template]
}

// New makes an Engine. source returns the template of a run's app by its name, false when there is none; nil where there
// are no templates.
func New(source func(r *hostfn.Run, name string) (string, bool)) *Engine {
	return &Engine{source: source, pages: newPool(parsePage), mustache: newPool(mustache.Parse)}
}

// Source returns the source of a template of the app, without a byte order mark.
func (e *Engine) Source(r *hostfn.Run, name string) (string, bool) {
	if e.source == nil {
		return "", false
	}
	source, ok := e.source(r, name)
	return strings.TrimPrefix(source, "\ufeff"), ok
}

// Mustache renders a Mustache template over a value of the VM, which it looks into no further than the tags name.
func (e *Engine) Mustache(r *hostfn.Run, source string, data goja.Value) (string, error) {
	return e.renderMustache(r, source, newViewed(r).value(data))
}

// maxPrompt is how large a prompt's source may be.
const maxPrompt = 1 << 20

// Prompt renders a Mustache template as plain text: HTML's escapes would spoil what is no page. It has no partials.
func (e *Engine) Prompt(r *hostfn.Run, source string, data any) (string, error) {
	if len(source) > maxPrompt {
		return "", fault.New(fault.Script, "the prompt is larger than %d MB", maxPrompt>>20)
	}
	if actions(source) > maxActions {
		return "", fault.New(fault.Script, "the prompt has more than %d {{…}}", maxActions)
	}
	if err := r.Charge(10*actions(source), int64(weight(source))); err != nil {
		return "", err
	}
	parsed, err := mustache.Parse(source)
	if err != nil {
		return "", fault.Wrap(fault.Script, err, "the prompt is not a Mustache template: %v", err)
	}
	m := &meter{run: r}
	if err := parsed.Render(m, data, mustache.Options{Raw: true, Step: stepper(r)}); err != nil {
		return "", err
	}
	return m.page.String(), nil
}
