package catalog_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
)

func TestDemoIsSound(t *testing.T) {
	t.Parallel()
	app, flows := loadDemo(t)
	scripts := map[string]bool{}
	for _, m := range catalog.Modules() {
		scripts[m.Name] = true
	}
	templateName := regexp.MustCompile(`get_template\("([^"]*)"\)`)
	used := map[string]bool{}
	for name, f := range flows {
		for id, n := range f {
			where := name + "/" + n.text("name_box")
			checkShape(t, where, f, id, n)
			if script := n.text("script"); script != "" && (!scripts[script] || n.Class != script) {
				t.Errorf("%s: script %q, class %q", where, script, n.Class)
			}
			if code := n.text("code"); code != "" {
				checkCode(t, where, code)
				for _, m := range templateName.FindAllStringSubmatch(code, -1) {
					used[m[1]] = true
				}
			}
			if n.text("script") == "form" {
				used[n.text("template")] = true
			}
		}
	}
	for name := range used {
		if app.Templates[name] == "" {
			t.Errorf("template %q is used and missing", name)
		}
	}
	for name := range app.Templates {
		if !used[name] {
			t.Errorf("template %q is never used", name)
		}
	}
	if !strings.Contains(app.DefaultJS, "function auth()") {
		t.Error("default.js defines no auth()")
	}
}

// checkShape wants what the designer needs of a node, and each connection noted at both of its ends.
func checkShape(t *testing.T, where string, f flow, id string, n node) {
	t.Helper()
	if n.ID != id || uuid.Validate(id) != nil {
		t.Errorf("%s: id %q under key %q", where, n.ID, id)
	}
	if n.text("name_box") == "" || n.Name == "" || n.Class != n.Name || n.X == nil || n.Y == nil || !strings.Contains(n.HTML, "df-name_box") {
		t.Errorf("%s: label, name, class, position or html is missing", where)
	}
	for out, o := range n.Outputs {
		if len(o.Connections) > 1 {
			t.Errorf("%s: %s has %d connections", where, out, len(o.Connections))
		}
		for _, c := range o.Connections {
			back := f[c.Node].Inputs[c.Output].Connections
			if !slices.ContainsFunc(back, func(b struct{ Node, Input string }) bool { return b.Node == id && b.Input == out }) {
				t.Errorf("%s: %s leads to %s, whose %s does not know of it", where, out, c.Node, c.Output)
			}
		}
	}
	for in, i := range n.Inputs {
		for _, c := range i.Connections {
			there := f[c.Node].Outputs[c.Input].Connections
			if !slices.ContainsFunc(there, func(b struct{ Node, Output string }) bool { return b.Node == id && b.Output == in }) {
				t.Errorf("%s: %s comes from %s, whose %s does not know of it", where, in, c.Node, c.Input)
			}
		}
		if len(i.Connections) == 0 {
			t.Errorf("%s: nothing leads to %s", where, in)
		}
	}
}

// waiting returns the node that a page's form continues at.
func waiting(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`name="nflow_next_node_run" value="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no form to continue with:\n%s", page)
	}
	return m[1]
}

// shows wants a 200 page with all the texts, and good HTML.
func shows(t *testing.T, got result, texts ...string) {
	t.Helper()
	if got.status != 200 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	for _, text := range texts {
		if !strings.Contains(got.body, text) {
			t.Errorf("the page lacks %s:\n%s", text, got.body[strings.Index(got.body, "<main"):])
		}
	}
	checkPage(t, got.body)
}

// checkPage wants a label for each field, one h1, unique ids, a lang, and nothing that is loaded or run.
func checkPage(t *testing.T, page string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids, labels, heads := map[string]bool{}, map[string]bool{}, 0
	var fields, described []string
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || (a.Key == "src" || a.Key == "href") && strings.Contains(a.Val, "//") {
				t.Errorf("<%s %s=%q>: the demo loads and runs nothing", n.Data, a.Key, a.Val)
			}
		}
		if id := attr["id"]; id != "" {
			if ids[id] {
				t.Errorf("id %q is there twice", id)
			}
			ids[id] = true
		}
		if d := attr["aria-describedby"]; d != "" {
			described = append(described, d)
		}
		switch n.Data {
		case "script", "img":
			t.Errorf("there is a <%s>", n.Data)
		case "h1":
			heads++
		case "html":
			if attr["lang"] == "" {
				t.Error("the page has no lang")
			}
		case "label":
			labels[attr["for"]] = true
		case "input", "textarea", "select":
			if attr["type"] != "hidden" {
				fields = append(fields, attr["id"])
			}
		}
	}
	for _, id := range fields {
		if !labels[id] {
			t.Errorf("field %q has no label", id)
		}
	}
	for _, id := range described {
		if !ids[id] {
			t.Errorf("a field is described by %q, which is not there", id)
		}
	}
	if heads != 1 {
		t.Errorf("there are %d h1", heads)
	}
}

func TestDemoStartPage(t *testing.T) {
	t.Parallel()
	v := demoVisitor(t, "/")
	got := v.get("", nil)
	_, flows := loadDemo(t)
	shows(t, got, "Sign in")
	for _, f := range flows {
		for _, n := range f {
			if path := n.text("urlpattern"); path != "" && path != "/nflow_login" && path != "/logout" {
				if path = strings.Split(path, ":")[0]; !strings.Contains(got.body, `href="`+path) {
					t.Errorf("the start page has no link to %s", path)
				}
			}
		}
	}
	v.profile = map[string]string{"username": "<ana>"}
	shows(t, v.get("", nil), "Sign out &lt;ana&gt;")
}

func TestDemoAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path   string
		params obj
		status int
		body   string
	}{
		{"/hello/:name", nil, 200, `{"lang":"en","message":"Hello, Ada!","name":"Ada"}`},
		{"/hello/:name", obj{"lang": "es"}, 200, `{"lang":"es","message":"Hola, Ada!","name":"Ada"}`},
		{"/hello/:name", obj{"lang": "constructor"}, 200, `{"lang":"en","message":"Hello, Ada!","name":"Ada"}`},
		{"/calc", obj{"n": "3"}, 200, `{"capped":false,"n":3,"sum":2.1274117380557325}`},
		{"/calc", obj{"n": "2", "terms": "9", "capped": "x"}, 200, `{"capped":false,"n":2,"sum":0.8414709848078965}`},
		{"/calc", obj{"n": "many"}, 400, `{"error":"n must be a whole number from 1 to 100000"}`},
		{"/calc", obj{"n": "0"}, 400, `{"error":"n must be a whole number from 1 to 100000"}`},
		{"/calc", obj{"n": []any{"1", "2"}}, 400, `{"error":"n must be a whole number from 1 to 100000"}`},
	}
	for _, tt := range tests {
		v := demoVisitor(t, tt.path)
		if got := v.get("", tt.params); got.status != tt.status || got.body != tt.body {
			t.Errorf("%s %v: %d %s, want %d %s", tt.path, tt.params, got.status, got.body, tt.status, tt.body)
		}
	}
	for n, want := range map[string]string{"": `"n":1000,`, "9000000000": `"n":100000,`} {
		v, params := demoVisitor(t, "/calc"), obj{}
		if n != "" {
			params["n"] = n
		}
		got := v.get("", params)
		if got.status != 200 || !strings.Contains(got.body, want) || strings.Contains(got.body, `"capped":true`) != (n != "") {
			t.Errorf("n=%q: %d %s", n, got.status, got.body)
		}
	}
}

func TestDemoParallel(t *testing.T) {
	t.Parallel()
	v := demoVisitor(t, "/parallel")
	got := v.get("", nil)
	if got.status != 200 || !strings.Contains(got.body, "Dromedary-Wid-2") || v.forks != 1 || len(v.log) != 2 {
		t.Errorf("%d %s, %d forks, log %q", got.status, got.body, v.forks, v.log)
	}
}

func TestDemoSignUp(t *testing.T) {
	t.Parallel()
	v := demoVisitor(t, "/signup")
	one := v.get("", obj{"name": "from the link", "errors": "x", "signup": "y"})
	shows(t, one, "<h1>About you</h1>", `name="email"`)
	if strings.Contains(one.body, "from the link") {
		t.Error("a parameter of the link counts as an answer")
	}

	// A step with mistakes comes back with them, and with what was typed.
	check1 := waiting(t, one.body)
	again := v.post(check1, obj{"name": ` <b>"Ana" `, "email": "nobody", "go": "next"})
	shows(t, again, "<h1>About you</h1>", `value="&lt;b&gt;&#34;Ana&#34;"`, `value="nobody"`, `id="email-error"`, `role="alert"`)
	if strings.Contains(again.body, `id="name-error"`) {
		t.Error("a right field is marked")
	}

	two := v.post(check1, obj{"name": "Ana", "email": "ana@example.org", "go": "next"})
	shows(t, two, "<h1>Your plan</h1>", "Which plan, Ana?")
	check2 := waiting(t, two.body)
	shows(t, v.post(check2, obj{"go": "next"}), "<h1>Your plan</h1>", `id="plan-error"`)
	shows(t, v.post(check2, obj{"plan": "team", "seats": "1", "go": "next"}), `id="seats-error"`, `value="team" checked`)

	// Back shows the answers given before; a link to a step shows it without complaint.
	shows(t, v.post(check2, obj{"go": "back"}), "<h1>About you</h1>", `value="ana@example.org"`)
	shows(t, v.post(check1, obj{"name": "Ana", "email": "ana@example.org", "go": "next"}), "<h1>Your plan</h1>", `value="team" checked`)
	resumed := v.get(check2, nil)
	shows(t, resumed, "<h1>Your plan</h1>", `href="/signup/nftk/your-plan/nfnext/`+check2+`"`)
	if strings.Contains(resumed.body, `role="alert"`) {
		t.Error("a link to a step complains")
	}

	three := v.post(check2, obj{"plan": "team", "seats": "7", "go": "next"})
	shows(t, three, "<h1>Confirm</h1>", "<dd>ana@example.org</dd>", "<dd>7</dd>")
	check3 := waiting(t, three.body)
	shows(t, v.post(check3, obj{"note": "<i>hi</i>", "go": "next"}), "<h1>Confirm</h1>", `id="agree-error"`, "&lt;i&gt;hi&lt;/i&gt;")

	// Answers that were checked cannot be changed by a later request.
	done := v.post(check3, obj{"agree": "yes", "note": "<i>hi</i>", "email": "x", "name": "Eve"})
	shows(t, done, "You are in", "0A1B2C3D", "<dd>Ana</dd>", "<dd>ana@example.org</dd>", "<dd>&lt;i&gt;hi&lt;/i&gt;</dd>")
	if len(v.offered) > 0 || len(v.form) > 0 {
		t.Error("the finished sign-up still waits")
	}
}

