// Package model holds the nouns that Go programs see: the app that flows are compiled from, what is wrong with it, and how it
// is built; for programs that bring their own steps a node, its outputs, the playbook it belongs to; and what programs
// implement to count runs and to trace them.
//
// The nouns are plain data. The engine fills them from an app. What it passes to custom steps they may read but not change: the
// same values serve every run.
package model

import "github.com/labstack/echo/v4"

// Vars are the values of the :names of a starter's urlpattern.
type Vars map[string]string

// Playbook is the drawn nodes of one flow by their id.
type Playbook map[string]*Node

// Node is one drawn box: its parameters and where its outputs lead.
type Node struct {
	Data    map[string]any     `json:"data"`
	Outputs map[string]*Output `json:"outputs"`
}

// Output is one output of a node. The designer allows one connection; when a file has several, the first counts.
type Output struct {
	Connections []Connection `json:"connections"`
}

// Connection names the node that an output leads to.
type Connection struct {
	Node   string `json:"node"`
	Output string `json:"output"`
}

// Controller is a starter with what a run of it needs: the methods it answers and its flow.
type Controller struct {
	Methods  []string
	Start    *Node
	Playbook *Playbook
	FlowName string
	AppName  string
}

// Runeable is a starter that matched a request, ready to run once.
type Runeable interface {
	// Run runs the flow from its starter, or from the node that the request continues at, and answers through c.
	Run(c echo.Context, vars Vars) error
}
