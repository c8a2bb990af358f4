package catalog_test

import (
	"cmp"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
)

// codeOf returns the code of a standard module.
func codeOf(t *testing.T, name string) string {
	t.Helper()
	for _, m := range catalog.Modules() {
		if m.Name == name {
			return m.Code
		}
	}
	t.Fatalf("no module %q", name)
	return ""
}

type obj = map[string]any

func TestSmallModules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, module  string
		data, payload obj
		query         url.Values
		next          string // "" means output_1
		want          obj    // the payload after; nil means unchanged
		status        int
		body          string
	}{
		{name: "end answers an empty object", module: "_end", status: 200, body: "{}"},
		{name: "set variable", module: "js_set_var", data: obj{"var_name": "a", "var_value": "1"}, payload: obj{"b": "2"}, want: obj{"a": "1", "b": "2"}},

		{name: "greater", module: "if_major", data: obj{"field": "n", "limit": "9"}, payload: obj{"n": "10"}},
		{name: "equal is not greater", module: "if_major", data: obj{"field": "n", "limit": "10"}, payload: obj{"n": 10}, next: "output_2"},
		{name: "no number is not greater", module: "if_major", data: obj{"field": "n", "limit": "0"}, payload: obj{"n": "x"}, next: "output_2"},
		{name: "a missing field is not greater", module: "if_major", data: obj{"field": "n", "limit": "-1"}, next: "output_2"},

		{name: "equals", module: "if_equals", data: obj{"field": "a", "value": "x"}, payload: obj{"a": "x"}},
		{name: "equals is loose", module: "if_equals", data: obj{"field": "a", "value": "5"}, payload: obj{"a": 5}},
		{name: "not equal", module: "if_equals", data: obj{"field": "a", "value": "x"}, payload: obj{"a": "y"}, next: "output_2"},
		{name: "equals reads a direct key", module: "if_equals", data: obj{"field": "a.b", "value": "x"}, payload: obj{"a": obj{"b": "x"}}, next: "output_2"},

		{name: "json of everything", module: "json", payload: obj{"a": "1"}, status: 200, body: `{"a":"1"}`},
		{name: "json of a star", module: "json", data: obj{"field": "*", "http_code": ""}, payload: obj{"a": 1}, status: 200, body: `{"a":1}`},
		{name: "json of a dotted path", module: "json", data: obj{"field": "a.0.b", "http_code": "201"}, payload: obj{"a": []any{obj{"b": 7}}}, status: 201, body: "7"},
		{name: "json with a status that is none", module: "json", data: obj{"http_code": "abc"}, status: 200, body: "{}"},
		{name: "json with a status out of range", module: "json", data: obj{"http_code": "7"}, status: 200, body: "{}"},

		{
			name: "query parameters, first value, never break", module: "parser_query_param", payload: obj{"k": "v"},
			query: url.Values{"a": {"1", "2"}, "b": {""}, "break": {"true"}}, want: obj{"a": "1", "b": "", "k": "v"},
		},

		{name: "mustache", module: "mustache", data: obj{"template": "<p>{{name}}</p>"}, payload: obj{"name": "<b>"}, status: 200, body: "<p>&lt;b&gt;</p>"},
		{name: "template", module: "template", data: obj{"template": "<p>{{.name}}</p>"}, payload: obj{"name": "<b>"}, status: 200, body: "<p>&lt;b&gt;</p>"},
		{name: "template without a source", module: "template", status: 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := newWorld().run(codeOf(t, tt.module), call{data: tt.data, payload: maps.Clone(tt.payload), query: tt.query})
			if err != nil {
				t.Fatal(err)
			}
			if want := cmp.Or(tt.next, "output_1"); got.next != want {
				t.Errorf("next is %q, want %q", got.next, want)
			}
			if got.status != tt.status || got.body != tt.body {
				t.Errorf("answered %d %q, want %d %q", got.status, got.body, tt.status, tt.body)
			}
			if tt.want != nil && !reflect.DeepEqual(got.payload, tt.want) {
				t.Errorf("payload is %v, want %v", got.payload, tt.want)
			}
		})
	}
}

