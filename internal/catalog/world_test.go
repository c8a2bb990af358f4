package catalog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/mustache"
)

// world is one visitor in front of the globals that the modules and the demo use. It stands in for the engine, which is
// a package above, and does only what contract sections 2 and 3 say of these names.
type world struct {
	users     map[string]string // user name → password
	disabled  map[string]bool   // user names
	tokens    map[string]bool   // names of the tokens that the request carries
	otp       string            // the code that Twilio would find right
	templates map[string]string

	sessions map[string]map[string]string
	profile  map[string]string
	sent     []string // numbers a code went to
	log      []string
}

func newWorld() *world {
	return &world{
		users: map[string]string{}, tokens: map[string]bool{}, templates: map[string]string{},
		sessions: map[string]map[string]string{},
	}
}

// call is what one node gets.
type call struct {
	id      string
	data    map[string]any
	outputs map[string]string
	payload map[string]any
	method  string
	query   url.Values
	vars    map[string]string
	url     string
}

// result is what one node left.
type result struct {
	payload  map[string]any
	next     string
	status   int // 0: no response
	body     string
	location string
}

// run calls main of code as a node.
func (w *world) run(code string, in call) (result, error) {
	vm := goja.New()
	vm.SetFieldNameMapper(goja.TagFieldNameMapper("json", true))
	out := result{}
	answer := func(status int, body, location string) {
		if out.status == 0 {
			out.status, out.body, out.location = status, body, location
		}
	}
	if in.payload == nil {
		in.payload = map[string]any{}
	}
	if in.data == nil {
		in.data = map[string]any{}
	}
	if in.outputs == nil {
		in.outputs = map[string]string{}
	}
	globals := w.globals(vm)
	globals["next"] = "output_1"
	globals["current_box"] = in.id
	globals["nflow_endpoint"] = in.url
	globals["wid"] = "wid-1"
	globals["vars"] = in.vars
	globals["c"] = contextOf(vm, in, answer)
	for name, v := range globals {
		if err := vm.Set(name, v); err != nil {
			return out, err
		}
	}
	// Values made of JSON are what the engine's own would be: plain objects.
	for name, v := range map[string]any{"payload": in.payload, "nflow_data": in.data, "__outputs": in.outputs} {
		text, err := json.Marshal(v)
		if err != nil {
			return out, err
		}
		if _, err := vm.RunString(name + " = " + string(text)); err != nil {
			return out, err
		}
	}
	if _, err := vm.RunScript("node", code+"\n;main()"); err != nil {
		return out, err
	}
	out.next = vm.Get("next").String()
	text, err := vm.RunString("JSON.stringify(payload)")
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal([]byte(text.String()), &out.payload)
}

// contextOf is c, whose first response counts.
func contextOf(vm *goja.Runtime, in call, answer func(status int, body, location string)) map[string]any {
	return map[string]any{
		"JSON": func(status int, v goja.Value) {
			text, err := vm.RunString("JSON.stringify")
			if err != nil {
				panic(err)
			}
			stringify, _ := goja.AssertFunction(text)
			s, err := stringify(nil, v)
			if err != nil {
				panic(err)
			}
			answer(status, s.String(), "")
		},
		"HTML":        func(status int, body string) { answer(status, body, "") },
		"Redirect":    func(status int, to string) { answer(status, "", to) },
		"QueryParams": func() map[string][]string { return in.query },
		"QueryParam":  in.query.Get,
		"Request":     func() map[string]any { return map[string]any{"Method": in.method} },
	}
}

func (w *world) globals(vm *goja.Runtime) map[string]any {
	return map[string]any{
		"get_session": func(session, key string) string { return w.sessions[session][key] },
		"set_session": func(session, key, value string) {
			if w.sessions[session] == nil {
				w.sessions[session] = map[string]string{}
			}
			w.sessions[session][key] = value
		},
		"delete_session": func(session string) { delete(w.sessions, session) },
		"get_profile": func() map[string]any {
			p := map[string]any{}
			for k, v := range w.profile {
				p[k] = v
			}
			return p
		},
		"set_profile":    func(p map[string]string) { w.profile = p },
		"delete_profile": func() { w.profile = nil },
		"exist_profile":  func() bool { return w.profile != nil },
		"validate_user":  func(u, p string) bool { want, ok := w.users[u]; return ok && want == p },
		"get_user": func(u string) any {
			if _, ok := w.users[u]; !ok {
				return nil
			}
			return map[string]any{"username": u, "rol": "ROL_USER", "active": !w.disabled[u]}
		},
		"validate_token":    func(name string) bool { return w.tokens[name] },
		"send_otp":          func(to string) bool { w.sent = append(w.sent, to); return true },
		"check_otp":         func(to, code string) bool { return to != "" && code == w.otp },
		"get_template":      func(name string) string { return w.templates[name] },
		"template":          func(source string, data goja.Value) (string, error) { return render(source, data.Export()) },
		"mustache":          func(source string, data goja.Value) (string, error) { return page(source, data.Export()) },
		"url_values_to_map": func(v map[string][]string) map[string][]string { return v },
		"uuid":              func() string { return "0a1b2c3d-0000-4000-8000-000000000000" },
		"sleep":             func(int) {},
		"console": map[string]any{"log": func(parts ...any) {
			w.log = append(w.log, strings.TrimSpace(fmt.Sprintln(parts...)))
		}},
		"find_element": func(path string, v goja.Value) goja.Value {
			for key := range strings.SplitSeq(path, ".") {
				if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
					return goja.Undefined()
				}
				v = v.ToObject(vm).Get(key)
			}
			if v == nil {
				return goja.Undefined()
			}
			return v
		},
	}
}

