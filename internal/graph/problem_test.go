package graph

import "testing"

func TestProblemSentence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p    Problem
		want string
	}{
		{
			Problem{Rule: "code", Flow: "home", Node: "7", Name: "Check", Key: "code", Line: 2, Column: 3, Text: "unexpected token"},
			`flow "home", node "Check" (7), code at line 2, column 3: unexpected token`,
		},
		{Problem{Rule: "no-code", Flow: "home", Node: "7", Name: "Check", Line: 9, Column: 1, Text: "no code"}, `flow "home", node "Check" (7): no code`},
		{Problem{Key: "default_js", Line: 1, Column: 4, Text: "unexpected end"}, `default_js at line 1, column 4: unexpected end`},
	} {
		if got := tt.p.Sentence(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