// each runs a loop node until it is done and returns the items it put into the payload.
func each(t *testing.T, id, field string, payload obj) ([]any, obj) {
	t.Helper()
	var items []any
	for range 20 {
		got, err := newWorld().run(codeOf(t, "js_foreach"), call{id: id, data: obj{"field": field, "item_name": "item"}, payload: payload})
		if err != nil {
			t.Fatal(err)
		}
		payload = got.payload
		if got.next == "output_1" {
			return items, payload
		}
		items = append(items, payload["item"])
	}
	t.Fatal("the loop does not end")
	return nil, nil
}

func TestForEach(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		field   string
		payload obj
		want    []any
	}{
		{"a list", "list", obj{"list": []any{"a", "b"}}, []any{"a", "b"}},
		{"a dotted path", "order.items", obj{"order": obj{"items": []any{1.0}}}, []any{1.0}},
		{"an element that is null or undefined-like counts", "list", obj{"list": []any{nil, 0.0, ""}}, []any{nil, 0.0, ""}},
		{"an empty list", "list", obj{"list": []any{}}, nil},
		{"nothing there", "list", nil, nil},
		{"a text is no list", "list", obj{"list": "abc"}, nil},
		{"a cursor from the request is no cursor", "list", obj{"list": []any{"a"}, "__foreach": "x"}, []any{"a"}},
		{"nor is a list of them", "list", obj{"list": []any{"a"}, "__foreach": []any{"x", "y"}}, []any{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, payload := each(t, "n1", tt.field, tt.payload)
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("items are %v, want %v", got, tt.want)
			}
			if _, left := payload["__foreach"]; left && tt.want != nil {
				t.Errorf("the cursor is left behind: %v", payload)
			}
		})
	}
}

func TestForEachKeepsItsCursorPerNode(t *testing.T) {
	t.Parallel()
	w, code := newWorld(), codeOf(t, "js_foreach")
	step := func(id, field, item string, payload obj) result {
		got, err := w.run(code, call{id: id, data: obj{"field": field, "item_name": item}, payload: payload})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	var seen []string
	payload := obj{"rows": []any{[]any{"a", "b"}, []any{"c"}}}
	for range 2 { // twice: a loop that is done begins anew
		for outer := step("outer", "rows", "row", payload); ; outer = step("outer", "rows", "row", payload) {
			payload = outer.payload
			if outer.next != "output_2" {
				break
			}
			for inner := step("inner", "row", "cell", payload); ; inner = step("inner", "row", "cell", payload) {
				payload = inner.payload
				if inner.next != "output_2" {
					break
				}
				seen = append(seen, payload["cell"].(string))
			}
		}
	}
	if want := []string{"a", "b", "c", "a", "b", "c"}; !slices.Equal(seen, want) {
		t.Errorf("saw %q, want %q", seen, want)
	}
	if _, left := payload["__foreach"]; left {
		t.Errorf("a cursor is left behind: %v", payload)
	}
}

func TestForEachSurvivesABodyThatChangesTheList(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"payload.l.length = 0", "payload.l = []", "payload.l.push('c')", "delete payload.l"} {
		twice := codeOf(t, "js_foreach") + "\nconst step = main; main = function () { step(); " + body + "; step() }"
		got, err := newWorld().run(twice, call{id: "n", data: obj{"field": "l", "item_name": "i"}, payload: obj{"l": []any{"a", "b"}}})
		if err != nil || got.next != "output_2" || got.payload["i"] != "b" {
			t.Errorf("after %s the second element did not come: %v %v", body, got, err)
		}
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.profile = map[string]string{"username": "ana"}
	w.templates["page"] = `[{{.name}}|{{.url}}|{{.next}}|{{.action}}|{{.profile.username}}|{{.payload.n}}|{{.form_code | unescapeHTML}}]`
	data := obj{"name_box": "Step", "template": "page", "html_form": `<input value="{{.payload.n}}" id="{{.next}}">`}
	in := call{data: data, outputs: map[string]string{"output_1": "n2"}, payload: obj{"n": `"><script>`}, url: "/a/b"}

	got, err := w.run(codeOf(t, "form"), in)
	if err != nil {
		t.Fatal(err)
	}
	want := `[Step|/a/b|n2|/a/b/nfnext/n2|ana|&#34;&gt;&lt;script&gt;|<input value="&#34;&gt;&lt;script&gt;" id="n2">]`
	if got.status != 200 || got.body != want {
		t.Errorf("answered %d %s\nwant 200 %s", got.status, got.body, want)
	}
	if got.payload["break"] != true || got.payload["n"] != `"><script>` {
		t.Errorf("the run does not wait with its payload: %v", got.payload)
	}
}

func TestFormWithoutItsPageShowsAPlainOne(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "no such page"} {
		in := call{
			data:    obj{"name_box": "Ask <me>", "template": name, "html_form": `<input name="a">`},
			outputs: map[string]string{"output_1": "n2"}, url: "/",
		}
		got, err := newWorld().run(codeOf(t, "form"), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`action="/"`, `name="nflow_next_node_run" value="n2"`, `<input name="a">`, `<h1>Ask &lt;me&gt;</h1>`} {
			if !strings.Contains(got.body, part) {
				t.Errorf("template %q: the page lacks %s:\n%s", name, part, got.body)
			}
		}
	}
}