// render is template(): a Go html/template in which missing keys print empty.
func render(source string, data any) (string, error) {
	tmpl, err := template.New("page").Funcs(template.FuncMap{
		"unescapeHTML": func(s string) template.HTML { return template.HTML(s) }, //nolint:gosec // what the contract's function does
	}).Parse(source)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = tmpl.Execute(&b, data)
	return b.String(), err
}

// node is a Drawflow node as far as a run needs it.
type node struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Class  string         `json:"class"`
	HTML   string         `json:"html"`
	X      *float64       `json:"pos_x"`
	Y      *float64       `json:"pos_y"`
	Data   map[string]any `json:"data"`
	Inputs map[string]struct {
		Connections []struct{ Node, Input string } `json:"connections"`
	} `json:"inputs"`
	Outputs map[string]struct {
		Connections []struct{ Node, Output string } `json:"connections"`
	} `json:"outputs"`
}

func (n node) text(key string) string { s, _ := n.Data[key].(string); return s }

type flow map[string]node

// visitor walks one flow of the demo, request by request.
type visitor struct {
	*world
	t       *testing.T
	flow    flow
	codes   map[string]string
	url     string
	form    map[string]any  // what the form session keeps
	offered map[string]bool // nodes that may be continued at
	forks   int
}

// get starts the flow, or continues it at a node with a plain link.
func (v *visitor) get(at string, params map[string]any) result {
	v.t.Helper()
	return v.request("GET", at, params)
}

// post sends a form to the node that waits for it.
func (v *visitor) post(at string, params map[string]any) result {
	v.t.Helper()
	return v.request("POST", at, params)
}

func (v *visitor) request(method, at string, params map[string]any) result {
	v.t.Helper()
	if at == "" {
		v.form = map[string]any{}
		at = v.start()
	} else if !v.offered[at] {
		v.t.Fatalf("node %s was never offered", at)
	}
	for key, value := range params {
		v.form[key] = value
	}
	answer, err := v.walk(method, at, v.form)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer
}

func (v *visitor) start() string {
	for _, n := range v.flow {
		if n.Data["type"] == "starter" && n.Data["urlpattern"] == v.url {
			return n.Outputs["output_1"].Connections[0].Node
		}
	}
	v.t.Fatalf("no starter for %s", v.url)
	return ""
}

// walk is the run loop of contract 2, points 5 to 9, without limits and errors.
func (v *visitor) walk(method, at string, payload map[string]any) (result, error) {
	var answer result
	for range 20 {
		n, outputs := v.flow[at], map[string]string{}
		for name, out := range n.Outputs {
			if len(out.Connections) > 0 {
				outputs[name] = out.Connections[0].Node
			}
		}
		if n.Data["type"] == "gorutine" {
			v.forks++
			if _, err := v.walk("", outputs["output_2"], payload); err != nil {
				return answer, err
			}
			at = outputs["output_1"]
			continue
		}
		code := n.text("code")
		if code == "" {
			code = v.codes[n.text("script")]
		}
		out, err := v.run(code, call{
			id: n.ID, data: n.Data, outputs: outputs, payload: payload, method: method, url: v.url,
			vars: map[string]string{"name": "Ada"},
		})
		if err != nil {
			return answer, fmt.Errorf("node %q: %w", n.text("name_box"), err)
		}
		if answer.status == 0 {
			answer = out
		}
		payload = out.payload
		if payload["break"] == true {
			delete(payload, "break")
			v.form = payload
			for _, id := range outputs {
				v.offered[id] = true
			}
			return answer, nil
		}
		if at = outputs[out.next]; at == "" {
			v.form, v.offered = map[string]any{}, map[string]bool{}
			return answer, nil
		}
	}
	return answer, errors.New("the run does not end")
}

// demoVisitor opens the demo at the starter of the path.
func demoVisitor(t *testing.T, path string) *visitor {
	t.Helper()
	app, flows := loadDemo(t)
	v := &visitor{world: newWorld(), t: t, url: path, codes: map[string]string{}, form: map[string]any{}, offered: map[string]bool{}}
	v.templates = app.Templates
	for _, m := range catalog.Modules() {
		v.codes[m.Name] = m.Code
	}
	for _, f := range flows {
		for _, n := range f {
			if n.Data["urlpattern"] == path {
				v.flow = f
			}
		}
	}
	if v.flow == nil {
		t.Fatalf("no flow starts at %s", path)
	}
	return v
}

// loadDemo returns the demo app and its flows.
func loadDemo(t *testing.T) (catalog.App, map[string]flow) {
	t.Helper()
	app, err := catalog.Demo()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Drawflow map[string]struct {
			Data flow `json:"data"`
		} `json:"drawflow"`
	}
	if err := json.Unmarshal(app.JSON, &doc); err != nil {
		t.Fatalf("app.json: %v", err)
	}
	flows := map[string]flow{}
	for name, f := range doc.Drawflow {
		flows[name] = f.Data
	}
	return app, flows
}

// page renders a Mustache template.
func page(source string, data any) (string, error) {
	t, err := mustache.Parse(source)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Render(&b, data, mustache.Options{})
	return b.String(), err
}
