package engine

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// tell returns how much of the request a script sees.
func tellApp() string {
	return app(
		starter("s", "/tell", "tell"),
		js("tell", `function main(){ c.JSON(200, { payload: Object.keys(payload).length, post: typeof post_data === "string" ? post_data.length : Object.keys(post_data).length, header: String(header["X-Big"] || "").length }) }`),
		starter("s2", "/unread", "unread"), js("unread", `function main(){ c.JSON(200, "unread") }`),
		starter("s3", "/polluted", "polluted"), js("polluted", `function main(){ c.JSON(200, [({}).polluted === undefined, Object.getPrototypeOf(payload) === Object.prototype, Object.keys(payload).sort()]) }`),
	)
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "&k%d=%d", i, i)
	}
	return b.String()[1:]
}

func TestLargeRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: tellApp(), config: ConfigWorkspace{Server: ServerConfig{MaxBodyMB: 1}}})
	big := strings.Repeat("x", 1<<20+1)
	const form, plain = "Content-Type: application/x-www-form-urlencoded", "Content-Type: text/plain"
	multipart := "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n" + big + "\r\n--b--\r\n"
	tests := []struct {
		name         string
		method, path string
		body         io.Reader
		header       []string
		status       int
		want         string
	}{
		{"a form", "POST", "/tell", strings.NewReader("a=" + big), []string{form}, 413, "larger than 1 MB"},
		{"a form of unknown length", "POST", "/tell", io.MultiReader(strings.NewReader("a=" + big)), []string{form}, 413, "larger than 1 MB"},
		{"text", "POST", "/tell", strings.NewReader(big), []string{plain}, 413, "larger than 1 MB"},
		{"text of unknown length", "POST", "/tell", io.MultiReader(strings.NewReader(big)), []string{plain}, 413, "larger than 1 MB"},
		{"nobody reads it", "POST", "/unread", strings.NewReader(big), []string{plain}, 413, "larger than 1 MB"},
		{"a file", "POST", "/tell", strings.NewReader(multipart), []string{"Content-Type: multipart/form-data; boundary=b"}, 413, "larger than 1 MB"},
		{"a file of unknown length", "POST", "/tell", io.MultiReader(strings.NewReader(multipart)), []string{"Content-Type: multipart/form-data; boundary=b"}, 413, "larger than 1 MB"},
		{"as much as there may be", "POST", "/tell", strings.NewReader(big[1:]), []string{plain}, 200, `"post":1048576`},
		{"many parameters", "GET", "/tell?" + many(10000), nil, nil, 200, `"payload":10000`},
		{"many fields", "POST", "/tell", strings.NewReader(many(10000)), []string{form}, 200, `"payload":10000`},
		{"too many parameters", "GET", "/tell?" + many(20000), nil, nil, 400, "more than 10000 parameters"},
		{"too many fields", "POST", "/tell", strings.NewReader(many(20000)), []string{form}, 400, "more than 10000 parameters"},
		{"a large header", "GET", "/tell", nil, []string{"X-Big: " + big[:500<<10]}, 200, `"header":512000`},
	}
	for _, tt := range tests {
		got := w.do(tt.method, tt.path, tt.body, tt.header...)
		if got.status != tt.status || !strings.Contains(got.body, tt.want) || len(got.body) > 1000 {
			t.Errorf("%s: got %d %.300s, want %d with %q", tt.name, got.status, got.body, tt.status, tt.want)
		}
	}
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: tellApp()})
	const form = "Content-Type: application/x-www-form-urlencoded"
	tests := []struct {
		name         string
		method, path string
		body         string
		header       string
		status       int
		want         string
	}{
		{"escapes in a form", "POST", "/tell", "a=%zz&b=1", form, 200, `"payload":2`},
		{"escapes in a query", "GET", "/tell?a=%zz&b=1", "", "", 200, `"payload":2`},
		{"multipart without boundary", "POST", "/tell", "x", "Content-Type: multipart/form-data", 400, "no boundary"},
		{"multipart that is cut", "POST", "/tell", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", "Content-Type: multipart/form-data; boundary=b", 400, "cannot be read"},
		{"a media type that is none", "POST", "/tell", "a=1", "Content-Type: ;;;", 200, `"payload":0`},
		{"JSON that is cut", "POST", "/tell", `{"a":`, "Content-Type: application/json", 400, "the request body is not valid JSON"},
		{"JSON that is deep", "POST", "/tell", strings.Repeat("[", 20000), "Content-Type: application/json", 400, "the request body is not valid JSON"},
		{
			"pollution by the query", "GET", "/polluted?__proto__=1&__proto__[polluted]=1&constructor.prototype.polluted=1", "", "", 200,
			`[true,true,["__proto__","__proto__[polluted]","constructor.prototype.polluted"]]`,
		},
		{"pollution by a form", "POST", "/polluted", "__proto__=1&__proto__.polluted=1", form, 200, `[true,true,["__proto__","__proto__.polluted"]]`},
		{"a method that is none of ours", "PROPFIND", "/tell", "", "", 200, "payload"}, // ANY is any
		{"a path beside the tree", "GET", "/tell/../unread", "", "", 404, "not found"},
	}
	for _, tt := range tests {
		var header []string
		if tt.header != "" {
			header = append(header, tt.header)
		}
		got := w.do(tt.method, tt.path, strings.NewReader(tt.body), header...)
		if got.status != tt.status || !strings.Contains(got.body, tt.want) {
			t.Errorf("%s: got %d %.300s, want %d with %q", tt.name, got.status, got.body, tt.status, tt.want)
		}
	}
	if strings.Contains(w.log.String(), "panic") {
		t.Errorf("something panicked:\n%s", w.log)
	}
}

