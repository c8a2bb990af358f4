package jsapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/render"
)

// contractNames are the globals of the contract that are neither the engine's own nor a plugin's (rule_*, require).
const contractNames = `c echo_context header form post_data vars path_vars __flow_name __flow_app wid wkill nflow_endpoint url_base env config
profile console set_session get_session open_session save_session delete_session open_session_form delete_session_form set_profile
get_profile exist_profile delete_profile validate_user get_user validate_token get_token calcular_sha512_256 calcular_sha512_224
calcular_sha512 get_template template mustache find_element atob btoa uuid clean_json new_map url_values_to_map sleep time_now_unix
time_now_unix_nano time_now_day time_now_month time_now_year time_now_hour time_now_minute time_now_second time_now_weekday get_env set_env
files file_to_string string_to_file 
setTimeout clearTimeout setInterval clearInterval webhook`

func TestTableHasTheContractsNames(t *testing.T) {
	t.Parallel()
	table := hostfn.NewTable(Rows(newWorld(t, nil).deps))
	for _, name := range strings.Fields(contractNames) {
		if table.Find(name) == nil {
			t.Errorf("%s is missing", name)
		}
	}
	if got, want := len(table.Names()), len(strings.Fields(contractNames)); got != want {
		t.Errorf("%d names, the contract has %d", got, want)
	}
	for _, name := range strings.Fields("payload next nflow_data dromedary_data __outputs current_box prev_box main") {
		if table.Find(name) != nil {
			t.Errorf("%s is the engine's", name)
		}
	}
}

func TestRowsAreDocumentedAndTheirExamplesRun(t *testing.T) {
	t.Parallel()
	for _, row := range Rows(newWorld(t, nil).deps) {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			if row.Sig == "" || !strings.HasPrefix(row.Sig, row.Name) || row.Example == "" || !strings.Contains(row.Example, row.Name) {
				t.Fatalf("signature %q or example %q is missing", row.Sig, row.Example)
			}
			if !strings.HasSuffix(row.Doc, ".") && !strings.HasSuffix(row.Doc, "). ") {
				t.Errorf("doc %q is no sentence", row.Doc)
			}
			req := httptest.NewRequest(http.MethodPost, "/x?name=a", strings.NewReader(`{"order":1}`))
			w := newWorld(t, req)
			w.postData = map[string]any{"order": int64(1)}
			w.root()
			w.on[process] = true
			if row.Name == "set_env" {
				t.Cleanup(func() { unsetenv(t, "NFDEMO_REGION") })
			}
			script := "var payload = {}, next = 'output_1';\n" + row.Example
			if strings.Contains(row.Example, "function main()") {
				script += "\nmain()"
			}
			w.js(script)
			w.fire()
		})
	}
}

func TestBlockedFunctionsNameTheirSetting(t *testing.T) {
	t.Parallel()
	for _, row := range Rows(newWorld(t, nil).deps) {
		if row.Needs == "" {
			continue
		}
		w := newWorld(t, nil)
		calls := row.Calls
		if len(calls) == 0 {
			calls = []string{row.Sig}
		}
		for _, sig := range calls {
			name, _, _ := strings.Cut(sig, "(")
			w.eq("typeof "+name, `"function"`)
			w.throws(name+"('a', 'b', 'c', 'd')", name+" is off: set [vm_pool] "+row.Needs+" = true")
		}
	}
	for _, name := range []string{"File", "Attachment", "Inline"} {
		newWorld(t, nil).throws("c."+name+"('x')", "c."+name+" is off: set [vm_pool] enable_filesystem = true")
	}
	w := newWorld(t, nil)
	w.on[filesystem] = true
	w.throws("file_to_string('x')", "filesystem_root")
}

func TestNoGoValueReachesAScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	// A Go value in a VM has no prototype of JavaScript's own kinds, or members spelled as Go fields.
	w.eq(`[c, c.Request(), c.Request().URL, c.Response(), c.Response().Header(), header, form, vars, console, config, env].every(o =>
		typeof o === "object" && Object.getPrototypeOf(o) === Object.prototype)`, `true`)
	w.eq(`[c.ParamNames(), c.Cookies(), header.Values("X")].every(Array.isArray)`, `true`)
	w.eq(`JSON.stringify(c)`, `"{}"`)
	w.eq(`Object.getOwnPropertyNames(globalThis).filter(n => globalThis[n] === undefined && n !== "undefined").length`, `0`)
}

func TestViewBehavesAsAnObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.eq(`typeof c`, `"object"`)
	w.eq(`typeof c.JSON`, `"function"`)
	w.eq(`c.JSON === c.JSON`, `true`)
	w.eq(`"JSON" in c && !("nothing" in c)`, `true`)
	w.eq(`c.nothing === undefined && c.__proto__ === Object.prototype`, `true`)
	w.eq(`Object.keys(c).length > 40 && Object.keys(c).includes("Redirect")`, `true`)
	w.eq(`c.JSON = 1; delete c.JSON; typeof c.JSON`, `"function"`)
	w.eq(`"use strict"; c.own = 1; c.own === undefined`, `true`)
	w.eq(`c.Set("k", {a: 1}); c.Set("__proto__", 2); [c.Get("k").a, c.Get("__proto__"), c.Get("toString") === undefined]`, `[1,2,true]`)
	w.eq(`echo_context.Get("k").a`, `1`)
}

func TestStacksNameNoGoFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, script := range []string{`c.JSON(1)`, `atob("a")`, `template("{{", 1)`, `c.Response().Header().Set("a b", 1)`, `save_session("full", {})`} {
		v, err := w.try(`(() => { try { ` + script + ` } catch (e) { return e.stack } })()`)
		if err != nil || strings.Contains(v.String(), "github.com") || !strings.Contains(v.String(), "flow/node:1") {
			t.Errorf("%s: %v %v", script, v, err)
		}
	}
}

func BenchmarkIdle(b *testing.B) {
	w := newWorld(b, nil)
	table := hostfn.NewTable(Rows(w.deps))
	b.Run("unread", func(b *testing.B) {
		for b.Loop() {
			_ = table.Find("nothing")
		}
	})
	b.Run("c.JSON bound", func(b *testing.B) {
		row := table.Find("c")
		b.ReportAllocs()
		for b.Loop() {
			_ = w.vm.ToValue(row.Bind(w.run)).ToObject(w.vm).Get("JSON")
		}
	})
	b.Run("template", func(b *testing.B) {
		pages := render.New(w.deps.Template)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := pages.Page(w.run, "<h1>{{.name}}</h1>", map[string]any{"name": "Ada"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
