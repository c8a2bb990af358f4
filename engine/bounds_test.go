package engine

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// What a run reads over HTTP counts as its memory while it is read, be it by one call or by many at once, and no longer
// when it is garbage.
func TestAnswersOfOthersCountForTheRun(t *testing.T) { //nolint:paralleltest // what it takes of the heap would count for the runs of other tests
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 8<<20)) }))
	t.Cleanup(other.Close)
	base := `const base = "` + other.URL + `"; `
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{EnableNetwork: true, NetworkAllow: []string{"127.0.0.1"}, MaxMemoryMB: 64}},
		app: app(
			starter("1", "/turn", "a"), js("a", base+`function main(){ let n = 0; for (let i = 0; i < 12; i++) n += http.get(base, {as: "bytes"}).body.length; c.JSON(200, n) }`),
			starter("2", "/old", "b"), js("b", base+`function main(){ let n = 0; for (let i = 0; i < 12; i++) n += http_get(base).body.length; c.JSON(200, n) }`),
			starter("3", "/fetches", "d"), js("d", base+`async function main(){ for (let i = 0; i < 12; i++) await fetch(base); c.JSON(200, "all") }`),
			starter("4", "/atonce", "e"), js("e", base+`async function main(){ await Promise.allSettled(Array.from({length: 16}, () => fetch(base))); c.JSON(200, "all") }`),
		),
	})
	w.expect(w.get("/turn"), 200, "100663296")
	w.expect(w.get("/old"), 200, "100663296")
	w.expect(w.get("/fetches"), 200, `"all"`)
	if r := w.get("/atonce"); r.status != 408 || !strings.Contains(r.body, `"limit":"memory"`) {
		t.Errorf("16 answers of 8 MiB at once, with 64 MB: %d %s", r.status, r.body)
	}
}

// A list whose length says more than it holds is refused where its length would be allocated.
func TestLongListsAreRefused(t *testing.T) { //nolint:paralleltest // what it takes of the heap would count for the runs of other tests
	for _, list := range []string{"new Array(4294967295)", "{length: 1e9}", "[1]", "Array(101).fill('a')", "7"} {
		w := newWorld(t, setup{app: app(starter("1", "/x", "2"), js("2", `function main(){ try { c.WebSocket(() => 1, {origins: `+list+`}) } catch (e) { c.String(200, e.message) } }`))})
		if r := w.get("/x"); r.status != 200 || !strings.Contains(r.body, "list of") {
			t.Errorf("%s: %d %s", list, r.status, r.body)
		}
	}
	w := newWorld(t, setup{app: app(starter("1", "/x", "2"), js("2", `function main(){ c.WebSocket(() => 1, {origins: ["a.example"]}) }`))})
	if r := w.get("/x"); r.status != http.StatusUpgradeRequired {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// A body of JSON that is small and becomes large is refused while it is read.
func TestBodiesCountAsWhatTheyBecome(t *testing.T) { //nolint:paralleltest // what it takes of the heap would count for the runs of other tests
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxMemoryMB: 64}},
		app: app(
			starter("1", "/post_data", "a"), js("a", `c.JSON(200, post_data.length)`),
			starter("2", "/bind", "b"), js("b", `c.JSON(200, c.Bind().length)`),
			starter("3", "/json", "d"), js("d", `c.JSON(200, c.Request().json().length)`),
		),
	})
	large := "[" + strings.Repeat("{},", 1<<21) + "1]"
	for _, path := range []string{"/post_data", "/bind", "/json"} {
		if r := w.do("POST", path, strings.NewReader(large), "Content-Type: application/json"); r.status != 408 || !strings.Contains(r.body, `"limit":"memory"`) {
			t.Errorf("%s: %d %.200s", path, r.status, r.body)
		}
		w.expect(w.do("POST", path, strings.NewReader("[{},1]"), "Content-Type: application/json"), 200, "2")
	}
}

// Whatever a script leaves where Go looks for an error of its own, or hands to natives: a list that says it is long is never
// made room for. That would end the process.
func TestLongListsStayInTheVM(t *testing.T) { //nolint:paralleltest // what it takes of the heap would count for the runs of other tests
	const long = "new Array(4294967295)"
	nodes, codes := []string{}, []string{
		"new Uint8Array(" + long + ")", "new Float64Array(" + long + ")", "new ArrayBuffer(" + long + ")", "new DataView(" + long + ")", "new Proxy(" + long + ", {})",
		"throw Object.assign(new Error('x'), {value: " + long + "})", "throw {value: " + long + "}", "throw " + long,
		"return Promise.reject(Object.assign(new Error('x'), {value: " + long + "}))", "return Promise.reject(" + long + ")", "return " + long,
		"throw Object.defineProperty(new Error('x'), 'value', {get() { throw 1 }})", "throw Object.defineProperty(new Error('x'), 'value', {get() { for (;;) {} }})",
		"Object.defineProperty(failed(), 'value', {value: " + long + "}); throw failed()", "const e = failed(); e.value = " + long + "; throw e",
		"const e = Object.create(Object.getPrototypeOf(failed())); e.value = " + long + "; throw e",
		"const e = failed(); e.value = " + long + "; kv.set('k', {toJSON() { throw e }})", "const e = failed(); e.value = " + long + "; rules.eval('f(1)', {f: 1}); console.log(e); throw e",
		"const e = failed(); e.value = " + long + "; log.info('x', {toJSON() { throw e }}); template('{{.a}}', {get a() { throw e }})",
		"const e = failed(); e.value = " + long + "; c.SSE(send => { throw e })", "const e = failed(); e.value = " + long + "; return fetch({toString() { throw e }})",
		"const e = failed(); e.value = " + long + "; rule_add_fx('f', () => { throw e }); rules.eval('f(1)', {})",
		"const e = failed(); e.value = " + long + "; flow.call({toString() { throw e }}, {toJSON() { throw e }})", "payload = " + long, "payload.a = " + long + "; payload.break = true",
		"next = " + long, "profile = " + long + "; set_profile(" + long + ")",
	}
	for i, code := range codes {
		n := strconv.Itoa(i)
		nodes = append(nodes, starter("s"+n, "/"+n, "n"+n), js("n"+n, `function failed() { try { string_to_file("a", "b") } catch (e) { return e } }
			async function main(){ `+code+`; c.String(200, "went on") }`))
	}
	w := newWorld(t, setup{app: app(nodes...), config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxMemoryMB: 64, MaxOperations: 1_000_000}}})
	for i, code := range codes {
		if r := w.get("/" + strconv.Itoa(i)); r.status == 0 {
			t.Errorf("%s: no answer", code)
		}
	}
}
