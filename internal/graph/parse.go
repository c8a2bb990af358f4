package graph

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/arturoeanton/nflow-runtime/model"
)

// checkSyntax reads the JSON once with encoding/json, which is strict; gjson afterwards is not.
func checkSyntax(text []byte) error {
	if !utf8.Valid(text) {
		return &SyntaxError{Line: 1, Column: 1, Text: "it is not UTF-8 text"}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return syntaxError(text, err, d.InputOffset())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return syntaxError(text, errors.New("text follows the end of the app"), d.InputOffset())
	}
	return nil
}

func syntaxError(text []byte, err error, at int64) error {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = s.Offset - 1 // Offset is behind the byte that is wrong
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		at, err = int64(len(text)), errors.New("the text ends in the middle of the app")
	}
	line, column := place(text, int(at))
	return &SyntaxError{Line: line, Column: column, Text: err.Error()}
}

// place returns line and column, in characters from 1, of a byte offset.
func place(text []byte, offset int) (line, column int) {
	before := text[:max(0, min(offset, len(text)))]
	line = bytes.Count(before, []byte{'\n'}) + 1
	return line, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}

// flowText is a flow as it stands in the app: its name and its nodes in the order of the file.
type flowText struct {
	name  string
	nodes []nodeText
}

type nodeText struct {
	id     string
	value  gjson.Result
	offset int
}

// split finds the flows and nodes of an app whose syntax is sound.
func split(text []byte) ([]flowText, error) {
	drawflow := gjson.GetBytes(text, "drawflow")
	if isEmptyList(drawflow) {
		return nil, nil
	}
	if !drawflow.IsObject() {
		return nil, &SyntaxError{Line: 1, Column: 1, Text: `it has no object "drawflow": is this a designer export?`}
	}
	var flows []flowText
	drawflow.ForEach(func(name, flow gjson.Result) bool {
		f := flowText{name: name.Str}
		data := flow.Get("data")
		data.ForEach(func(id, node gjson.Result) bool {
			if node.Type == gjson.Null { // a node that was deleted
				return true
			}
			if id.Type == gjson.Number { // a list in place of an object: nodes know their ids
				id.Str, id.Index = cmp.Or(node.Get("id").String(), id.String()), node.Index
			}
			f.nodes = append(f.nodes, nodeText{id: id.Str, value: node, offset: id.Index})
			return true
		})
		flows = append(flows, f)
		return true
	})
	return flows, nil
}

// isEmptyList reports whether a value stands for no entries, where programs write null or [] for an empty object.
func isEmptyList(r gjson.Result) bool {
	return r.Exists() && r.Type == gjson.Null || r.IsArray() && len(r.Array()) == 0
}

// node reads one node. Its outputs are resolved later, when all nodes are known.
func (c *compilation) node(f *Flow, t nodeText) *Node {
	n := &Node{ID: t.id, Flow: f, offset: t.offset}
	data := t.value.Get("data")
	if !data.IsObject() {
		n.Label = n.ID
		c.errorAt(n, "data", "no-data", `the node has no object "data": draw it again or remove it`)
		return n
	}
	n.RawData = json.RawMessage(data.Raw)
	n.Data, _ = valueOf(data).(map[string]any)
	n.Type = n.Text("type")
	n.Name = n.Text("name_box")
	n.Open = n.Text("open_continuation") == "true"
	n.Label = label(n)
	c.timeout(n)
	if n.Type == "" {
		c.errorAt(n, "type", "no-type", `the node has no "type" in its data: it cannot run`)
	}
	return n
}

func (c *compilation) timeout(n *Node) {
	text := n.Text("timeout_ms")
	if text == "" {
		return
	}
	ms, err := strconv.ParseFloat(text, 64)
	if err != nil || ms < 0 || ms > maxTimeout {
		c.warnAt(n, "timeout_ms", "timeout", fmt.Sprintf("timeout_ms %q is not a number of milliseconds: it is ignored", text))
		return
	}
	n.Timeout = time.Duration(ms * float64(time.Millisecond))
}

// maxTimeout is a day, in milliseconds.
const maxTimeout = 24 * 60 * 60 * 1000

// label is what people call the node: its own name, else its module, type or id.
func label(n *Node) string {
	for _, s := range []string{n.Name, n.Text("script"), n.Text("urlpattern"), n.Type} {
		if strings.TrimSpace(s) != "" {
			return strings.TrimSpace(s)
		}
	}
	return n.ID
}

// valueOf makes plain Go values of JSON text: integers that fit become int64, other numbers float64.
func valueOf(r gjson.Result) any {
	switch r.Type {
	case gjson.Null:
		return nil
	case gjson.True, gjson.False:
		return r.Bool()
	case gjson.String:
		return r.Str
	case gjson.Number:
		if i, err := strconv.ParseInt(r.Raw, 10, 64); err == nil {
			return i
		}
		return r.Num
	}
	if r.IsArray() {
		list := []any{}
		r.ForEach(func(_, v gjson.Result) bool { list = append(list, valueOf(v)); return true })
		return list
	}
	object := map[string]any{}
	r.ForEach(func(k, v gjson.Result) bool { object[k.Str] = valueOf(v); return true })
	return object
}

// outputs resolves the connections of a node.
func (c *compilation) outputs(n *Node, t nodeText) {
	m := &model.Node{Data: n.Data, Outputs: map[string]*model.Output{}}
	n.Model = m
	t.value.Get("outputs").ForEach(func(name, output gjson.Result) bool {
		if name.Type != gjson.String { // null, or a list
			return true
		}
		out := &model.Output{}
		m.Outputs[name.Str] = out
		output.Get("connections").ForEach(func(_, connection gjson.Result) bool {
			to := connection.Get("node").String()
			if to == "" { // null, or what a designer left behind
				return true
			}
			out.Connections = append(out.Connections, model.Connection{Node: to, Output: connection.Get("output").String()})
			return true
		})
		c.connect(n, name.Str, out.Connections)
		return true
	})
	slices.SortFunc(n.Outs, func(a, b Out) int { return compareOutputs(a.Name, b.Name) })
}

func (c *compilation) connect(n *Node, output string, connections []model.Connection) {
	if len(connections) == 0 {
		return
	}
	if len(connections) > 1 {
		c.warnAt(n, output, "several-connections", fmt.Sprintf("%s has %d connections: only the first is followed", output, len(connections)))
	}
	to := n.Flow.Nodes[connections[0].Node]
	if to == nil {
		then := "a run ends there"
		if n.Type == "starter" && output == "output_1" {
			then = "the starter answers no request"
		}
		c.warnAt(n, output, "missing-node", fmt.Sprintf("%s leads to node %q, which is not in this flow: %s; connect it again", output, connections[0].Node, then))
		return
	}
	n.Outs = append(n.Outs, Out{Name: output, To: to})
}

// compareOutputs orders output_2 before output_10.
func compareOutputs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
