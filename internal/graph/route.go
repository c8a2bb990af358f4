package graph

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// routes is a tree of path segments. A static segment is tried before a :name at each step, from left to right.
type routes struct{ root segment }

type segment struct {
	static   map[string]*segment
	variable *segment
	starters []*Starter // that end here, the best first
}

// Match is a starter that a request matched.
type Match struct {
	Starter  *Starter
	Vars     map[string]string // nil when the pattern has no :names
	Endpoint string            // the escaped path without its continuation
	Next     string            // id of the node to continue at, from the path; "" for none
}

// route builds the table and warns of starters that are never reached.
func (c *compilation) route() {
	for _, f := range c.graph.Flows {
		for _, n := range f.sorted() {
			if n.Type == "starter" {
				c.routeStarter(f, n)
			}
		}
	}
	c.graph.routes.root.order(c)
	if !slices.ContainsFunc(c.graph.Flows, func(f *Flow) bool { return len(f.Starters) > 0 }) {
		c.graph.Problems = append(c.graph.Problems, Problem{Level: LevelWarning, Rule: "no-starter", Text: "the app has no starter with a urlpattern: it answers no request"})
	}
}

func (c *compilation) routeStarter(f *Flow, n *Node) {
	pattern := strings.TrimSpace(n.Text("urlpattern"))
	first := n.Out("output_1")
	switch {
	case pattern == "":
		c.warnAt(n, "urlpattern", "no-pattern", "the starter has no urlpattern: no request reaches it")
		return
	case first == nil:
		if out := n.Model.Outputs["output_1"]; out == nil || len(out.Connections) == 0 { // else the node is gone, which was told
			c.warnAt(n, "output_1", "starter-unconnected", "output_1 of the starter has no connection: it answers no request")
		}
		return
	}
	s := &Starter{Node: n, Pattern: pattern, Method: strings.ToUpper(strings.TrimSpace(n.Text("method"))), First: first}
	switch s.Method {
	case "":
		s.Method = "ANY"
	case "ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
	default:
		c.warnAt(n, "method", "unknown-method", fmt.Sprintf("method %q is not one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, ANY", s.Method))
	}
	if text := n.Text("history"); text != "" && c.opts.History != nil && !c.opts.History(text) {
		c.warnAt(n, "history", "unknown-history", fmt.Sprintf("history %q is not one of off, errors, all, sample:N%%: [history] record is used", text))
	}
	if v := n.Data["cors"]; v != nil && c.opts.CORS != nil {
		if wrong := c.opts.CORS(v); wrong != "" {
			c.warnAt(n, "cors", "unknown-cors", "cors: "+wrong)
		}
	}
	f.Starters = append(f.Starters, s)
	at := &c.graph.routes.root
	seen := map[string]bool{}
	for part := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		name, isVar := strings.CutPrefix(part, ":")
		if isVar && seen[name] {
			c.warnAt(n, "urlpattern", "name-twice", fmt.Sprintf("the pattern has :%s twice: the last one is used", name))
		}
		seen[name] = seen[name] || isVar
		at = at.child(part, isVar)
	}
	at.starters = append(at.starters, s)
}

func (s *segment) child(part string, isVar bool) *segment {
	if isVar {
		if s.variable == nil {
			s.variable = &segment{}
		}
		return s.variable
	}
	if plain, err := url.PathUnescape(part); err == nil {
		part = plain
	}
	if s.static[part] == nil {
		if s.static == nil {
			s.static = map[string]*segment{}
		}
		s.static[part] = &segment{}
	}
	return s.static[part]
}

// order puts the starters of each place into the order in which they are chosen and warns of those never reached.
func (s *segment) order(c *compilation) {
	slices.SortFunc(s.starters, func(a, b *Starter) int {
		return cmp.Or(cmp.Compare(a.Node.Flow.Name, b.Node.Flow.Name), cmp.Compare(a.Node.ID, b.Node.ID))
	})
	first := map[string]*Starter{}
	for _, st := range s.starters {
		if other := first[st.Method]; other != nil {
			c.warnAt(st.Node, "urlpattern", "route-twice", fmt.Sprintf("flow %q, node %s already answers %s %s: this starter is never reached", other.Node.Flow.Name, other.Node.ID, st.Method, other.Pattern))
			continue
		}
		first[st.Method] = st
	}
	for _, child := range s.static {
		child.order(c)
	}
	if s.variable != nil {
		s.variable.order(c)
	}
}