func TestFormAtTheRootHasALocalAction(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.templates["page"] = `{{.action}}`
	got, err := w.run(codeOf(t, "form"), call{data: obj{"template": "page"}, outputs: map[string]string{"output_1": "n2"}, url: "/"})
	if err != nil || got.body != "/nfnext/n2" {
		t.Errorf("action is %q (%v): a browser reads // as another host", got.body, err)
	}
}

func TestValidateLogin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		payload  obj
		asked    string // the page that asked for the login
		outputs  map[string]string
		in       bool
		status   int
		location string
		next     string
	}{
		{name: "right, back to the page", payload: obj{"username": "ana", "password": "secret"}, asked: "/home/1?x=2", in: true, status: 303, location: "/home/1?x=2"},
		{name: "right, no page asked", payload: obj{"username": "ana", "password": "secret"}, in: true, status: 303, location: "/"},
		{name: "right, another host", payload: obj{"username": "ana", "password": "secret"}, asked: "//evil.example/", in: true, status: 303, location: "/"},
		{name: "right, another host by backslash", payload: obj{"username": "ana", "password": "secret"}, asked: `/\evil.example`, in: true, status: 303, location: "/"},
		{name: "right, another host by tab", payload: obj{"username": "ana", "password": "secret"}, asked: "/\t/evil.example", in: true, status: 303, location: "/"},
		{name: "right, a URL", payload: obj{"username": "ana", "password": "secret"}, asked: "https://evil.example/", in: true, status: 303, location: "/"},
		{name: "right, a script", payload: obj{"username": "ana", "password": "secret"}, asked: "javascript:alert(1)", in: true, status: 303, location: "/"},
		{name: "right, two lines", payload: obj{"username": "ana", "password": "secret"}, asked: "/a\r\nSet-Cookie: x=1", in: true, status: 303, location: "/"},
		{name: "right, the flow goes on", payload: obj{"username": "ana", "password": "secret"}, outputs: map[string]string{"output_1": "n"}, in: true, next: "output_1"},

		{name: "wrong password", payload: obj{"username": "ana", "password": "wrong"}, status: 401, next: "break"},
		{name: "the user name is no password", payload: obj{"username": "ana", "password": "ana"}, status: 401, next: "break"},
		{name: "no password", payload: obj{"username": "ana"}, status: 401, next: "break"},
		{name: "a user without one", payload: obj{"username": "open", "password": ""}, status: 401, next: "break"},
		{name: "nothing", status: 401, next: "break"},
		{name: "lists", payload: obj{"username": []any{"ana"}, "password": []any{"secret"}}, status: 401, next: "break"},
		{name: "wrong, the flow goes on", payload: obj{"username": "ana", "password": "wrong"}, outputs: map[string]string{"output_2": "n"}, next: "output_2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.users["ana"], w.users["open"] = "secret", ""
			w.sessions["auth-session"] = map[string]string{"redirect_url": tt.asked}
			got, err := w.run(codeOf(t, "Validate Login"), call{payload: maps.Clone(tt.payload), outputs: tt.outputs, url: "/nflow_login"})
			if err != nil {
				t.Fatal(err)
			}
			if in := w.profile["username"] == "ana"; in != tt.in || !in && w.profile != nil {
				t.Errorf("profile is %v", w.profile)
			}
			if got.status != tt.status || got.location != tt.location {
				t.Errorf("answered %d to %q, want %d to %q", got.status, got.location, tt.status, tt.location)
			}
			if want := cmp.Or(tt.next, "output_1"); got.next != want {
				t.Errorf("next is %q, want %q", got.next, want)
			}
			if tt.status == 401 && !strings.Contains(got.body, `<a href="/nflow_login">`) {
				t.Errorf("the error page has no link back: %s", got.body)
			}
			if _, kept := got.payload["password"]; kept {
				t.Error("the password stays in the payload")
			}
			if _, told := got.payload["login_error"]; told != (tt.next == "output_2") {
				t.Errorf("login_error is %v", got.payload["login_error"])
			}
		})
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.profile = map[string]string{"username": "ana"}
	got, err := w.run(codeOf(t, "Logout"), call{})
	if err != nil || w.profile != nil || got.next != "output_1" || got.status != 0 {
		t.Errorf("profile %v, %v, %v", w.profile, got, err)
	}
}

