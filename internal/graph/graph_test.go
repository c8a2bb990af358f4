package graph

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// plain stands for the sandbox: code that holds "BROKEN" does not compile.
type plain struct{}

type program struct{ src Source }

func (p program) Declares() []string {
	var names []string
	for _, n := range []string{"auth", "log"} {
		if strings.Contains(p.src.Code, "function "+n) {
			names = append(names, n)
		}
	}
	return names
}

func (plain) Compile(src Source) (any, *CodeProblem) {
	if i := strings.Index(src.Code, "BROKEN"); i >= 0 {
		return nil, &CodeProblem{Line: 1, Column: i + 1, Text: "broken"}
	}
	return program{src}, nil
}

func (plain) Needs(p any) []string {
	if strings.Contains(p.(program).src.Code, "http_get(") {
		return []string{"enable_network"}
	}
	return nil
}

// Absent finds the word ABSENT.
func (plain) Absent(p any) []CodeProblem {
	if i := strings.Index(p.(program).src.Code, "ABSENT"); i >= 0 {
		return []CodeProblem{{Line: 1, Column: i + 1, Text: "absent"}}
	}
	return nil
}

// FlowCalls returns the flow of code that says "CALL flow".
func (plain) FlowCalls(p any) []string {
	if flow, ok := strings.CutPrefix(p.(program).src.Code, "CALL "); ok {
		return []string{flow}
	}
	return nil
}

func options() Options {
	return Options{Compiler: plain{}, StepType: func(s string) bool { return s == "js" || s == "gorutine" }}
}

func TestOnboarding(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../shared/apps/onboarding/app.json")
	if err != nil {
		t.Skip("the onboarding app is not beside the project")
	}
	modules := map[string]string{}
	for _, m := range []string{"form", "json", "_end", "if_equals", "Logout", "Validate Login"} {
		modules[m] = "function main(){}"
	}
	g, err := Compile(App{JSON: text, Modules: modules}, options())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range g.Problems {
		if p.Level == LevelError {
			t.Errorf("%+v", p)
		}
	}
	m, ok := g.Match("POST", "/pepe11/nftk/Datos%20Personales/nfnext/012715af-7917-4a12-8afc-b5f5406d4094")
	if !ok || m.Endpoint != "/pepe11" || m.Next != "012715af-7917-4a12-8afc-b5f5406d4094" || m.Starter.First.Name != "Datos Personales" {
		t.Errorf("match: %v %+v", ok, m)
	}
	lines := strings.Split(string(text), "\n")
	for _, f := range g.Flows {
		for _, n := range f.Nodes {
			line, column := place(text, n.offset)
			if got := string([]rune(lines[line-1])[column-1:]); !strings.HasPrefix(got, fmt.Sprintf("%q: {", n.ID)) {
				t.Errorf("node %s is said to stand at %d:%d: %.40q", n.ID, line, column, got)
			}
		}
	}
}