func TestDemoSignUpWithForgedAnswers(t *testing.T) {
	t.Parallel()
	v := demoVisitor(t, "/signup")
	check1 := waiting(t, v.get("", nil).body)
	check2 := waiting(t, v.post(check1, obj{"name": "Ana", "email": "ana@example.org"}).body)
	check3 := waiting(t, v.post(check2, obj{"plan": "solo"}).body)
	// Whoever overwrites the checked answers is led back to the first step that has none.
	shows(t, v.post(check3, obj{"signup": "forged", "agree": "yes"}), "<h1>Your plan</h1>")
	shows(t, v.post(check2, obj{"signup": []any{"forged"}, "plan": "solo"}), "<h1>About you</h1>")
	shows(t, v.post(check1, obj{"name": []any{"a", "b"}, "email": []any{"c"}, "errors": "x"}), "<h1>About you</h1>", `id="name-error"`)
}

func TestDemoLogin(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/nflow_login", "/login"} {
		v := demoVisitor(t, path)
		v.users["ana"] = "secret"
		page := v.get("", obj{"login_error": "call 555-0100"})
		shows(t, page, "<h1>Sign in</h1>", "nflow-runtime user add NAME", `action="`+path+`"`)
		if strings.Contains(page.body, "555-0100") {
			t.Error("a link can put its own message on the login page")
		}
		check := waiting(t, page.body)
		wrong := v.post(check, obj{"username": "ana", "password": "wr0ng"})
		shows(t, wrong, "not right", `value="ana"`)
		if strings.Contains(wrong.body, "wr0ng") || v.profile != nil {
			t.Error("the password is shown or let in")
		}
		if got := v.post(check, obj{"username": "ana", "password": "secret"}); got.status != 303 || got.location != "/private" {
			t.Errorf("answered %d to %q", got.status, got.location)
		}
		if v.profile["username"] != "ana" {
			t.Errorf("profile is %v", v.profile)
		}
	}
}

func TestDemoLogoutAndPrivate(t *testing.T) {
	t.Parallel()
	v := demoVisitor(t, "/logout")
	v.profile = map[string]string{"username": "ana"}
	if got := v.get("", nil); got.status != 303 || got.location != "/" || v.profile != nil {
		t.Errorf("%+v, profile %v", got, v.profile)
	}

	v = demoVisitor(t, "/private")
	v.profile = map[string]string{"username": "<ana>", "rol": "ROL_USER"}
	shows(t, v.get("", nil), "&lt;ana&gt;", "ROL_USER")
	for _, n := range v.flow {
		if n.text("type") == "starter" && n.text("nflow_auth") != "true" {
			t.Error("/private does not ask for a login")
		}
	}
}

func TestDemoAuth(t *testing.T) {
	t.Parallel()
	app, _ := loadDemo(t)
	w := newWorld()
	ask := func() string {
		got, err := w.run(app.DefaultJS+"\nfunction main() { auth() }", call{})
		if err != nil {
			t.Fatal(err)
		}
		return got.next
	}
	if next := ask(); next != "login" {
		t.Errorf("a stranger gets %q", next)
	}
	w.users["ana"] = "secret"
	w.profile = map[string]string{"username": "ana"}
	if next := ask(); next != "output_1" {
		t.Errorf("ana gets %q", next)
	}
	w.disabled = map[string]bool{"ana": true}
	if next := ask(); next != "login" || w.profile != nil {
		t.Errorf("a disabled user who is logged in gets %q, profile %v", next, w.profile)
	}
	w.profile = map[string]string{"username": "nobody"}
	if next := ask(); next != "login" {
		t.Errorf("a user who was deleted gets %q", next)
	}
}
