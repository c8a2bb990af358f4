package model

// Graph describes a compiled app: its flows, and what is wrong with it. It is a copy and belongs to the caller.
type Graph struct {
	App      string // the name
	Version  string // hash of the content
	Flows    []Flow // in the order of the drawing
	Problems []Problem
}

// Flow returns the flow of a name, nil for none.
func (g *Graph) Flow(name string) *Flow {
	for i := range g.Flows {
		if g.Flows[i].Name == name {
			return &g.Flows[i]
		}
	}
	return nil
}

// Starters lists the routable starters of all flows, in the order of these.
func (g *Graph) Starters() (all []Starter) {
	for _, f := range g.Flows {
		all = append(all, f.Starters...)
	}
	return all
}

// Flow is one drawn flow.
type Flow struct {
	Name     string
	Broken   *Problem  // why it does not serve; nil when it does
	Starters []Starter // the routable ones
	Nodes    []FlowNode
}

// Starter is a node that takes requests.
type Starter struct {
	Flow    string // the name
	Node    string // its id
	Method  string // upper case; ANY for all
	Pattern string // of the path, as in /users/:id
}

// FlowNode is a node of a flow, without its parameters: [Node] has them.
type FlowNode struct {
	ID      string
	Name    string // what people call it: its label, or the module, type or id
	Type    string
	Outputs []FlowOutput // the connected ones, output_1 first
}

// FlowOutput is an output of a node and where it leads.
type FlowOutput struct {
	Name string
	To   string // id of a node
}

// Global is a global name of flow code: a function, an object of functions, or a value.
type Global struct {
	Name    string
	Sig     string   // how it is called, as in "sleep(ms)"; the bare name for a value
	Calls   []string // signatures of the functions that the value has, and of what these return
	Doc     string   // one or two sentences for a flow author
	Example string   // runnable JavaScript; empty for none
	Needs   string   // the switch of [vm_pool] that allows it, as in "enable_filesystem"; empty when always allowed
	Members []Member // of an object
}

// Member is a property of a global object.
type Member struct {
	Name     string
	Function bool
}
