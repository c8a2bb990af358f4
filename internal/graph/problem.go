package graph

import (
	"strconv"
	"strings"
)

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
	if p.Line > 0 && (p.Rule == "code" || p.Rule == ruleSecret || p.Node == "") {
		b.WriteString(" at line " + strconv.Itoa(p.Line) + ", column " + strconv.Itoa(p.Column))
	}
	return b.String()
}
