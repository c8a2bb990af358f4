package engine

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s1", "/hello/:name", "hello"), js("hello", `function main(){ c.JSON(200, {hello: path_vars.name}) }`),
		starter("s2", "/chain", "a"), js("a", `function main(){ payload.a = 1 }`, "output_1=b"), js("b", `function main(){ c.JSON(200, payload) }`),
		starter("s3", "/silent", "quiet"), js("quiet", `function main(){ payload.x = 1 }`),
		starter("s4", "/twice", "two"), js("two", `function main(){ c.JSON(200, "first"); c.JSON(500, "second") }`),
		starter("s5", "/throws", "bad"), js("bad", "function main(){\n  throw new Error('secret ' + nflow_data.code) }"),
		starter("s6", "/choose", "if"), js("if", `function main(){ next = payload.n == "1" ? "output_1" : "output_2" }`, "output_1=one", "output_2=two2"),
		js("one", `function main(){ c.String ? 0 : 0; c.JSON(200, "one") }`), js("two2", `function main(){ c.JSON(200, "two") }`),
		starter("s7", "/late", "answered"), js("answered", `function main(){ c.JSON(200, "kept") }`, "output_1=bad"),
		starter("s8", "/null", "n1"), js("n1", `function main(){ payload.k = 1; payload = null }`, "output_1=n2"), js("n2", `function main(){ c.JSON(200, payload) }`),
		starter("s9", "/number", "m1"), js("m1", `function main(){ payload = 7 }`, "output_1=n2"),
		starter("s10", "/replace", "r1"), js("r1", `function main(){ delete payload.gone; payload = {b: 2} }`, "output_1=n2"),
		starter("s11", "/returns", "t1"), js("t1", `function main(){ return {r: 1} }`, "output_1=n2"),
		starter("s12", "/loop", "l1"), js("l1", `let n = 0; function main(){ payload.n = (payload.n || 0) + 1; next = payload.n < 3 ? "output_2" : "output_1" }`, "output_1=n2", "output_2=l1"),
	)})
	tests := []struct {
		path   string
		status int
		body   string
	}{
		{"/hello/ana", 200, `{"hello":"ana"}`},
		{"/hello/a%2Fb", 200, `{"hello":"a/b"}`},
		{"/hello/..", 200, `{"hello":".."}`},
		{"/hello/", 404, `{"message":"not found","code":404}`},
		{"/chain?q=1&q=2&z=3", 200, `{"q":["1","2"],"z":"3","a":1}`},
		{"/chain?break=true", 200, `{"a":1}`},
		{"/silent", 200, ``},
		{"/twice", 200, `"first"`},
		{"/throws", 500, `"node":{"id":"bad","name":"bad"}`},
		{"/choose?n=1", 200, `"one"`},
		{"/choose?n=2", 200, `"two"`},
		{"/late", 200, `"kept"`},
		{"/null", 200, `{"k":1}`},
		{"/number?x=1", 200, `{"x":"1"}`},
		{"/replace?gone=1&kept=1", 200, `{"b":2,"kept":"1"}`},
		{"/returns?k=1", 200, `{"r":1,"k":"1"}`},
		{"/loop", 200, `{"n":3}`},
		{"/nope", 404, `{"message":"not found","code":404}`},
		{"/chain/nfnext/b", 409, `not offered`},
		{"/chain?nflow_next_node_run=unknown", 409, `not offered`},
	}
	for _, tt := range tests {
		got := w.get(tt.path)
		if got.status != tt.status || !strings.Contains(got.body, tt.body) || tt.status == 200 && got.body != tt.body {
			t.Errorf("GET %s: got %d %q, want %d %q", tt.path, got.status, got.body, tt.status, tt.body)
		}
		if strings.Contains(got.body, "secret") || strings.Contains(got.body, "at main") {
			t.Errorf("GET %s tells too much: %s", tt.path, got.body)
		}
		if tt.status != 404 && got.header.Get("Nflow-Wid-1") == "" {
			t.Errorf("GET %s: no wid", tt.path)
		}
	}
	for _, want := range []string{"the run has already responded", "home/bad:2:9"} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, w.log)
		}
	}
}

// wizard asks the visitor for a name, then a colour, and shows both.
func wizard() string {
	form := func(field string) string {
		return `function main(){ c.HTML(200, "` + field + ` " + JSON.stringify(payload)); payload.break = true }`
	}
	return app(
		starter("s", "/w", "f1"),
		js("f1", form("name"), "output_1=f2"),
		js("f2", form("colour"), "output_1=end"),
		js("end", `function main(){ c.JSON(200, payload) }`),
		starter("s2", "/other", "o1"), js("o1", form("other"), "output_1=end"),
	)
}

func TestFormsWaitAndGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: wizard()})
	w.expect(w.get("/w?from=ad"), 200, `name {"from":"ad"}`)
	w.expect(w.post("/w/nftk/step/nfnext/f2", url.Values{"name": {"Ana"}, "break": {"true"}}), 200, `colour {"from":"ad","name":"Ana"}`)
	// the back button: the step before is still offered, with what was entered since
	w.expect(w.post("/w", url.Values{"name": {"Eva"}, exchange.NextField: {"f2"}}), 200, `"name":"Eva"`)
	w.expect(w.post("/w", url.Values{"colour": {"red"}, exchange.NextField: {"end"}}), 200, `{"from":"ad","name":"Eva","colour":"red"}`)
	// the end was reached: nothing is offered any more
	w.expect(w.post("/w", url.Values{exchange.NextField: {"end"}}), 409, "not offered")
	// another browser was never offered anything
	w.expect(w.get("/w"), 200, "name {}")
	w.client = w.newClient()
	w.expect(w.post("/w", url.Values{exchange.NextField: {"f2"}}), 409, "not offered")
}

