package jsapi

import (
	"fmt"

	"github.com/cbroglie/mustache"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// Texts renders an app's templates for plugins, and writes events to the client, with the limits that the globals have.
// Its methods belong to the run's goroutine.
type Texts struct{ api *api }

// NewTexts makes a Texts.
func NewTexts(d Deps) *Texts {
	return &Texts{&api{Deps: d, pages: newPool(parsePage)}}
}

// Page renders a page template of the run's app by its name.
func (t *Texts) Page(r *hostfn.Run, name string, data any) (string, error) {
	source, ok := t.api.Template(r, name)
	if !ok {
		return "", fault.New(fault.Script, "there is no template %q", name)
	}
	return t.api.render(r, source, data)
}

// maxPrompt is how large a prompt's source may be.
const maxPrompt = 1 << 20

// Prompt renders a Mustache template as plain text: HTML's escapes would spoil what is no page. It has no partials.
func (t *Texts) Prompt(r *hostfn.Run, source string, data any) (text string, err error) {
	if len(source) > maxPrompt {
		return "", fault.New(fault.Script, "the prompt is larger than %d MB", maxPrompt>>20)
	}
	defer func() {
		if x := recover(); x != nil { // the library panics on some data
			err = fault.Wrap(fault.Script, fmt.Errorf("%v", x), "the prompt's template cannot be rendered with this data")
		}
	}()
	parsed, err := mustache.ParseStringPartialsRaw(source, noPartials{}, true)
	if err != nil {
		return "", fault.Wrap(fault.Script, err, "the prompt is no Mustache template: %v", err)
	}
	if nesting(parsed.Tags(), 0) > maxNesting {
		return "", fault.New(fault.Script, "the prompt's sections nest too deep")
	}
	m := &meter{run: r}
	if err := parsed.FRender(m, present(data)); err != nil {
		return "", err
	}
	return m.page.String(), nil
}

// Events gives the stream of server-sent events of a run; the first one begins the answer.
func (t *Texts) Events(r *hostfn.Run) *Events { return &Events{scope: t.api.scope(r)} }

// Events is an answer that is written event by event.
type Events struct {
	scope *scope
	begun bool
}

// Send writes one event at once; name is "" for a plain message. Neither may hold a line end.
func (e *Events) Send(name string, data []byte) error {
	if !e.begun {
		eventHeader(e.scope.ex.Context().Response().Header())
		e.begun = true
	}
	text := "data: " + string(data) + "\n\n"
	if name != "" {
		text = "event: " + name + "\n" + text
	}
	return e.scope.write([]byte(text), "", true)
}
