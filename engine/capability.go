package engine

import (
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// Allow answers whether a run may use what the setting opens: [vm_pool] must open it, and the starter's parameter
// capabilities, where there is one, must name it. A starter narrows, it never widens.
func (r *run) Allow(setting string) error {
	if err := r.rt.Allow(setting); err != nil {
		return err
	}
	named, narrowed := r.capabilities()
	if narrowed && !slices.Contains(named, setting) {
		return fault.Wrap(fault.Denied, hostfn.ErrNarrowed, "this is off in flow %q: its starter's capabilities do not name %s", r.flow.Name, setting)
	}
	return nil
}

// capabilities reads the starter's list: an array or comma text, of names with or without "enable_".
func (r *run) capabilities() (named []string, narrowed bool) {
	if r.web.match.Starter == nil {
		return nil, false
	}
	var words []string
	switch v := r.web.match.Starter.Node.Data["capabilities"].(type) {
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
