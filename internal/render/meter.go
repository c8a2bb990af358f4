package render

import (
	"bytes"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxSource   = 1 << 20  // bytes of a template's source
	maxPage     = 16 << 20 // bytes of a rendered page
	maxMade     = 64 << 20 // bytes that the functions of one rendering make on the way
	maxIncludes = 100      // templates inside templates inside templates …
	maxActions  = 20_000   // {{…}} of a source: parsing and escaping it cannot be stopped
	heavyAction = 1500     // bytes that one of them takes, parsed and escaped

	maxPooled = 16 << 20 // bytes of parsed templates that a pool keeps
)

// meter collects one rendered page and ends the rendering when the page grows too large or the run is over. The
// template engines know no limits of their own, but they write: at least once in each turn of a loop.
type meter struct {
	run    *hostfn.Run
	page   bytes.Buffer
	made   int
	depth  int
	failed error // of a write; Mustache does not look at all of them, so later writes repeat it
}

// start readies the meter for one rendering in a run.
func (m *meter) start(r *hostfn.Run) { *m = meter{run: r} }

// Write takes a part of the page.
func (m *meter) Write(p []byte) (int, error) {
	if m.failed == nil { // a page that outgrows its place is copied
		m.failed = m.run.Charge(2+len(p)>>8, 2*int64(len(p)))
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
	return m.run.Charge(1+n>>7, int64(n))
}

// newPool keeps parsed templates by their source.
func newPool[T any](parse func(string) (*T, error)) *hostfn.Pool[T] {
	return hostfn.NewPool(maxPooled, cost[T], func(source string) (*T, error) {
		if len(source) > maxSource {
			return nil, fault.New(fault.Script, "the source is longer than %d KiB", maxSource>>10)
		}
		if actions(source) > maxActions {
			return nil, fault.New(fault.Script, "the source has more than %d {{…}}", maxActions)
		}
		return parse(source)
	})
}

// cost estimates what a parsed template weighs.
func cost[T any](source string, _ *T) int { return weight(source) }

func weight(source string) int { return 4*len(source) + heavyAction*actions(source) + 4096 }

func actions(source string) int { return strings.Count(source, "{{") }
