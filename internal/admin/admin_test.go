package admin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/admin"
	"github.com/arturoeanton/nflow-runtime/internal/app"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "t0ken-of-the-test"

const flows = `{"drawflow":{"home":{"data":{
	"s":{"id":"s","data":{"type":"starter","urlpattern":"/ok","method":"ANY"},"outputs":{"output_1":{"connections":[{"node":"a","output":"input_1"}]}}},
	"a":{"id":"a","data":{"type":"js","name_box":"first","code":"payload.n = 1; console.log('seen')"},"outputs":{"output_1":{"connections":[{"node":"b","output":"input_1"}]}}},
	"b":{"id":"b","data":{"type":"js","name_box":"second","code":"c.JSON(200, 1)"},"outputs":{}},
	"s2":{"id":"s2","data":{"type":"starter","urlpattern":"/bad","method":"ANY"},"outputs":{"output_1":{"connections":[{"node":"x","output":"input_1"}]}}},
	"x":{"id":"x","data":{"type":"js","name_box":"bad","code":"throw new Error('boom ' + env.KEY + ' ' + post_data.password)"},"outputs":{}},
	"s3":{"id":"s3","data":{"type":"starter","urlpattern":"/slow","method":"ANY"},"outputs":{"output_1":{"connections":[{"node":"y","output":"input_1"}]}}},
	"y":{"id":"y","data":{"type":"js","name_box":"slow","code":"sleep(60000)"},"outputs":{}}
	}}}}`

// world is the program with the runs API, and the document that describes that.
type world struct {
	t        *testing.T
	url      string
	document gjson.Result
	compiler *jsonschema.Compiler // of the document's schemas: those of OpenAPI 3.1 are JSON Schema 2020-12
	store    store.Store
}

func newWorld(t *testing.T, change func(*engine.ConfigWorkspace)) *world {
	t.Helper()
	dir := t.TempDir()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: filepath.Join(dir, "nflow.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(flows)}); err != nil {
		t.Fatal(err)
	}
	c := &engine.ConfigWorkspace{}
	c.History.Record, c.History.Payloads, c.Admin.Token = "all", true, token
	c.Env = map[string]string{"KEY": "s3cret-of-the-env"}
	change(c)
	c.Normalize()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, app.Options{Config: c, Data: dir, Listener: l}) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		st.Close()
	})
	w := &world{t: t, url: "http://" + l.Addr().String(), store: st}
	res := w.raw(http.MethodGet, admin.Base+"/openapi.json")
	text, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	w.document, w.compiler = gjson.ParseBytes(text), jsonschema.NewCompiler()
	w.compiler.DefaultDraft(jsonschema.Draft2020)
	w.compiler.AssertFormat()
	if err := w.compiler.AddResource("openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) raw(method, path string, headers ...string) *http.Response {
	w.t.Helper()
	q, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		q.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	return res
}

// ask sends a request with the token and checks request and answer against the document.
func (w *world) ask(method, path string, status int) gjson.Result {
	w.t.Helper()
	return w.askAs("Bearer "+token, method, path, status)
}