func TestAuth(t *testing.T) {
	t.Parallel()
	private := node("s", `{"type":"starter","urlpattern":"/private","nflow_auth":"true"}`, "output_1=n")
	open := starter("s0", "/in", "login")
	nodes := app(private, open, js("n", `function main(){ c.JSON(200, "inside") }`), js("login", `function main(){ c.JSON(200, "in") }`),
		js("elsewhere", `function main(){ c.JSON(200, "elsewhere") }`))
	tests := []struct {
		name, defaultJS string
		method          string
		status          int
		body, location  string
	}{
		{"no auth anywhere", ``, "GET", 500, "auth()", ""},
		{"to the login, GET", `function auth(){ next = "login" }`, "GET", 307, "", "/nflow_login"},
		{"to the login, POST", `function auth(){ next = "login" }`, "POST", 303, "", "/nflow_login"},
		{"passes", `function auth(){ }`, "GET", 200, "inside", ""},
		{"gets the flag and the path", `function auth(){ if (auth_flag !== "true" || url_access !== "/private" || typeof profile !== "object") next = "login" }`, "GET", 200, "inside", ""},
		{"stops", `function auth(){ c.JSON(403, "no"); next = "break" }`, "GET", 403, `"no"`, ""},
		{"goes elsewhere", `function auth(){ next = "elsewhere" }`, "GET", 200, "elsewhere", ""},
		{"assigned", `auth = function(){ next = "login" }`, "GET", 307, "", "/nflow_login"},
		{"on the global object", `globalThis.auth = () => { next = "login" }`, "GET", 307, "", "/nflow_login"},
		{"exported", `export function auth(){ next = "login" }`, "GET", 307, "", "/nflow_login"},
		{"only mentioned", `// auth comes later`, "GET", 500, "auth()", ""},
		{"its own next", `let next; function auth(){ next = "login" }`, "GET", 503, "may not declare next", ""},
		{"throws", `function auth(){ throw new Error("x") }`, "GET", 500, `"code":500`, ""},
		{"unknown node", `function auth(){ next = "nowhere" }`, "GET", 500, `"code":500`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{app: nodes, defaultJS: tt.defaultJS})
			got := w.do(tt.method, "/private", http.NoBody)
			w.expect(got, tt.status, tt.body)
			if got.header.Get("Location") != tt.location {
				t.Errorf("location %q, want %q", got.header.Get("Location"), tt.location)
			}
		})
	}
}

func TestLogTrigger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		app:       app(starter("s", "/x", "a"), js("a", `function main(){ payload.a = 1 }`, "output_1=b"), js("b", `function main(){ c.JSON(200, {p: payload, seen: seen}) }`)),
		defaultJS: `var seen = []; function log(){ seen.push(box_id + ">" + connection_next); payload.spoiled = true; payload = {}; next = "nowhere"; if (typeof duration_ms !== "number") throw 1 }`,
	})
	w.expect(w.get("/x"), 200, `{"p":{"a":1},"seen":["a>b"]}`)
	broken := newWorld(t, setup{app: app(starter("s", "/x", "a"), js("a", `function main(){ c.JSON(200, 1) }`)), defaultJS: `function log(){ throw new Error("log is broken") }`})
	broken.expect(broken.get("/x"), 200, "1")
	if !strings.Contains(broken.log.String(), "log() failed") {
		t.Error("an error of log() was swallowed")
	}
}

func TestFormSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s", "/f", "a"),
		js("a", `function main(){ c.JSON(200, {p: payload, f: open_session_form(), g: get_session("nflow_form", "x")}); if (payload.fail) throw new Error("x"); payload.break = true }`, "output_1=b"),
		js("b", `function main(){ c.JSON(200, {p: payload, f: open_session_form()}) }`),
	)})
	w.expect(w.get("/f?x=1"), 200, `{"p":{"x":"1"},"f":{"x":"1"},"g":"1"}`)
	w.expect(w.get("/f?y=2"), 200, `{"p":{"y":"2"},"f":{"y":"2"},"g":""}`)
	w.expect(w.get("/f/nfnext/b?z=3"), 200, `{"p":{"y":"2","z":"3"},"f":{"y":"2","z":"3"}}`)
	w.expect(w.get("/f?card=OLD"), 200, `OLD`)
	w.expect(w.get("/f?fail=1&card=NEW"), 200, `NEW`)
	if got := w.get("/f/nfnext/b"); strings.Contains(got.body, "OLD") {
		t.Errorf("what an earlier start left is still there: %s", got.body)
	}
}

func TestBrokenVersions(t *testing.T) {
	t.Parallel()
	flow := func(name, code string) string {
		return `{"drawflow":{"` + name + `":{"data":{` + starter("s", "/v", "n") + "," + js("n", code) + `}}}}`
	}
	w := newWorld(t, setup{app: flow("V", `function main(){ c.JSON(200, "old") }`)})
	for _, broken := range []string{flow("V", `function main(){`), flow("W", `function main(){`), `{"drawflow":`} {
		if err := w.store.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(broken)}); err != nil {
			t.Fatal(err)
		}
		if err := w.rt.Load(t.Context(), "app"); err == nil {
			t.Errorf("a broken version was taken: %s", broken)
		}
		w.expect(w.get("/v"), 200, "old")
	}
	if err := w.store.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(flow("X", `function main(){ c.JSON(200, "new") }`))}); err != nil {
		t.Fatal(err)
	}
	if err := w.rt.Load(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	w.expect(w.get("/v"), 200, "new")
}
