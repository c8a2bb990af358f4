package graph

import "fmt"

// ruleForkLoop is the problem of a fork that leads back to itself. A flow with it serves: the runtime bounds how deep
// forks go.
const ruleForkLoop = "fork-loop"

// Called returns what flow.call reaches by a path, whatever its method, or by the name of a flow, which has no Endpoint. ok
// is false where there is none.
func (g *Graph) Called(target string) (m Match, ok bool) {
	for _, method := range []string{"POST", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if m, ok := g.Match(method, target); ok {
			return m, true
		}
	}
	if f := g.Flow(target); f != nil && len(f.Starters) > 0 {
		return Match{Starter: f.Starters[0]}, true
	}
	return Match{}, false
}

// forkOf returns the output on which a node starts runs of their own, "" for none.
func forkOf(n *Node) string {
	switch {
	case n.Type == "gorutine", n.Type == "dromedary_callback" && n.Out("output_2") != nil:
		return "output_2"
	case n.Type == "dromedary_callback":
		return "output_1"
	}
	return ""
}

// forkLoops reports the forks that lead back to themselves, through nodes and flows that call one another by names which
// stand in the code.
func (c *compilation) forkLoops() {
	l := loops{graph: c.graph, seen: map[*Node]*loopMark{}}
	for _, f := range c.graph.Flows {
		for _, n := range f.sorted() {
			output := forkOf(n)
			branch := n.Out(output)
			if branch == nil || l.of(n) != l.of(branch) {
				continue
			}
			c.errorAt(n, output, ruleForkLoop, fmt.Sprintf("the branch at %s leads back to this fork, so each fork starts another: "+
				"end the branch before it comes back, or loop without a fork; [vm_pool] max_depth stops it", output))
		}
	}
}

// loops finds which nodes lead to one another (Tarjan's strongly connected components).
type loops struct {
	graph *Graph
	seen  map[*Node]*loopMark
	stack []*Node
	loops int
}

type loopMark struct {
	order, low int
	loop       int // number of its loop, from 1; 0 while it is not known
}

// of returns the number of the loop that a node is on; a node that is on none has a number of its own.
func (l *loops) of(n *Node) int {
	if m := l.seen[n]; m != nil {
		return m.loop
	}
	l.visit(n)
	return l.seen[n].loop
}

func (l *loops) visit(n *Node) *loopMark {
	m := &loopMark{order: len(l.seen), low: len(l.seen)}
	l.seen[n] = m
	l.stack = append(l.stack, n)
	for _, to := range l.next(n) {
		switch t := l.seen[to]; {
		case t == nil:
			m.low = min(m.low, l.visit(to).low)
		case t.loop == 0:
			m.low = min(m.low, t.order)
		}
	}
	if m.low == m.order {
		l.loops++
		for {
			last := l.stack[len(l.stack)-1]
			l.stack = l.stack[:len(l.stack)-1]
			l.seen[last].loop = l.loops
			if last == n {
				return m
			}
		}
	}
	return m
}

// next lists where a node leads: along its connections, and to the flows that its code calls.
func (l *loops) next(n *Node) []*Node {
	var all []*Node
	for _, o := range n.Outs {
		all = append(all, o.To)
	}
	for _, target := range n.calls {
		if m, ok := l.graph.Called(target); ok {
			all = append(all, m.Starter.First)
		}
	}
	return all
}