func TestValidateToken(t *testing.T) {
	t.Parallel()
	tests := []struct {
		module, token, carried string
		ok                     bool
	}{
		{"Validate Token", "partner", "partner", true},
		{"Validate Token", "partner", "api1", false},
		{"Validate Token", "partner", "", false},
		{"ValidateToken1", "", "api1", true},
		{"ValidateToken1", "", "partner", false},
	}
	for _, tt := range tests {
		w, data := newWorld(), obj{}
		if tt.token != "" {
			data["token"] = tt.token
		}
		w.tokens[tt.carried] = true
		got, err := w.run(codeOf(t, tt.module), call{data: data})
		if err != nil {
			t.Fatal(err)
		}
		if passed := got.next == "output_1" && got.status == 0; passed != tt.ok {
			t.Errorf("%v: got %+v", tt, got)
		}
		if !tt.ok && (got.status != 401 || got.next != "break" || got.body != `{"error":"Unauthorized"}`) {
			t.Errorf("%v: refused with %+v", tt, got)
		}
	}
}

func TestTwilio(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.otp = "1234"
	send := call{data: obj{"variable": "mobile"}, payload: obj{"mobile": "+491"}}
	if _, err := w.run(codeOf(t, "twilio_send_sms"), send); err != nil || !slices.Equal(w.sent, []string{"+491"}) {
		t.Fatalf("sent to %q: %v", w.sent, err)
	}
	check := func(code any, more obj) result {
		payload := obj{"pin": code}
		maps.Copy(payload, more)
		got, err := w.run(codeOf(t, "twilio_validate_sms"), call{data: obj{"variable": "pin"}, payload: payload})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, wrong := range []any{"9999", "", nil, []any{"1234"}} {
		if got := check(wrong, nil); got.next != "output_2" {
			t.Errorf("code %v passes", wrong)
		}
	}
	got := check("1234", obj{"mobile": "+999 somebody else's"})
	if got.next != "output_1" || got.payload["mobile"] != "+491" {
		t.Errorf("the right code leaves %+v; want the number that was proven", got)
	}
	if got := check("1234", nil); got.next != "output_2" {
		t.Error("a code passes twice")
	}
}

func TestTwilioWithoutANumberSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld()
	_, err := w.run(codeOf(t, "twilio_send_sms"), call{data: obj{"variable": "mobile"}})
	if err == nil || !strings.Contains(err.Error(), "payload.mobile") || len(w.sent) > 0 {
		t.Errorf("error is %v, sent %q", err, w.sent)
	}
	got, err := w.run(codeOf(t, "twilio_validate_sms"), call{payload: obj{"code": "1"}})
	if err != nil || got.next != "output_2" {
		t.Errorf("a code passes that was never sent: %+v %v", got, err)
	}
}