// A form that is kept from step to step has a bound: each run that continues takes it apart.
func TestFormsOfManyFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s", "/keep/:n", "a"), js("a", `function main(){ for (let i = 0; i < Number(vars.n); i++) payload["k" + i] = 1; payload.break = true; c.String(200, "kept") }`, "output_1=b"),
		js("b", `function main(){ c.JSON(200, Object.keys(payload).length) }`),
	)})
	w.expect(w.get("/keep/9000"), 200, "kept")
	w.expect(w.get("/keep/10001"), 413, "more than 10000 fields")
}

// TestCookieOfAnotherKey sends a browser that one server knows to another one, whose keys differ.
func TestCookieOfAnotherKey(t *testing.T) {
	t.Parallel()
	one, other := newWorld(t, setup{app: wizard()}), newWorld(t, setup{app: wizard()})
	one.get("/w?from=one")
	address, _ := url.Parse(one.server.URL)
	cookies := one.client.Jar.Cookies(address)
	if len(cookies) == 0 {
		t.Fatal("the first server gave no cookie")
	}
	tests := map[string]string{
		"whole": cookies[0].Value, "cut": cookies[0].Value[:len(cookies[0].Value)/2], "longer": cookies[0].Value + "A",
		"turned": strings.ToUpper(cookies[0].Value), "empty": "", "long": strings.Repeat("A", 100000),
	}
	for name, value := range tests {
		for _, w := range []*world{one, other} {
			w.client = w.newClient()
			got := w.do("POST", "/w", strings.NewReader(exchange.NextField+"=f2&name=Ana"), "Content-Type: application/x-www-form-urlencoded", "Cookie: "+cookies[0].Name+"="+value)
			if w == one && name == "whole" {
				w.expect(got, 200, `"from":"one"`)
			} else {
				w.expect(got, 409, "not offered")
			}
		}
	}
}

// TestBrokenApp serves an app whose JSON cannot be read at all: it says where, and serves again once it is repaired.
func TestBrokenApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: wizard()})
	good := wizard()
	w.expect(w.get("/w"), 200, "name")
	for _, text := range []string{"", "{", `{"drawflow": {`, "[]", "null", "\xff", `{"drawflow": {"home": {"data": {"s": {"data": }}}}}`} {
		if err := w.store.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		err := w.rt.Load(t.Context(), "app")
		if err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q loads, or its error has no place: %v", text, err)
		}
		w.expect(w.get("/w"), 200, "name") // the previous version keeps serving
	}
	fresh, err := New(Options{Store: w.store, Log: w.rt.log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fresh.Close(t.Context()) })
	serving := w.rt
	w.rt = fresh
	w.server.Config.Handler = handlerOf(fresh)
	got := w.get("/w")
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "line 1, column") {
		t.Errorf("an app that cannot be read answers %d %s", got.status, got.body)
	}
	w.rt = serving
	if err := w.store.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(good)}); err != nil {
		t.Fatal(err)
	}
	w.expect(w.get("/w"), 200, "name")
}

func handlerOf(rt *Runtime) http.Handler {
	e := echo.New()
	e.Any("/*", rt.Handler("app"))
	return e
}

// TestAnswersDoNotTellTooMuch looks for what must never leave in the responses of failing nodes.
func TestAnswersDoNotTellTooMuch(t *testing.T) {
	t.Parallel()
	const secret = "pa55w0rd-in-a-parameter"
	codes := []string{
		`throw new Error(nflow_data.key)`, `throw nflow_data.key`, `throw { message: nflow_data.key }`, `null[nflow_data.key]`,
		`c.Redirect(200, nflow_data.key)`, `c.XML(200, JSON.parse('{"' + nflow_data.key + ' ": 1}'))`, `template("{{" + nflow_data.key, {})`,
		`JSON.parse(nflow_data.key)`, `new RegExp(nflow_data.key + "(")`, `atob("=" + nflow_data.key)`, `decodeURIComponent(nflow_data.key + "%")`,
		`validate_token(nflow_data.key); throw new TypeError(nflow_data.key)`, `save_session(nflow_data.key, { f: { toJSON: function () { throw nflow_data.key } } })`,
		`return Promise.reject(nflow_data.key)`, `nflow_data.key()`, `get_template(nflow_data.key); not_a_function(nflow_data.key)`,
	}
	var nodes []string
	for i, code := range codes {
		id := fmt.Sprint("n", i)
		nodes = append(nodes, starter("s"+id, "/"+id, id),
			node(id, fmt.Sprintf(`{"type":"js","key":%q,"code":%q}`, secret, "function main(){ "+code+" }")))
	}
	w := newWorld(t, setup{app: app(nodes...)})
	for i, code := range codes {
		got := w.get(fmt.Sprint("/n", i))
		var head bytes.Buffer
		_ = got.header.Write(&head)
		if got.status != 500 || !strings.Contains(got.body, fmt.Sprintf(`"node":{"id":"n%d"`, i)) {
			t.Errorf("%s: got %d %s", code, got.status, got.body)
		}
		for _, never := range []string{secret, "main (", ".go:", "goja", "/root/", "SELECT"} {
			if strings.Contains(got.body+head.String(), never) {
				t.Errorf("%s: the answer tells %q: %s %s", code, never, got.body, head.String())
			}
		}
	}
}
