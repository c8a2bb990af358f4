package history

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	maxValue = 4 << 10  // bytes of one key's value
	maxPatch = 32 << 10 // bytes of what one node changed
	maxError = 16 << 10 // bytes of an error or stack
	maxPath  = 1 << 10
)

// record is a run that waits to be written.
type record struct {
	run  *Run // nil once head is whole
	head *store.Run
	size int64
}

// newRecord takes a run over.
func newRecord(r *Run, head *store.Run) *record {
	const run, visit = 1000, 100
	n := run + visit*len(r.visits) + min(r.texts, maxTexts+maxValue) + len(head.Stack)
	for i := range r.lines {
		n += len(r.lines[i].text)
	}
	return &record{r, head, int64(n)}
}

// weight estimates the memory that the record holds, in bytes.
func (k *record) weight() int64 { return k.size }

// row makes the row, once: it is tried again with the same one.
func (k *record) row(mask func(string) string) *store.Run {
	h, r := k.head, k.run
	if r == nil {
		return h
	}
	k.run = nil
	defer r.release()
	m := masker{mask}
	h.Path, h.Error, h.Stack = m.short(h.Path, maxPath), m.short(h.Error, maxError), m.short(h.Stack, maxError)
	if r.input != nil {
		h.Input = m.data(patch(nil, r.input))
	}
	visits := r.visits
	slices.SortFunc(visits, func(a, b visit) int { return cmp.Compare(a.order, b.order) })
	h.Visits = make([]store.Visit, len(visits))
	before := r.input
	for i := range visits {
		v := &visits[i]
		out := &h.Visits[i]
		*out = store.Visit{Order: v.order, Place: place(h.App, v.node), At: v.at, Took: v.took, Output: output(v.node, v.next), Status: store.RunOK}
		if v.failed {
			out.Status = h.Status
		}
		if v.unread {
			out.Changes = []byte(`{"unread":true}`)
		}
		if v.noted {
			if string(before) != string(v.payload) {
				out.Changes = m.data(patch(before, v.payload))
			}
			before = v.payload
		}
	}
	m.logs(h, r.lines)
	return h
}

func place(app string, n *graph.Node) store.Place {
	return store.Place{App: app, Flow: n.Flow.Name, Node: n.ID, Name: n.Label, Type: n.Type}
}

// output finds the output that leads from a node to the next.
func output(n, next *graph.Node) string {
	if next != nil {
		for i := range n.Outs {
			if n.Outs[i].To == next {
				return n.Outs[i].Name
			}
		}
	}
	return ""
}

// patch writes what differs between two payloads: {"set": {key: value}, "removed": [key]}, or {"all": value} where one
// is no object. Values that are too long are left out, with a text that says so in their place.
func patch(before, after []byte) []byte {
	a := gjson.ParseBytes(after)
	if !a.IsObject() {
		return append(append([]byte(`{"all":`), short(a.Raw, maxPatch)...), '}')
	}
	old := map[string]string{}
	gjson.ParseBytes(before).ForEach(func(key, value gjson.Result) bool {
		old[key.Str] = value.Raw
		return true
	})
	set, removed := []byte(`{"set":{`), []byte(nil)
	a.ForEach(func(key, value gjson.Result) bool {
		was, had := old[key.Str]
		delete(old, key.Str)
		if had && was == value.Raw {
			return true
		}
		if len(set) > len(`{"set":{`) {
			set = append(set, ',')
		}
		set = append(append(set, key.Raw...), ':')
		set = append(set, short(value.Raw, min(maxValue, maxPatch-len(set)))...)
		return true
	})
	set = append(set, '}')
	for _, key := range slices.Sorted(keysOf(old)) {
		if text, err := json.Marshal(key); err == nil {
			removed = append(append(removed, ','), text...)
		}
	}
	if len(removed) > 0 {
		set = append(append(append(set, `,"removed":[`...), removed[1:]...), ']')
	}
	return append(set, '}')
}

func keysOf(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
