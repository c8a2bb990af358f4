package jsapi

import (
	"bytes"
	"context"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxSource   = 1 << 20  // bytes of a template's source
	maxPage     = 16 << 20 // bytes of a rendered page
	maxMade     = 64 << 20 // bytes that the functions of one rendering make on the way
	maxIncludes = 100      // templates inside templates inside templates …
	checkEvery  = 256      // writes between two looks at the run's context

	maxPooled = 8 << 20 // bytes of source that a pool keeps
)

// meter collects one rendered page and ends the rendering when the page grows too large or the run is over. The
// template engines know no limits of their own, but they write: at least once in each turn of a loop.
type meter struct {
	run    *hostfn.Run
	page   bytes.Buffer
	writes uint
	made   int
	depth  int
	failed error // of a write; Mustache does not look at all of them, so later writes repeat it
}

// start readies the meter for one rendering in a run.
func (m *meter) start(r *hostfn.Run) { *m = meter{run: r} }

// Write takes a part of the page.
func (m *meter) Write(p []byte) (int, error) {
	if m.writes++; m.writes%checkEvery == 0 && m.failed == nil {
		if ctx := m.run.Ctx(); ctx.Err() != nil {
			m.failed = context.Cause(ctx)
		}
	}
	if m.page.Len()+len(p) > maxPage && m.failed == nil {
		m.failed = fault.New(fault.Script, "the page is larger than %d MiB", maxPage>>20)
	}
	if m.failed != nil {
		return 0, m.failed
	}
	return m.page.Write(p)
}

// charge counts text that a function is about to make.
func (m *meter) charge(n int) error {
	if m.made += n; n > maxMade || m.made > maxMade {
		return fault.New(fault.Script, "the template makes more than %d MiB of text on the way", maxMade>>20)
	}
	return nil
}

// newPool keeps parsed templates by their source.
func newPool[T any](parse func(string) (*T, error)) *hostfn.Pool[T] {
	return hostfn.NewPool(maxPooled, cost, func(source string) (*T, error) {
		if len(source) > maxSource {
			return nil, fault.New(fault.Script, "the source is longer than %d KiB", maxSource>>10)
		}
		return parse(source)
	})
}

// cost estimates what a parsed template weighs.
func cost(source string) int { return len(source) + 4096 }

// present readies data for a template, in place: what is null in JavaScript is missing, so that {{.user.name}} prints
// nothing when there is no user.
func present(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			if v[i] = present(v[i]); v[i] == nil {
				v[i] = ""
			}
		}
	case map[string]any:
		for key, item := range v {
			if item == nil {
				delete(v, key)
			} else {
				v[key] = present(item)
			}
		}
	}
	return v
}