func (w *world) askAs(who, method, path string, status int) gjson.Result {
	w.t.Helper()
	q, err := http.NewRequestWithContext(w.t.Context(), method, w.url+admin.Base+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if who != "" {
		q.Header.Set("Authorization", who)
	}
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != status {
		w.t.Errorf("%s %s: %d %s, want %d", method, path, res.StatusCode, text, status)
	}
	if h := res.Header; h.Get("Cache-Control") != "no-store" || h.Get("Access-Control-Allow-Origin") != "" || h.Get("Content-Type") != "application/json; charset=UTF-8" {
		w.t.Errorf("%s %s: headers %v", method, path, h)
	}
	w.check(method, path, status, text)
	if !json.Valid(text) {
		w.t.Errorf("%s %s: %s", method, path, text)
	}
	return gjson.ParseBytes(text)
}

// check checks a response against the schema that the document gives for it.
func (w *world) check(method, path string, status int, text []byte) {
	w.t.Helper()
	path, _, _ = strings.Cut(path, "?")
	template := path
	for _, prefix := range []string{"/runs/", "/flows/"} {
		if strings.HasPrefix(path, prefix) && path != "/runs/live" {
			template = prefix + map[string]string{"/runs/": "{wid}", "/flows/": "{flow}"}[prefix]
		}
	}
	at := []string{"paths", template, strings.ToLower(method), "responses", fmt.Sprint(status), "content", "application/json", "schema"}
	pointer := ""
	for _, key := range at {
		pointer += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
	}
	schema, err := w.compiler.Compile("openapi.json#" + pointer)
	if err != nil {
		w.t.Fatalf("%s %s: the document has no schema for %d: %v", method, path, status, err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		w.t.Errorf("%s %s: the answer is not as the document says: %v\n%s", method, path, err, text)
	}
}

// TestDocument holds the document against what is served: each operation is there and wants somebody who may use it, and
// each parameter of the list is taken.
func TestDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(*engine.ConfigWorkspace) {})
	if w.document.Get("openapi").Str != "3.1.0" {
		t.Errorf("version %s", w.document.Get("openapi"))
	}
	operations := 0
	w.document.Get("paths").ForEach(func(path, item gjson.Result) bool {
		item.ForEach(func(method, operation gjson.Result) bool {
			if method.Str == "parameters" || path.Str == "/openapi.json" {
				return true
			}
			operations++
			real := strings.NewReplacer("{wid}", "none", "{flow}", "home").Replace(path.Str)
			w.askAs("", strings.ToUpper(method.Str), real, 401)
			for _, p := range operation.Get("parameters").Array() {
				res := w.raw(http.MethodGet, admin.Base+real+"?"+p.Get("name").Str+"=", "Authorization: Bearer "+token)
				res.Body.Close()
				if res.StatusCode != 200 {
					t.Errorf("%s: parameter %s: %d", path, p.Get("name"), res.StatusCode)
				}
			}
			return true
		})
		return true
	})
	if operations != 8 {
		t.Errorf("%d operations", operations)
	}
}

// serve calls a flow and returns the wid of the run, once it is recorded.
func (w *world) serve(path string) string {
	w.t.Helper()
	res := w.raw(http.MethodGet, path)
	res.Body.Close()
	wid := res.Header.Get("Nflow-Wid-1")
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	for {
		if _, err := w.store.Run(ctx, wid); err == nil {
			return wid
		}
		if store.Pause(ctx, 5*time.Millisecond) != nil {
			w.t.Fatalf("run %q is not kept", wid)
		}
	}
}

func TestRunsAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(*engine.ConfigWorkspace) {})
	ok, bad := w.serve("/ok"), w.serve("/bad?password=p4ssword-of-the-form")

	if got := w.ask("GET", "/runs", 200); got.Get("runs.#").Int() != 2 || got.Get("runs.0.wid").Str != bad || got.Get("runs.1.status").Str != "ok" {
		t.Errorf("%s", got)
	}
	first := w.ask("GET", "/runs?limit=1", 200)
	if second := w.ask("GET", "/runs?limit=1&cursor="+first.Get("next").Str, 200); second.Get("runs.0.wid").Str != ok || second.Get("runs.#").Int() != 1 {
		t.Errorf("the second page: %s", second)
	}
	for query, want := range map[string]string{
		"status=error": bad, "status=ok": ok, "node=second": ok, "node=x": bad, "text=/OK": ok, "flow=home&status=error": bad, "flow=none": "", "status=killed": "",
		"user=ana": "", "from=2100-01-01": "", "to=1971-01-01T00:00:00Z": "", "app=app&status=ok": ok,
	} {
		if got := w.ask("GET", "/runs?"+query, 200); got.Get("runs.0.wid").Str != want || got.Get("runs.#").Int() > 1 {
			t.Errorf("%s: %s", query, got)
		}
	}
	whole := w.ask("GET", "/runs/"+ok, 200)
	if whole.Get("visits.0.changes").Raw != `{"set":{"n":1}}` || whole.Get("visits.0.logs.0.text").Str != "seen" || whole.Get("visits.1.name").Str != "second" {
		t.Errorf("%s", whole)
	}
	failed := w.ask("GET", "/runs/"+bad, 200)
	if !strings.Contains(failed.Get("error.stack").Str, "boom") || failed.Get("error.node").Str != "x" {
		t.Errorf("%s", failed)
	}
	for _, secret := range []string{"s3cret-of-the-env", token} {
		if strings.Contains(failed.Raw, secret) {
			t.Errorf("%q is in %s", secret, failed)
		}
	}
	if got := w.ask("GET", "/flows", 200); got.Get("flows.0.starters.#").Int() != 3 {
		t.Errorf("%s", got)
	}
	if got := w.ask("GET", "/flows/home?since=2d", 200); got.Get(`graph.#(id=="a").outputs.0.to`).Str != "b" {
		t.Errorf("%s", got)
	}
	w.ask("GET", "/problems", 200)
	if got := w.ask("GET", "/instances", 200); got.Get("instances.#").Int() != 1 {
		t.Errorf("%s", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(*engine.ConfigWorkspace) {})
	for path, status := range map[string]int{
		"/runs?limit=0": 400, "/runs?limit=1001": 400, "/runs?limit=x": 400, "/runs?cursor=-1": 400, "/runs?cursor=%00": 400, "/runs?status=fine": 400,
		"/runs?stauts=ok": 400, "/runs?from=yesterday": 400, "/runs?flow=a&flow=b": 400, "/runs?text=" + strings.Repeat("x", 201): 400,
		"/runs/none": 404, "/runs/%27%20OR%201=1": 404, "/flows/none": 404, "/flows/home?since=-1h": 400, "/flows/home?since=x": 400,
		"/flows/home?since=d": 400, "/flows/home?since=0d": 400, "/flows/home?since=500d": 400,
	} {
		w.ask("GET", path, status)
	}
	w.ask("DELETE", "/runs/none", 404)
	for _, who := range []string{"", "Bearer", "Bearer ", "Bearer t0ken", "bearer " + token + "x", "Basic " + token, "Basic Og==", "Token " + token} {
		w.askAs(who, "GET", "/runs", 401)
		w.askAs(who, "DELETE", "/runs/x", 401)
	}
	w.askAs("bearer "+token, "GET", "/runs", 200)
	for path, status := range map[string]int{"": 200, "/": 200, "/none": 404} {
		res := w.raw(http.MethodGet, admin.Base+path, "Authorization: Bearer "+token)
		res.Body.Close()
		if res.StatusCode != status {
			t.Errorf("%q: %d, want %d", path, res.StatusCode, status)
		}
	}
	res := w.raw(http.MethodPost, admin.Base+"/runs", "Authorization: Bearer "+token)
	res.Body.Close()
	if res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

// TestOffAndUsers: without a token and a user the API is off and says how to turn it on; users come in by their role.
func TestOffAndUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *engine.ConfigWorkspace) { c.Admin.Token = "" })
	if got := w.askAs("Bearer ", "GET", "/runs", 403); !strings.Contains(got.Get("message").Str, "[admin]") || !strings.Contains(got.Get("message").Str, "ROL_ADMIN") {
		t.Errorf("%s", got)
	}
	people := accounts.New(accounts.Options{Store: w.store})
	for name, role := range map[string]string{"ana": "ROL_ADMIN", "dan": "ROL_DEV", "ulf": "ROL_USER", "eva": "ROL_ADMIN"} {
		if err := people.AddUser(t.Context(), name, "pass word "+name, role); err != nil {
			t.Fatal(err)
		}
	}
	if err := people.Disable(t.Context(), "eva"); err != nil {
		t.Fatal(err)
	}
	basic := func(name, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
	}
	for who, status := range map[string]int{
		basic("ana", "pass word ana"): 200, basic("dan", "pass word dan"): 200, basic("ulf", "pass word ulf"): 403, basic("eva", "pass word eva"): 403,
		basic("ana", "pass word dan"): 403, basic("", ""): 403,
	} {
		w.askAs(who, "GET", "/problems", status)
		w.askAs(who, "GET", "/problems", status)
	}
}
