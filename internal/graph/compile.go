package graph

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/model"
)

// compilation is the state of one Compile.
type compilation struct {
	app   App
	opts  Options
	graph *Graph
}

// Compile makes a graph of an app. It returns an error, a *SyntaxError, only when the JSON cannot be read at all;
// everything else that is wrong is in the graph's Problems.
func Compile(app App, o Options) (*Graph, error) {
	app.JSON = bytes.TrimPrefix(app.JSON, []byte("\ufeff")) // a byte order mark is no text
	if err := checkSyntax(app.JSON); err != nil {
		return nil, err
	}
	flows, err := split(app.JSON)
	if err != nil {
		return nil, err
	}
	c := &compilation{app: app, opts: o, graph: &Graph{
		AppName: app.Name, Version: app.Version, flows: map[string]*Flow{}, programs: map[Source]any{},
	}}
	for _, t := range flows {
		c.flow(t)
	}
	c.triggers()
	c.markReachable()
	for _, f := range c.graph.Flows {
		for _, n := range f.sorted() {
			c.program(n)
		}
	}
	c.route()
	c.forkLoops()
	c.finish()
	return c.graph, nil
}

func (c *compilation) flow(t flowText) {
	if c.graph.flows[t.name] != nil {
		p := Problem{Level: LevelWarning, Rule: "flow-twice", Flow: t.name, Text: "the file defines this flow twice: the first is used"}
		c.graph.Problems = append(c.graph.Problems, p)
		return
	}
	f := &Flow{Name: t.name, Nodes: map[string]*Node{}, Playbook: model.Playbook{}}
	c.graph.flows[t.name] = f
	c.graph.Flows = append(c.graph.Flows, f)
	for _, nt := range t.nodes {
		if f.Nodes[nt.id] != nil {
			c.warnAt(f.Nodes[nt.id], "", "node-twice", "the file defines this node twice: the first is used")
			continue
		}
		f.Nodes[nt.id] = c.node(f, nt)
	}
	for _, nt := range t.nodes {
		if n := f.Nodes[nt.id]; n.Model == nil {
			c.outputs(n, nt)
			f.Playbook[n.ID] = n.Model
		}
	}
}

func (f *Flow) sorted() []*Node {
	return slices.SortedFunc(maps.Values(f.Nodes), func(a, b *Node) int { return cmp.Compare(a.offset, b.offset) })
}

// triggers compiles the default script and triggers/auth.js. Whether they define auth() and log() shows when they run:
// scripts have many ways to define a function. Here it only counts whether they may.
func (c *compilation) triggers() {
	g := c.graph
	g.Default = c.trigger("default_js", c.app.DefaultJS)
	g.Auth = c.trigger("auth.js", c.app.AuthJS)
	g.HasLog = g.Default != nil && strings.Contains(c.app.DefaultJS, "log")
	g.HasAuth = g.Auth != nil || g.Default != nil && strings.Contains(c.app.DefaultJS, "auth")
}

// trigger compiles an app-wide script. An error in it stops every flow: the script runs in each of them.
func (c *compilation) trigger(name, code string) any {
	if strings.TrimSpace(code) == "" {
		return nil
	}
	program, p := c.compile(Source{Name: name, Code: code, Library: true})
	if p == nil {
		return program
	}
	problem := Problem{Level: LevelError, Rule: "code", Key: name, Line: p.Line, Column: p.Column, Text: p.Text}
	for _, f := range c.graph.Flows {
		f.Broken = &problem
	}
	c.graph.Problems = append(c.graph.Problems, problem)
	return nil
}

// compile takes an unchanged program from the graph before, or compiles it; each source once per graph.
func (c *compilation) compile(src Source) (any, *CodeProblem) {
	if p, ok := c.graph.programs[src]; ok {
		return p, nil
	}
	if c.opts.Previous != nil {
		if p, ok := c.opts.Previous.programs[src]; ok {
			c.graph.programs[src] = p
			return p, nil
		}
	}
	p, problem := c.opts.Compiler.Compile(src)
	if problem == nil {
		c.graph.programs[src] = p
	}
	return p, problem
}

// keepingWords are in code that makes a run wait, or works with sessions. Code that says them otherwise is found out when
// it runs.
var keepingWords = regexp.MustCompile(`break|session|profile`)

// program returns the code of a node: its own, else its module's, else what an old designer left in "compile".
func (c *compilation) program(n *Node) {
	if n.Type == "" {
		return
	}
	if n.Type == "starter" {
		return
	}
	if !c.opts.StepType(n.Type) {
		c.errorAt(n, "type", "unknown-type", fmt.Sprintf("unknown node type %q: a Go program must register it", n.Type))
		return
	}
	if n.Type != "js" {
		n.Flow.Keeps = n.Flow.Keeps || n.Type != "gorutine" // what steps of others do is not known
		return
	}
	src, key, ok := c.source(n)
	if !ok {
		return
	}
	c.secrets(n, key, src.Code)
	program, p := c.compile(src)
	if p != nil {
		c.problemAt(n, Problem{Level: LevelError, Rule: "code", Key: key, Line: p.Line, Column: p.Column, Text: p.Text})
		return
	}
	n.Program, n.calls = program, c.opts.Compiler.FlowCalls(program)
	n.Flow.Keeps = n.Flow.Keeps || n.reachable && keepingWords.MatchString(src.Code)
	for _, p := range c.opts.Compiler.Absent(program) {
		c.problemAt(n, Problem{Level: LevelWarning, Rule: "absent", Key: key, Line: p.Line, Column: p.Column, Text: p.Text})
	}
	for _, setting := range c.opts.Compiler.Needs(program) {
		c.problemAt(n, Problem{Level: LevelInfo, Rule: "needs", Key: key, Text: "needs [vm_pool] " + setting})
	}
}

