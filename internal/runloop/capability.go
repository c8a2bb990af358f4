package runloop

import (
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// capabilities is a run as host functions ask it what it may use.
type capabilities run

// Allow reports whether a run may use what the setting opens: [vm_pool] must open it, and the starter's parameter
// capabilities, where there is one, must name it. A starter narrows, it never widens.
func (c *capabilities) Allow(setting string) error {
	if err := c.loop.Allow(setting); err != nil {
		return err
	}
	named, narrowed := narrowedTo(c.web.Starter())
	if narrowed && !slices.Contains(named, setting) {
		return fault.Wrap(fault.Denied, hostfn.ErrNarrowed, "this is off in flow %q: the capabilities of its starter do not include %s", c.flow.Name, setting)
	}
	return nil
}

// narrowedTo reads the starter's list: an array or comma text, of names with or without "enable_".
func narrowedTo(s *graph.Starter) (named []string, narrowed bool) {
	if s == nil {
		return nil, false
	}
	var words []string
	switch v := s.Node.Data["capabilities"].(type) {
	case nil:
		return nil, false
	case string:
		words = strings.Split(v, ",")
	case []any:
		for _, w := range v {
			if s, ok := w.(string); ok {
				words = append(words, s)
			}
		}
	}
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" {
			named = append(named, "enable_"+strings.TrimPrefix(w, "enable_"))
		}
	}
	return named, true
}
