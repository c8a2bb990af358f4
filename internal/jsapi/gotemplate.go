package jsapi

import (
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"text/template/parse"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// page is a parsed Go template with the meter that its functions charge.
type page struct {
	tmpl  *template.Template
	meter meter
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
	p.tmpl = tmpl.Funcs(p.hooks()) // after Parse: a source that calls them is refused
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

// render renders a source over data.
func (a *api) render(r *hostfn.Run, source string, data any) (text string, err error) {
	defer func() {
		if e := recover(); e != nil { // the parsed template may be half done: it does not go back
			err = fault.Wrap(fault.Script, fmt.Errorf("panic: %v", e), "template: it cannot be rendered")
		}
	}()
	p, err := a.pages.Take(source)
	if err != nil {
		return "", templateError("template", err)
	}
	p.meter.start(r)
	err = p.tmpl.ExecuteTemplate(&p.meter, "page", present(data))
	text = p.meter.page.String()
	p.meter.start(nil)
	a.pages.Put(source, p)
	if err != nil {
		return "", templateError("template", err)
	}
	return text, nil
}

var templatePlace = regexp.MustCompile(`^(?:html/)?template: ?page:(\d+)(?::\d+)?:\s*`)

// templateError says where in the source the problem is. What ended the run comes through as it is.
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

// bound puts an empty text at the start of the body of each range.
func bound(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, node := range l.Nodes {
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
}

// functions are those of the contract, and those of the template language that could make text without end.
func (p *page) functions() template.FuncMap {
	bounded := func(times int, f func(...any) string) func(...any) (string, error) {
		return func(args ...any) (string, error) {
			if err := p.meter.charge(times * (sizes(args) + 1)); err != nil {
				return "", err
			}
			return f(args...), nil
		}
	}
	return template.FuncMap{
		"unescapeHTML": unescapeHTML,
		"index":        index,
		"print":        bounded(1, fmt.Sprint),
		"println":      bounded(1, fmt.Sprintln),
		"html":         bounded(6, template.HTMLEscaper),
		"js":           bounded(6, template.JSEscaper),
		"urlquery":     bounded(3, template.URLQueryEscaper),
		"printf":       p.printf,
	}
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

// unescapeHTML marks text as HTML that needs no escaping.
func unescapeHTML(v any) template.HTML {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return template.HTML(v) //nolint:gosec // what the function is for
	case template.HTML:
		return v
	}
	return template.HTML(fmt.Sprint(v)) //nolint:gosec // what the function is for
}

// index follows keys into maps and lists, and answers nothing where there is nothing.
func index(v any, keys ...any) any {
	for _, key := range keys {
		switch at := v.(type) {
		case map[string]any:
			v = at[fmt.Sprint(key)]
		case []any:
			i, ok := whole(key)
			if !ok || i < 0 || i >= int64(len(at)) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	}
	return 0, false
}

var wideVerb = regexp.MustCompile(`%[^a-zA-Z%]*(\d{4}|\*)`)

// printf is fmt.Sprintf without widths that a page does not need.
func (p *page) printf(format string, args ...any) (string, error) {
	verbs := strings.Count(format, "%")
	if verbs > maxVerbs || wideVerb.MatchString(format) {
		return "", fault.New(fault.Script, "printf takes up to %d verbs, each up to 999 wide", maxVerbs)
	}
	if err := p.meter.charge(len(format) + verbs*(999+6*sizes(args))); err != nil {
		return "", err
	}
	return fmt.Sprintf(format, args...), nil
}

// sizes estimates how long the text of values is.
func sizes(args []any) (n int) {
	for _, v := range args {
		n += sizeOf(v)
	}
	return n
}

func sizeOf(v any) (n int) {
	switch v := v.(type) {
	case string:
		return len(v)
	case template.HTML:
		return len(v)
	case []any:
		return sizes(v) + len(v)
	case map[string]any:
		for key, item := range v {
			n += len(key) + sizeOf(item) + 2
		}
		return n
	}
	return 32
}
