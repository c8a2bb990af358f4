package cors

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

func TestAllow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		policy       Options
		origin, want string
		credentials  bool
	}{
		"a known origin":             {Options{Origins: []string{"https://a.example"}}, "https://a.example", "https://a.example", false},
		"another origin":             {Options{Origins: []string{"https://a.example"}}, "https://b.example", "", false},
		"a longer origin":            {Options{Origins: []string{"https://a.example"}}, "https://a.example.evil", "", false},
		"no origin":                  {Options{Origins: []string{"*"}}, "", "", false},
		"all":                        {Options{Origins: []string{"*"}}, "https://b.example", "*", false},
		"nobody":                     {Options{}, "https://b.example", "", false},
		"cookies for a known origin": {Options{Origins: []string{"https://a.example"}, Credentials: true}, "https://a.example", "https://a.example", true},
		"cookies for all":            {Options{Origins: []string{"*"}, Credentials: true}, "https://b.example", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, q := http.Header{}, &http.Request{Header: http.Header{}}
			if tt.origin != "" {
				q.Header.Set("Origin", tt.origin)
			}
			allowed := New(tt.policy).Allow(h, q)
			if got := h.Get("Access-Control-Allow-Origin"); got != tt.want || allowed != (tt.want != "") {
				t.Errorf("allowed %v for %q, want %q", allowed, got, tt.want)
			}
			if got := h.Get("Access-Control-Allow-Credentials") == "true"; got != tt.credentials {
				t.Errorf("credentials %v", got)
			}
		})
	}
}

func TestAnswerPreflight(t *testing.T) {
	t.Parallel()
	q := &http.Request{Method: http.MethodOptions, Header: http.Header{}}
	if _, ok := IsPreflight(q); ok {
		t.Error("a plain OPTIONS is no preflight")
	}
	q.Header.Set("Origin", "https://a.example")
	q.Header.Set("Access-Control-Request-Method", "PUT")
	q.Header.Set("Access-Control-Request-Headers", "x-one")
	if method, ok := IsPreflight(q); !ok || method != "PUT" {
		t.Errorf("%q, %v", method, ok)
	}
	for _, tt := range []struct {
		policy                   Options
		methods, headers, maxAge string
	}{
		{Options{Origins: []string{"*"}}, "GET, PUT", "", ""},
		{Options{Origins: []string{"*"}, Methods: []string{"*"}, Headers: []string{"*"}, MaxAge: time.Minute}, "GET, PUT", "x-one", "60"},
		{Options{Origins: []string{"*"}, Methods: []string{"GET"}, Headers: []string{"X-Two", "X-Three"}}, "GET", "x-two, x-three", ""},
		{Options{Origins: []string{"https://b.example"}, Methods: []string{"GET"}}, "", "", ""},
	} {
		h := http.Header{}
		New(tt.policy).AnswerPreflight(h, q, []string{"GET", "PUT"})
		if got := [3]string{h.Get("Access-Control-Allow-Methods"), h.Get("Access-Control-Allow-Headers"), h.Get("Access-Control-Max-Age")}; got != [3]string{tt.methods, tt.headers, tt.maxAge} {
			t.Errorf("%+v: %q", tt.policy, got)
		}
		if !strings.Contains(strings.Join(h["Vary"], ","), "Access-Control-Request-Method") {
			t.Errorf("Vary: %q", h["Vary"])
		}
	}
}

// A starter's own policy stands in place of the configuration's: also false, and what is none, which let nobody in.
func TestOfStarters(t *testing.T) {
	t.Parallel()
	starter := func(cors any) *graph.Starter {
		return &graph.Starter{Node: &graph.Node{Data: map[string]any{"cors": cors}}}
	}
	silent, off, own, nonsense := starter(nil), starter(false), starter(map[string]any{"origins": []any{"https://a.example"}, "max_age": 1.5}), starter("x")
	all := OfStarters(&graph.Graph{Flows: []*graph.Flow{{Starters: []*graph.Starter{silent, off, own, nonsense}}}})
	if _, says := all[silent]; says || len(all) != 3 || all[off] != nil || all[nonsense] != nil {
		t.Errorf("%v", all)
	}
	q := &http.Request{Header: http.Header{"Origin": {"https://a.example"}}}
	if p := all[own]; p == nil || !p.Allow(http.Header{}, q) || p.maxAge != "1" {
		t.Errorf("%+v", p)
	}
}

// What a starter says and nothing reads is said.
func TestWrongPolicies(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		`{"origins": ["https://a.example"], "max_age": 60, "credentials": true}`: "",
		`{"origins": ["*"]}`:                      "",
		`{"origin": "*"}`:                         `unknown field "origin"; the keys are`,
		`{"origins": "https://a.example"}`:        "the keys are",
		`["https://a.example"]`:                   "the keys are",
		`{"origins": ["*"], "credentials": true}`: "name the origins",
	} {
		var v any
		if err := json.Unmarshal([]byte(policy), &v); err != nil {
			t.Fatal(err)
		}
		if got := Wrong(v); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: %q, want %q", policy, got, want)
		}
	}
}
