// Package graph turns an app as the designer saved it into an immutable graph that can be run: nodes with their
// programs and resolved outputs, a route table, and the list of everything that is wrong, each with its place.
//
// The engine compiles a graph when an app is loaded or changed and only reads it afterwards; runs in flight keep the
// one they began with. The package does not know how programs are compiled or run: it takes a Compiler and holds what
// that answers. The app's JSON is never marshalled again: Fix cuts pieces out of the text, and the rest of what designers
// saved stays byte for byte as it was.
package graph

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/model"
)

// App and what is said of one have their home in model, which programs outside the module see.
type (
	App         = model.App
	Problem     = model.Problem
	Level       = model.Level
	SyntaxError = model.SyntaxError
)

// The levels.
const (
	LevelError   = model.LevelError
	LevelWarning = model.LevelWarning
	LevelInfo    = model.LevelInfo
)

// Compiler compiles the JavaScript of nodes.
type Compiler interface {
	Compile(src Source) (program any, problem *CodeProblem)
	// Needs names the settings that a program of Compile would need, as in "enable_network, which is off".
	Needs(program any) []string
	// Absent lists where a program of Compile names what flows do not have, and what to write instead.
	Absent(program any) (uses []CodeProblem)
	// FlowCalls lists the flows that a program of Compile calls by a name or path that stands in its code.
	FlowCalls(program any) []string
}

// Source is a piece of code of the app.
type Source struct {
	Name    string // stands in stacks: "flow/label" for a node's own code, the module's name for a module's
	Code    string
	Lang    string // "ts" when the node says so
	Library bool   // only declares
}

// CodeProblem is why code does not compile; line and column count from 1 in the code.
type CodeProblem struct {
	Line, Column int
	Text         string
}

// Options of Compile.
type Options struct {
	Compiler Compiler
	StepType func(name string) bool // reports whether a data.type has a step
	History  func(text string) bool // reports whether a starter's key history can be read; nil: it is not looked at
	CORS     func(value any) string // reports what is wrong with a starter's key cors, "" for nothing; nil: it is not looked at
	Previous *Graph                 // programs whose source did not change are taken from here; may be nil
}

// Graph is a compiled app. It is read-only and may be used from many goroutines.
type Graph struct {
	AppName  string
	Version  string // the app's
	Flows    []*Flow
	Problems []Problem
	Default  any  // program of the default script; nil without one
	Auth     any  // program of triggers/auth.js, which counts when the default script has no auth(); nil without one
	HasAuth  bool // auth() may be defined somewhere
	HasLog   bool // the default script may define log()

	flows    map[string]*Flow
	routes   routes
	programs map[Source]any
}

// Flow returns the flow of a name, or nil.
func (g *Graph) Flow(name string) *Flow { return g.flows[name] }

// Flow is one drawn flow.
type Flow struct {
	Name     string
	Nodes    map[string]*Node
	Starters []*Starter // the routable ones
	Broken   *Problem   // the first error in a node of it that can be reached, or in a script that runs in each flow
	Keeps    bool       // its code may make it wait, or look at sessions; else nothing of it is in any session
	Playbook model.Playbook
}

// Node is one drawn box, ready to run.
type Node struct {
	ID      string
	Name    string // name_box
	Label   string // what people call it: Name, or the module, type or id
	Type    string // data.type
	Flow    *Flow
	Data    map[string]any  // parameters; not to be changed
	RawData json.RawMessage // the same as JSON text
	Program any             // nil for nodes without code
	Outs    []Out           // connected outputs, output_1 first
	Timeout time.Duration   // timeout_ms: how long one visit may take; 0 = as long as the run
	Open    bool            // open_continuation: may be continued at without an offer
	Model   *model.Node     // what custom steps see
	Broken  *Problem        // the first error in it: it cannot run

	calls     []string // flows that its code calls by name
	reachable bool
	offset    int // of the node in the app's JSON
}

// Out is a connected output.
type Out struct {
	Name string
	To   *Node
}

// Out returns the node that an output leads to, or nil.
func (n *Node) Out(name string) *Node {
	for i := range n.Outs {
		if n.Outs[i].Name == name {
			return n.Outs[i].To
		}
	}
	return nil
}

// AuthFlag returns the node's nflow_auth as auth() gets it, and whether it asks for auth() at all: absent, false, "" and
// "false" do not.
func (n *Node) AuthFlag() (flag any, asks bool) {
	flag, ok := n.Data["nflow_auth"]
	switch flag {
	case nil, false, "", "false":
		return flag, false
	}
	return flag, ok
}

// LineOfText returns the line of the node's own code that has a text in quotes, 0 where none does.
func (n *Node) LineOfText(text string) int {
	for _, quote := range []string{`"`, "'", "`"} {
		if line := n.lineOf(quote + text + quote); line > 0 {
			return line
		}
	}
	return 0
}

// LineOf returns the line of the node's own code that declares a name, 0 where none does.
func (n *Node) LineOf(name string) int {
	for _, word := range []string{"function ", "const ", "let ", "var ", "class ", ""} {
		if line := n.lineOf(word + name); line > 0 {
			return line
		}
	}
	return 0
}

func (n *Node) lineOf(text string) int {
	code := n.Text("code")
	at := strings.Index(code, text)
	if at < 0 {
		return 0
	}
	return 1 + strings.Count(code[:at], "\n")
}

// Text returns a parameter as text; numbers and booleans as they are written in JSON.
func (n *Node) Text(key string) string {
	switch v := n.Data[key].(type) {
	case string:
		return v
	case nil:
		return ""
	default:
		b, _ := json.Marshal(v)
		return string(b)
	}
}

// Starter is a routable starter.
type Starter struct {
	Node    *Node
	Pattern string
	Method  string // upper case; ANY for all
	First   *Node  // the node on output_1

	Broken *Problem // the first error in a node that it leads to: it does not serve
}

// Errors reports whether any problem is an error.
func (g *Graph) Errors() bool {
	for i := range g.Problems {
		if g.Problems[i].Level == LevelError {
			return true
		}
	}
	return false
}
