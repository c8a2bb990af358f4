package model

import (
	"fmt"
	"strconv"
	"strings"
)

// App is what flows are compiled from.
type App struct {
	Name      string
	JSON      []byte            // Drawflow export
	DefaultJS string            // trigger script: may define auth() and log()
	AuthJS    string            // triggers/auth.js, for apps whose default script has no auth()
	Modules   map[string]string // module name → code; "" for modules without code
	Version   string            // names this content. Defaults to a hash of it
}

// Bundle is an app with everything it needs, at one moment. It belongs to its loader.
type Bundle struct {
	App App
	// Templates holds the page templates by the names that flows may use: a file "welcome.html" is there as "welcome"
	// and as "welcome.html".
	Templates map[string]string
	// Dir is the app's folder, where node_modules may be; "" for an app of the database.
	Dir string
	// Packages changes when something moves in the npm packages that flows may load; "" without any. It is no part of the
	// version, which is the same on every machine.
	Packages string
}

// SyntaxError is where an app's JSON cannot be read. Line and Column count from 1.
type SyntaxError struct {
	Line, Column int
	Text         string
}

// Error returns place and text.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("the app is not valid JSON at line %d, column %d: %s", e.Line, e.Column, e.Text)
}

// Level reports how grave a problem is.
type Level string

// The levels. A starter that leads to a node with an error in it does not serve, unless the error is a fork that leads back to
// itself.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
	LevelInfo    Level = "info"
)

// Problem is one thing that is wrong in an app, with its place.
type Problem struct {
	Level  Level  `json:"level"`
	Rule   string `json:"rule"` // stable name, as in "unknown-module"
	Flow   string `json:"flow"`
	Node   string `json:"node,omitempty"` // id
	Name   string `json:"name,omitempty"` // label of the node
	Key    string `json:"key,omitempty"`  // the parameter it is about
	Line   int    `json:"line,omitempty"` // in the code when Key holds code, else in the app's JSON; from 1
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"` // what is wrong and how to repair it
}

// Sentence returns the problem in one sentence with its place.
func (p *Problem) Sentence() string { return p.Place() + ": " + p.Text }

// Place returns in words where a problem is: flow, node, parameter, line and column, as far as they are known.
func (p *Problem) Place() string {
	var b strings.Builder
	if p.Node == "" {
		b.WriteString(p.Key)
	} else {
		b.WriteString("flow " + strconv.Quote(p.Flow) + ", node " + strconv.Quote(p.Name) + " (" + p.Node + ")")
		if p.Key != "" {
			b.WriteString(", " + p.Key)
		}
	}
	if p.Line > 0 && (p.Rule == "code" || p.Rule == "secret" || p.Node == "") {
		b.WriteString(" at line " + strconv.Itoa(p.Line) + ", column " + strconv.Itoa(p.Column))
	}
	return b.String()
}