func (c *compilation) source(n *Node) (src Source, key string, ok bool) {
	own := n.Flow.Name + "/" + n.Label
	if code := n.Text("code"); strings.TrimSpace(code) != "" {
		return Source{Name: own, Code: code, Lang: n.Text("lang")}, "code", true
	}
	if script := n.Text("script"); script != "" {
		code, known := c.app.Modules[script]
		if name := ModuleOf(script); !known && name != script {
			script = name
			code, known = c.app.Modules[script]
		}
		switch {
		case !known:
			c.errorAt(n, "script", "unknown-module", fmt.Sprintf("module %q not found; expected modules/%s.js", script, script))
		case strings.TrimSpace(code) == "":
			c.errorAt(n, "script", "empty-module", fmt.Sprintf("module %q has no code", script))
		default:
			return Source{Name: script, Code: code}, "script", true
		}
		return Source{}, "", false
	}
	if code := n.Text("compile"); strings.TrimSpace(code) != "" {
		return Source{Name: own, Code: code}, "compile", true
	}
	c.warnAt(n, "code", "no-code", "the node has no code: it passes the payload on unchanged")
	return Source{}, "", false
}

// modulePath is how older exports name a module.
var modulePath = regexp.MustCompile(`^\s*(?:\./|/)?modules/(.+)/js/code/?\s*$`)

// ModuleOf returns the module that a node's script names: older exports name it by a path, modules/NAME/js/code.
func ModuleOf(script string) string {
	if m := modulePath.FindStringSubmatch(script); m != nil {
		return m[1]
	}
	return script
}

// markReachable follows the connections from the starters that can be routed and the nodes that may be linked to.
func (c *compilation) markReachable() {
	var visit func(n *Node)
	visit = func(n *Node) {
		if n.reachable {
			return
		}
		n.reachable = true
		for _, o := range n.Outs {
			visit(o.To)
		}
	}
	for _, f := range c.graph.Flows {
		for _, n := range f.Nodes {
			if n.Type == "starter" && n.Text("urlpattern") != "" && n.Out("output_1") != nil || n.Open {
				visit(n)
			}
		}
	}
}

// finish softens what is wrong in nodes that nothing leads to, marks broken flows and sorts the list.
func (c *compilation) finish() {
	g := c.graph
	for i := range g.Problems {
		p := &g.Problems[i]
		f := g.flows[p.Flow]
		if p.Level != LevelError || p.Node == "" || f == nil {
			continue
		}
		if n := f.Nodes[p.Node]; n != nil && !n.reachable {
			p.Level = LevelWarning
			p.Text += " (no starter leads here)"
		}
	}
	rank := map[Level]int{LevelError: 0, LevelWarning: 1, LevelInfo: 2}
	slices.SortStableFunc(g.Problems, func(a, b Problem) int { return cmp.Compare(rank[a.Level], rank[b.Level]) })
	first := map[*Flow]*Problem{}
	for i := range g.Problems {
		p := &g.Problems[i]
		f := g.flows[p.Flow]
		if f == nil || p.Level != LevelError || p.Rule == ruleForkLoop || p.Node == "" {
			continue
		}
		if n := f.Nodes[p.Node]; n != nil && n.Broken == nil {
			n.Broken = p
		}
		if first[f] == nil {
			first[f] = p
		}
	}
	for _, f := range g.Flows {
		f.breakStarters()
		f.Broken = cmp.Or(f.Broken, first[f])
	}
}

// breakStarters marks the starters that lead to a node which cannot run.
func (f *Flow) breakStarters() {
	all := f.Broken // an error in a script that runs in each flow
	for _, s := range f.Starters {
		if s.Broken = all; all == nil {
			s.Broken = brokenBehind(s.Node, map[*Node]bool{})
		}
	}
}

// brokenBehind returns the first error of a node and those that it leads to; nil for none.
func brokenBehind(n *Node, seen map[*Node]bool) *Problem {
	if seen[n] {
		return nil
	}
	seen[n] = true
	if n.Broken != nil {
		return n.Broken
	}
	for _, o := range n.Outs {
		if p := brokenBehind(o.To, seen); p != nil {
			return p
		}
	}
	return nil
}

func (c *compilation) errorAt(n *Node, key, rule, text string) {
	c.problemAt(n, Problem{Level: LevelError, Rule: rule, Key: key, Text: text})
}

func (c *compilation) warnAt(n *Node, key, rule, text string) {
	c.problemAt(n, Problem{Level: LevelWarning, Rule: rule, Key: key, Text: text})
}

func (c *compilation) problemAt(n *Node, p Problem) {
	p.Flow, p.Node, p.Name = n.Flow.Name, n.ID, n.Label
	if p.Line == 0 {
		p.Line, p.Column = place(c.app.JSON, n.offset)
	}
	c.graph.Problems = append(c.graph.Problems, p)
}
