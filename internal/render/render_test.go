package render

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func TestRenderingKeepsTheCauseOfALimit(t *testing.T) {
	t.Parallel()
	w := hosttest.NewWorld(t, nil)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(fault.Exceeded("time", "the run took longer than 30 s"))
	w.Ctx = ctx
	a := New(nil)
	_, err := a.Page(w.Run, `{{range 100000}}{{end}}`, nil)
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Limit != "time" {
		t.Errorf("%v", err)
	}
}

func TestRunsRenderSideBySide(t *testing.T) {
	t.Parallel()
	a := New(nil)
	var all sync.WaitGroup
	for i := range 8 {
		w := hosttest.NewWorld(t, nil)
		all.Go(func() {
			for j := range 50 {
				want := fmt.Sprintf("%d-%d", i, j)
				page, err := a.Page(w.Run, "{{print .a}}-{{.b}}", map[string]any{"a": i, "b": j})
				if err != nil || page != want {
					t.Errorf("%q %v, want %s", page, err, want)
				}
				page, err = a.renderMustache(w.Run, "{{a}}-{{b}}", map[string]any{"a": i, "b": j})
				if err != nil || page != want {
					t.Errorf("%q %v, want %s", page, err, want)
				}
			}
		})
	}
	all.Wait()
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"", "<p>{{.name}}</p>", "{{range .list}}{{.}}{{else}}x{{end}}", `{{define "a"}}{{.}}{{end}}{{template "a" .name}}`,
		"{{if .a}}{{else if .b}}{{end}}", `{{printf "%s" .name}}`, "<script>var x = {{.}}</script>", "{{range $i, $x := .list}}{{break}}{{end}}",
		`{{index .name 1}}{{unescapeHTML .list}}{{html .}}{{js .}}{{urlquery .}}`, "<a href={{.name}}", `{{with $x := .list}}{{len $x}}{{end}}`,
	} {
		f.Add(seed)
	}
	fuzzRendering(f, func(w *hosttest.World, a *Engine) func(string, any) (string, error) {
		return func(source string, data any) (string, error) { return a.Page(w.Run, source, data) }
	})
}

func FuzzMustache(f *testing.F) {
	for _, seed := range []string{"", "{{name}}", "{{#list}}{{.}}{{/list}}", "{{>row}}", "{{=<% %>=}}<%name%>", "{{{name}}}", "{{^x}}y{{/x}}", "{{!", "{{=}}", "{{a.b.}}"} {
		f.Add(seed)
	}
	fuzzRendering(f, func(w *hosttest.World, a *Engine) func(string, any) (string, error) {
		return func(source string, data any) (string, error) { return a.renderMustache(w.Run, source, data) }
	})
}

// fuzzRendering checks that no source panics, runs on, or returns a page together with an error.
func fuzzRendering(f *testing.F, with func(*hosttest.World, *Engine) func(string, any) (string, error)) {
	w := hosttest.NewWorld(f, nil)
	render := with(w, New(nil))
	f.Fuzz(func(t *testing.T, source string) {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		defer cancel()
		w.Ctx = ctx
		start := time.Now()
		page, err := render(source, map[string]any{"name": "<Ada>", "list": []any{"a", int64(1), nil}, "n": 1.5})
		if err != nil && page != "" {
			t.Fatalf("%q returns a page and %v", source, err)
		}
		if err != nil && strings.Contains(err.Error(), "panic") {
			t.Fatalf("%q: %v", source, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("%q took %v", source, took)
		}
	})
}