// Match finds the starter of a request. path is escaped, as it came; HEAD uses the starter of GET where it has none of its own.
func (g *Graph) Match(method, path string) (Match, bool) {
	endpoint, next := Continuation(path)
	m := Match{Endpoint: endpoint, Next: next}
	if !strings.HasPrefix(endpoint, "/") {
		return m, false
	}
	var bound [16]string
	m.Starter = g.routes.root.find(method, endpoint[1:], bound[:0], &m)
	return m, m.Starter != nil
}

// Methods returns the methods that a path takes, for header Allow; none for a path that no starter has.
func (g *Graph) Methods(path string) (methods []string) {
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		if _, ok := g.Match(m, path); ok {
			methods = append(methods, m)
		}
	}
	if len(methods) > 0 {
		return append(methods, "OPTIONS")
	}
	if _, ok := g.Match("OPTIONS", path); ok {
		return []string{"OPTIONS"}
	}
	return nil
}

// find walks the tree; rest is the path below s without its leading slash.
func (s *segment) find(method, rest string, bound []string, m *Match) *Starter {
	part, after, more := strings.Cut(rest, "/")
	plain := part
	if strings.IndexByte(part, '%') >= 0 {
		var err error
		if plain, err = url.PathUnescape(part); err != nil {
			return nil
		}
	}
	if child := s.static[plain]; child != nil {
		if found := child.end(method, after, more, bound, m); found != nil {
			return found
		}
	}
	if s.variable == nil || plain == "" {
		return nil
	}
	return s.variable.end(method, after, more, append(bound, plain), m)
}

func (s *segment) end(method, after string, more bool, bound []string, m *Match) *Starter {
	if more {
		return s.find(method, after, bound, m)
	}
	found := s.choose(method)
	if found != nil && len(bound) > 0 {
		m.Vars = found.bind(bound)
	}
	return found
}

// choose prefers an exact method to ANY, and for HEAD that of GET.
func (s *segment) choose(method string) (found *Starter) {
	for _, st := range s.starters {
		switch {
		case st.Method == method:
			return st
		case st.Method == "GET" && method == "HEAD" && (found == nil || found.Method == "ANY"), st.Method == "ANY" && found == nil:
			found = st
		}
	}
	return found
}

func (s *Starter) bind(values []string) map[string]string {
	vars := make(map[string]string, len(values))
	i := 0
	for part := range strings.SplitSeq(strings.TrimPrefix(s.Pattern, "/"), "/") {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			vars[name] = values[i]
			i++
		}
	}
	return vars
}

// Continuation cuts an escaped path before its first segment nftk or nfnext, and returns the node id that the segment
// after nfnext names.
func Continuation(path string) (endpoint, next string) {
	cut := len(path)
	for _, mark := range []string{"/nftk", "/nfnext"} {
		if i := indexSegment(path, mark); i >= 0 && i < cut {
			cut = i
		}
	}
	endpoint, tail := path[:cut], path[cut:]
	if cut == 0 && tail != "" {
		endpoint = "/"
	}
	if i := indexSegment(tail, "/nfnext"); i >= 0 {
		id, _, _ := strings.Cut(strings.TrimPrefix(tail[i+len("/nfnext"):], "/"), "/")
		if plain, err := url.PathUnescape(id); err == nil {
			next = plain
		}
	}
	return endpoint, next
}

// indexSegment finds a whole segment, given with its leading slash.
func indexSegment(path, mark string) int {
	from := 0
	for {
		i := strings.Index(path[from:], mark)
		if i < 0 {
			return -1
		}
		end := from + i + len(mark)
		if end == len(path) || path[end] == '/' {
			return from + i
		}
		from = end
	}
}
