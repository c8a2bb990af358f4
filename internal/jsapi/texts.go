package jsapi

import (
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/render"
)

// Texts renders an app's templates for plugins, and writes events to the client, with the limits that the globals have.
// Its methods belong to the run's goroutine.
type Texts struct{ api *api }

// NewTexts makes a Texts.
func NewTexts(d Deps) *Texts {
	return &Texts{&api{Deps: d, pages: render.New(d.Template)}}
}

// Page renders a page template of the run's app by its name.
func (t *Texts) Page(r *hostfn.Run, name string, data any) (string, error) {
	source, ok := t.api.pages.Source(r, name)
	if !ok {
		return "", fault.New(fault.Script, "template %q not found", name)
	}
	return t.api.pages.Page(r, source, data)
}

// Prompt renders a Mustache template as plain text, without partials.
func (t *Texts) Prompt(r *hostfn.Run, source string, data any) (string, error) {
	return t.api.pages.Prompt(r, source, data)
}

// Events returns the stream of server-sent events of a run; the first one begins the response.
func (t *Texts) Events(r *hostfn.Run) *Events { return &Events{scope: t.api.scope(r)} }

// Events is a response that is written event by event.
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
