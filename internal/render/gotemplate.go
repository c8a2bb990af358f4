package render

import (
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"text/template/parse"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// page is a parsed Go template with the meter that its functions charge.
type page struct {
	tmpl  *template.Template
	meter meter
	data  pageData // of the rendering
}

const (
	maxNesting = 200     // of if, range and with; an "else if" counts
	maxVerbs   = 100     // of one printf
	maxEscape  = 1 << 20 // nodes that html/template visits to escape a page; ranges double
)

// parsePage parses a source and puts the hooks in that keep its rendering bounded: an empty write at the start of each
// turn of a range, and a count of the templates that are open.
func parsePage(source string) (*page, error) {
	p := &page{}
	tmpl, err := template.New("page").Funcs(p.functions()).Parse(source)
	if err != nil {
		return nil, err
	}
	p.tmpl = tmpl.Funcs(p.hooks()).Funcs(template.FuncMap{showName: p.show}) // after Parse: a source that calls them is refused
	hooks, err := parse.Parse("hooks", "{{$nflow := nflowEnter}}{{$nflow := nflowLeave}}", "", "", p.hooks())
	if err != nil {
		return nil, err
	}
	enter, leave := hooks["hooks"].Root.Nodes[0], hooks["hooks"].Root.Nodes[1]
	g := &pageGuard{trees: map[string]*parse.Tree{}, weights: map[string]int{}}
	for _, t := range tmpl.Templates() {
		if t.Tree != nil && t.Tree.Root != nil {
			g.trees[t.Name()] = t.Tree
		}
	}
	for name, tree := range g.trees {
		if _, err := g.weigh(name); err != nil {
			return nil, err
		}
		bound(tree.Root)
		nodes := append([]parse.Node{enter.Copy()}, tree.Root.Nodes...)
		tree.Root.Nodes = append(nodes, leave.Copy())
	}
	return p, nil
}

// Page renders a Go html/template over data, whose objects have no order.
func (e *Engine) Page(r *hostfn.Run, source string, data any) (text string, err error) {
	return e.page(r, source, data, nil)
}

// PageOf renders a Go html/template over a value of the VM.
func (e *Engine) PageOf(r *hostfn.Run, source string, value goja.Value) (string, error) {
	text, err := r.Stringify(value)
	if err != nil {
		r.Rethrow(err)
	}
	data, err := r.Decode(text)
	if err != nil {
		return "", err
	}
	return e.page(r, source, r.Exact(data, value), text)
}

// page renders data; ordered is its JSON text, where there is one.
func (e *Engine) page(r *hostfn.Run, source string, data any, ordered []byte) (text string, err error) {
	defer func() {
		if x := recover(); x != nil { // the parsed template may be half done: it does not go back
			err = fault.Wrap(fault.Script, fmt.Errorf("panic: %v", x), "template: it cannot be rendered")
		}
	}()
	source = strings.TrimPrefix(source, "\ufeff")
	if len(source) <= maxSource {
		if err := r.Charge(10*actions(source), int64(weight(source))); err != nil {
			return "", err
		}
	}
	p, err := e.pages.Take(source)
	if err != nil {
		return "", templateError("template", err)
	}
	p.meter.start(r)
	p.data = pageData{root: present(data), text: ordered}
	err = p.tmpl.ExecuteTemplate(&p.meter, "page", p.data.root)
	text = p.meter.page.String()
	p.meter.start(nil)
	p.data = pageData{}
	e.pages.Put(source, p)
	if err != nil {
		return "", templateError("template", err)
	}
	return text, nil
}

var templatePlace = regexp.MustCompile(`^(?:html/)?template: ?page:(\d+)(?::\d+)?:\s*`)

// templateError adds to an error where in the source the problem is. What ended the run comes through as it is.
func templateError(function string, err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Script {
		return f
	}
	text := err.Error()
	if m := templatePlace.FindStringSubmatch(text); m != nil {
		text = "line " + m[1] + ": " + text[len(m[0]):]
	} else {
		text = strings.TrimPrefix(strings.TrimPrefix(text, "html/template:page: "), "template: page: ")
	}
	return &fault.Error{Kind: fault.Script, Text: function + ": " + text, Cause: err}
}

// pageGuard weighs what html/template will do to escape the templates of a page: it visits the body of a range twice,
// so that nesting doubles.
type pageGuard struct {
	trees   map[string]*parse.Tree
	weights map[string]int // -1: being weighed
}

func (g *pageGuard) weigh(name string) (int, error) {
	if w, ok := g.weights[name]; ok {
		return max(w, 1), nil
	}
	tree := g.trees[name]
	if tree == nil {
		return 1, nil
	}
	g.weights[name] = -1
	w, err := g.list(tree.Root, 0)
	g.weights[name] = w
	return w, err
}

func (g *pageGuard) list(l *parse.ListNode, depth int) (int, error) {
	if l == nil {
		return 0, nil
	}
	if depth > maxNesting {
		return 0, fault.New(fault.Script, "if, range and with are nested more than %d deep", maxNesting)
	}
	total := 1
	for _, node := range l.Nodes {
		w, err := g.node(node, depth)
		if err != nil {
			return 0, err
		}
		if total += w; total > maxEscape {
			return 0, fault.New(fault.Script, "ranges are nested too deep")
		}
	}
	return total, nil
}

func (g *pageGuard) node(node parse.Node, depth int) (int, error) {
	branch, times := (*parse.BranchNode)(nil), 1
	switch n := node.(type) {
	case *parse.TemplateNode:
		return g.weigh(n.Name)
	case *parse.IfNode:
		branch = &n.BranchNode
	case *parse.WithNode:
		branch = &n.BranchNode
	case *parse.RangeNode:
		branch, times = &n.BranchNode, 2
	default:
		return 1, nil
	}
	body, err := g.list(branch.List, depth+1)
	if err != nil {
		return 0, err
	}
	other, err := g.list(branch.ElseList, depth+1)
	return times*body + other + 1, err
}

// bound puts an empty text at the start of the body of each range, and before what calls functions without writing: an
// empty text is written, and counted.
func bound(l *parse.ListNode) {
	if l == nil {
		return
	}
	var nodes []parse.Node
	for _, node := range l.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 {
				nodes = append(nodes, &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos})
			} else {
				printNumbers(n.Pipe)
			}
		case *parse.IfNode, *parse.WithNode:
			nodes = append(nodes, &parse.TextNode{NodeType: parse.NodeText, Pos: n.Position()})
		}
		nodes = append(nodes, node)
		switch n := node.(type) {
		case *parse.IfNode:
			bound(n.List)
			bound(n.ElseList)
		case *parse.WithNode:
			bound(n.List)
			bound(n.ElseList)
		case *parse.RangeNode:
			bound(n.List)
			bound(n.ElseList)
			n.List.Nodes = append([]parse.Node{&parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos}}, n.List.Nodes...)
		}
	}
	l.Nodes = nodes
}

// hooks run at the start and at the end of each template.
func (p *page) hooks() template.FuncMap {
	return template.FuncMap{
		"nflowEnter": func() (bool, error) {
			if p.meter.depth++; p.meter.depth > maxIncludes {
				return false, fault.New(fault.Script, "templates include one another more than %d deep", maxIncludes)
			}
			return true, nil
		},
		"nflowLeave": func() bool { p.meter.depth--; return true },
	}
}
