package graph

import (
	"fmt"
	"slices"

	"github.com/tidwall/gjson"
)

// Change is one repair of Fix, with its place in the original text.
type Change struct {
	Rule   string `json:"rule"` // of the problem, as in "missing-node"
	Flow   string `json:"flow"`
	Node   string `json:"node"`
	Name   string `json:"name,omitempty"` // label of the node
	Key    string `json:"key"`            // the output or input
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"text"` // what is removed, and why
}

// Fix repairs problems that have one possible fix: connections from and to nodes that are not there,
// and all but the first that is left of an output, which nothing ever follows. What it does not change stays byte for
// byte as it was; without changes that is the text itself. The error is a *SyntaxError.
func Fix(text []byte) (fixed []byte, changes []Change, err error) {
	if err := checkSyntax(text); err != nil {
		return nil, nil, err
	}
	flows, err := split(text)
	if err != nil {
		return nil, nil, err
	}
	f := &fixer{text: text}
	for _, flow := range flows {
		f.flow(flow)
	}
	return f.apply(), f.changes, nil
}

// fixer collects the pieces of the text that go.
type fixer struct {
	text    []byte
	changes []Change
	cuts    []cut
	cutOff  map[wire]bool // connections of the flow that outputs lost
}

// cut is a piece of text, from its first byte to before its last.
type cut struct{ from, to int }

// wire is a connection, from an output to an input.
type wire struct{ from, output, to, input string }

func (f *fixer) flow(flow flowText) {
	nodes := map[string]bool{}
	for _, n := range flow.nodes {
		nodes[n.id] = true
	}
	f.cutOff = map[wire]bool{}
	f.connections(flow, "outputs", func(id, output string) func(gjson.Result) (rule, text string) {
		kept := false
		return func(connection gjson.Result) (rule, text string) {
			to := connection.Get("node").String()
			switch {
			case !nodes[to]:
				return "missing-node", fmt.Sprintf("the connection to node %q, which is not in this flow", to)
			case kept:
				f.cutOff[wire{id, output, to, connection.Get("output").String()}] = true
				return "several-connections", fmt.Sprintf("a further connection, to node %q: only the first is followed", to)
			}
			kept = true
			return "", ""
		}
	})
	f.connections(flow, "inputs", func(id, input string) func(gjson.Result) (rule, text string) {
		return func(connection gjson.Result) (rule, text string) {
			from := connection.Get("node").String()
			switch {
			case !nodes[from]:
				return "missing-node", fmt.Sprintf("the connection from node %q, which is not in this flow", from)
			case f.cutOff[wire{from, connection.Get("input").String(), id, input}]:
				return "several-connections", fmt.Sprintf("the connection from node %q, which that node no longer has", from)
			}
			return "", ""
		}
	})
}

// connections calls a rule for each connection on one side of the flow's nodes, which reports whether to remove it.
func (f *fixer) connections(flow flowText, side string, ends func(id, port string) func(gjson.Result) (rule, text string)) {
	seen := map[string]bool{}
	for _, n := range flow.nodes {
		if seen[n.id] { // a second node of the same id counts for nothing
			continue
		}
		seen[n.id] = true
		n.value.Get(side).ForEach(func(port, value gjson.Result) bool {
			list := value.Get("connections")
			if !list.IsArray() {
				return true
			}
			goes := ends(n.id, port.Str)
			var all []gjson.Result
			var gone []bool
			list.ForEach(func(_, connection gjson.Result) bool {
				rule, text := goes(connection)
				all, gone = append(all, connection), append(gone, rule != "")
				if rule != "" {
					f.note(flow, n, Change{Rule: rule, Key: port.Str, Text: text}, connection.Index)
				}
				return true
			})
			f.cutElements(list, all, gone)
			return true
		})
	}
}

func (f *fixer) note(flow flowText, n nodeText, c Change, offset int) {
	c.Flow, c.Node = flow.name, n.id
	named := &Node{ID: n.id}
	named.Data, _ = valueOf(n.value.Get("data")).(map[string]any)
	named.Type, named.Name = named.Text("type"), named.Text("name_box")
	c.Name = label(named)
	c.Line, c.Column = place(f.text, offset)
	f.changes = append(f.changes, c)
}

// cutElements cuts elements out of a list, each with the comma that it no longer needs.
func (f *fixer) cutElements(list gjson.Result, all []gjson.Result, gone []bool) {
	if !slices.Contains(gone, true) {
		return
	}
	if !slices.Contains(gone, false) {
		f.cuts = append(f.cuts, cut{list.Index + 1, list.Index + len(list.Raw) - 1})
		return
	}
	end := func(i int) int { return all[i].Index + len(all[i].Raw) }
	first := slices.Index(gone, false)
	if first > 0 {
		f.cuts = append(f.cuts, cut{all[0].Index, all[first].Index})
	}
	for i := first + 1; i < len(all); i++ {
		if gone[i] {
			f.cuts = append(f.cuts, cut{end(i - 1), end(i)})
		}
	}
}

// apply returns the text without what was cut.
func (f *fixer) apply() []byte {
	if len(f.cuts) == 0 {
		return f.text
	}
	slices.SortFunc(f.cuts, func(a, b cut) int { return a.from - b.from })
	fixed, at := make([]byte, 0, len(f.text)), 0
	for _, c := range f.cuts {
		fixed = append(fixed, f.text[at:c.from]...)
		at = c.to
	}
	return append(fixed, f.text[at:]...)
}
