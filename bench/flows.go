package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// flow is what is measured: what a visitor requests, and what else serves it.
type flow struct {
	name   string
	steps  []step   // more than one: the visitor has a session
	floors []string // flows of the floors' server, the one to compare with last
	large  bool     // the large app has it, too
	peers  bool     // and so have the peers
	beside string   // a flow that all connections ask for as fast as it goes, while a few ask for this one
}

// step is a request and what has to be answered: JSON, or a text.
type step struct {
	path, want string
	form       string // sent with POST, as a form
	json       string // sent with POST, as JSON
}

const ok = `{"ok":true}`

func flows() []flow {
	set := variables(`"v%d":"1"`)
	return []flow{
		{name: "hello", steps: []step{{path: "/hello", want: ok}}, floors: []string{"bare", "vm-hello"}, large: true, peers: true},
		{name: "calc", steps: []step{{path: "/calc", want: calculated()}}, floors: []string{"vm-calc"}, peers: true},
		{name: "beside", steps: []step{{path: "/hello", want: ok}}, floors: []string{"vm-hello"}, peers: true, beside: "calc"},
		{name: "chain", steps: []step{{path: "/chain", want: "{" + set + "}"}}, floors: []string{"vm-chain"}, peers: true},
		{name: "scripts", steps: []step{{path: "/scripts", want: "{" + set + "}"}}, floors: []string{"vm-chain"}, peers: true},
		{name: "es2022", steps: []step{{path: "/es2022", want: `{"last":"V10","steps":[` + variables(`"V%d"`) + "]}"}}, floors: []string{"vm-es2022"}},
		{name: "form", steps: []step{
			{path: "/form", want: pageOne},
			{path: "/form", form: "nflow_next_node_run=form2&name=Ada", want: pageTwo},
			{path: "/form", form: "nflow_next_node_run=form3&age=36", want: `{"name":"Ada","age":"36"}`},
		}, floors: []string{"vm-hello"}},
		{name: "json", steps: []step{{path: "/json", json: tenKilobytes(), want: transformed()}}, floors: []string{"vm-json"}, peers: true},
		{name: "fields", steps: []step{{path: "/fields", form: manyFields(), want: `{"fields":100,"last":"field number 99 & ñ"}`}}, floors: []string{"vm-hello"}},
		{name: "regexps", steps: []step{{path: "/regexps", want: foundByRegexps}}, floors: []string{"vm-hello"}},
		{name: "fork", steps: []step{{path: "/fork", want: ok}}, floors: []string{"vm-hello"}},
		{name: "http", steps: []step{{path: "/http", want: ok}}, floors: []string{"vm-hello"}},
		{name: "db", steps: []step{{path: "/db", want: `{"name":"Ada","answer":42}`}}, floors: []string{"vm-hello"}},
		{name: "pattern", steps: []step{{path: "/p150/7/x/8", want: `{"a":"7","b":"8"}`}}, floors: []string{"vm-hello"}},
	}
}

// chosen returns the flows with these names, or all; with peers only those that peers have.
func chosen(names string, peers bool) (list []flow) {
	for _, f := range flows() {
		if (names == "" || slices.Contains(strings.Split(names, ","), f.name)) && (f.peers || !peers) {
			list = append(list, f)
		}
	}
	return list
}

// busy returns what keeps a side of the flow busy meanwhile, nothing for most flows.
func (f flow) busy(floor bool) []step {
	for _, other := range flows() {
		switch {
		case f.beside == "" || other.name != f.beside:
		case floor:
			return other.stepsOf(other.floors[len(other.floors)-1])
		default:
			return other.steps
		}
	}
	return nil
}

// stepsOf returns what to ask a floor for: its part of the flow, or hello, which is less than the flow's work.
func (f flow) stepsOf(floor string) []step {
	s := step{path: "/" + floor, want: ok}
	if floor != "bare" && floor != "vm-hello" {
		s.want, s.json = f.steps[0].want, f.steps[0].json
	}
	return []step{s}
}

func (s step) request() request {
	method, body, kind := http.MethodGet, s.form, "application/x-www-form-urlencoded"
	if s.json != "" {
		body, kind = s.json, "application/json"
	}
	head := ""
	if body != "" {
		method = http.MethodPost
		head = fmt.Sprintf("Content-Type: %s\r\nContent-Length: %d\r\n", kind, len(body))
	}
	return request{head: []byte(method + " " + s.path + " HTTP/1.1\r\nHost: localhost\r\n" + head), body: []byte(body)}
}

func variables(format string) string {
	list := make([]string, 10)
	for i := range list {
		list[i] = fmt.Sprintf(format, i+1)
	}
	return strings.Join(list, ",")
}

func calculated() string {
	x := 0.0
	for i := range 1000 {
		x += math.Sqrt(float64(i)) * math.Sin(float64(i))
	}
	return toJSON(map[string]any{"x": x})
}

// manyFields is a form of 10 KB with 100 fields, of text that is escaped.
func manyFields() string {
	form := url.Values{}
	for i := range 100 {
		form.Set(fmt.Sprintf("field%02d", i), fmt.Sprintf("field number %d & ñ", i))
	}
	form.Set("field00", strings.Repeat("a long text, with blanks & ñ; ", 150))
	return form.Encode()
}

type item struct {
	ID    int      `json:"id"`
	Name  string   `json:"name"`
	Price float64  `json:"price"`
	Tags  []string `json:"tags"`
}

func items() []item {
	list := make([]item, 146)
	for i := range list {
		list[i] = item{i, fmt.Sprintf("item number %d", i), float64(i) * 1.25, []string{"new", "sale"}}
	}
	return list
}

func tenKilobytes() string { return toJSON(map[string]any{"items": items()}) }

// transformed is what the flow json makes of it.
func transformed() string {
	sum := 0.0
	var out []any
	for _, i := range items() {
		sum += i.Price
		out = append(out, map[string]any{"id": i.ID, "label": strings.ToUpper(i.Name), "total": i.Price * 1.2})
	}
	return toJSON(map[string]any{"sum": sum, "items": out})
}

func toJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // a value of our own
	}
	return string(text)
}
