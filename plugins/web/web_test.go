package web

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// mirror responds with the request.
func mirror(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Add("X-Two", "a")
	w.Header().Add("X-Two", "b")
	if r.URL.Path == "/missing" {
		w.WriteHeader(http.StatusNotFound)
	}
	header := r.Header.Clone()
	header.Del("Accept-Encoding")
	_ = json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "url": r.URL.String(), "host": r.Host, "header": header, "body": string(body), "id": 7})
}

func TestExamplesRun(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(mirror))
	t.Cleanup(s.Close)
	p := plugin(t, Options{Allow: local()})
	for _, row := range p.Functions() {
		if row.Needs != setting || !strings.HasPrefix(row.Sig, row.Name) || row.Doc == "" || !strings.Contains(row.Example, row.Name) {
			t.Errorf("%s: %+v", row.Name, row)
		}
		w := newWorld(t, p)
		script := "var payload = {};\n" + strings.ReplaceAll(row.Example, "http://localhost", s.URL)
		switch {
		case row.Name == "http":
			w.eq(script+"; payload.id", "7")
		case row.Name == "fetch":
			w.eq(script+"; main().then(() => [payload.order.id, payload.up])", "[7,true]")
		default:
			w.eq(script+"; [r.status, r.status_code, JSON.parse(r.body).method, r.header['X-Two'], r.err]",
				fmt.Sprintf(`["200 OK",200,%q,["a","b"],null]`, strings.ToUpper(strings.Split(row.Name, "_")[1])))
		}
	}
}

func TestBlockedFunctionsNameTheSetting(t *testing.T) {
	t.Parallel()
	p := plugin(t, Options{})
	w := newWorld(t, p)
	w.off = true
	for _, row := range p.Functions() {
		name := row.Name
		if name == "http" {
			name = "http.delete"
		}
		w.throws(name+`("http://localhost/")`, name+" is off: set [vm_pool] enable_network = true")
	}
}

func TestClassicShapes(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{}, mirror)
	w.eq(`const a = http_post_with_header(base + "/x?a=1", "{}", { "X-A": ["1", "2"], "Host": "other.example", "Connection": "close" }); const q = JSON.parse(a.body)
		;[a.status, q.method, q.url, q.host, q.header["X-A"], q.header["Content-Type"], q.header["Connection"] === undefined, q.body]`,
		`["200 OK","POST","/x?a=1","other.example",["1","2"],["application/json"],true,"{}"]`)
	w.eq(`[http_post(base, "a=1"), http_put(base, { a: 1 }), http_patch(base, new Uint8Array([104, 105]))].map(r => JSON.parse(r.body)).map(q => [q.body, q.header["Content-Type"][0]])`,
		`[["a=1","text/plain;charset=UTF-8"],["{\"a\":1}","application/json"],["hi","text/plain;charset=UTF-8"]]`)
	w.eq(`const m = http_get(base + "/missing"); [m.status, m.status_code, m.err]`, `["404 Not Found",404,null]`)
	for script, message := range map[string]string{
		`http_get("http://127.0.0.1:1/")`:                                       "refuses connections",
		`http_get("ftp://x/")`:                                                  "must begin with http:// or https://",
		`http_get("http://x y/")`:                                               "cannot be read",
		`http_get()`:                                                            "must begin with",
		`http_get("file:///etc/passwd")`:                                        "must begin with",
		`http_get_with_header(base, { "X-A": ["1\r\nX-B: 2"] })`:                "line breaks",
		`http_get_with_header(base, { "X A": ["1"] })`:                          "cannot be sent",
		`http_get_with_header(base, { "A\r\nB": ["1"] })`:                       "cannot be sent",
		`http_get("http://8.8.8.8/")`:                                           "is not in [vm_pool] network_allow",
		`http_get("http://user:secretword@8.8.8.8/?key=secretword")`:            "is not in [vm_pool] network_allow",
		`http_get("http://user:secretword@127.0.0.1:1/?key=secretword#secret")`: "refuses connections",
		`http_get("http://127.0.0.1:1/\u0000secretword")`:                       "cannot be read",
		`http_post("http://nothing.invalid/", "x")`:                             `cannot be found`,
		`http_get_with_header(base, [["a", "b\u0000"]])`:                        "control characters",
	} {
		got := w.js(`(() => { const r = ` + script + `; return [r.status, r.status_code, r.body, r.header, r.err] })()`)
		if !strings.HasPrefix(got, `["",0,"",{},"http_`) || !strings.Contains(got, message) || strings.Contains(got, "secretword") {
			t.Errorf("%s: %s", script, got)
		}
	}
}

func TestHTTPOptions(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{}, mirror)
	w.run.Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	w.eq(`const r = http.post(base + "/a b?x=1 2&y=é", { query: { q: ["1", "&"], z: 3 }, json: { b: 1, a: [null] }, headers: { "X-A": 1 } }); const q = r.json()
		;[r.ok, r.status, r.statusText, r.url === base + q.url, r.redirected, q.url, q.body, q.header["Content-Type"], q.header["X-A"], q.header["Traceparent"], q.header["Idempotency-Key"] === undefined]`,
		`[true,200,"OK",true,false,"/a%20b?x=1%202&y=%C3%A9&q=1&q=%26&z=3","{\"b\":1,\"a\":[null]}",["application/json"],["1"],["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],true]`)
	w.eq(`http.request(base, { method: "put", form: { a: "x y", b: [1, 2] } }).json().body`, `"a=x+y&b=1&b=2"`)
	w.eq(`[r.headers.get("x-two"), r.headers.get("nothing"), r.headers.has("X-TWO"), r.headers.entries().find(e => e[0] === "x-two"), [...r.headers].length === r.headers.keys().length]`,
		`["a, b",null,true,["x-two","a, b"],true]`)
	w.eq(`const b = http.get(base, { as: "bytes" }); [b.body instanceof Uint8Array, b.body[0], b.text()[0], b.bytes().length === b.body.length]`, `[true,123,"{",true]`)
	w.eq(`http.delete(base + "/missing", { as: "json" }).ok`, `false`)
	w.eq(`JSON.stringify(Object.keys(r))`, `"[\"ok\",\"status\",\"statusText\",\"url\",\"redirected\",\"headers\",\"text\",\"json\",\"bytes\",\"body\"]"`)
	const sees = `(q => [q.Traceparent?.[0].slice(-2), q.Tracestate?.[0]])(http.get(base, h).json().header)`
	for state, want := range map[string]string{
		"rojo=00f067aa0ba902b7, t1@congo=t6 1": `["01","rojo=00f067aa0ba902b7, t1@congo=t6 1"]`, "": `["01",null]`, "none": `["01",null]`, "a=b\x7f": `["01",null]`,
		"A=b": `["01",null]`, "a=b,,": `["01",null]`, "a=" + strings.Repeat("b", 512): `["01",null]`,
	} {
		w.run.TraceState = state
		w.eq(`var h = {}; `+sees, want)
	}
	w.run.TraceState = "a=b"
	w.eq(`var h = {headers: {traceparent: "own 02"}}; `+sees, `["02",null]`)
	w.run.Trace = "x\r\ny"
	w.eq(`http.get(base).json().header.Traceparent === undefined`, `true`)
	w.eq(`http.get(base).json().header.Tracestate === undefined`, `true`)
	for script, message := range map[string]string{
		`http.get("gopher://x")`:                                                         "TypeError: the URL must begin",
		`http.request(base, { method: "CONNECT" })`:                                      "cannot be used",
		`http.request(base, { method: "A B" })`:                                          "cannot be used",
		`http.post(base, { body: "a", json: 1 })`:                                        "give one of",
		`http.post(base, { body: { a: 1 } })`:                                            "give objects as json, form or multipart",
		`http.get(base, { timeout: -1 })`:                                                "timeout must be",
		`http.get(base, { timeout: NaN })`:                                               "timeout must be",
		`http.get(base, { retries: 1e9 })`:                                               "retries must be",
		`http.get(base, { redirect: "x" })`:                                              "redirect must be",
		`http.get(base, { as: "xml" })`:                                                  "as must be",
		`http.get(base, { headers: { a: "x\ny" } })`:                                     "line breaks",
		`http.get(base, { headers: (function*() { while (true) yield ["a", "b"] })() })`: "at most",
		`const o = {}; o.o = o; http.post(base, { json: o })`:                            "TypeError: Converting circular",
		`http.get(base, { get headers() { throw new RangeError("mine") } })`:             "RangeError: mine",
		`http.get("http://127.0.0.1:1/")`:                                                "127.0.0.1:1 refuses connections",
		`http.get("http://8.8.8.8")`:                                                     `host "8.8.8.8" is not in [vm_pool] network_allow`,
	} {
		w.throws(script, message)
	}
}

func TestFetch(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{}, mirror)
	w.eq(`(async () => {
		const r = await fetch(base + "/x", { method: "POST", headers: [["X-A", "1"]], body: "hello" })
		const used = r.bodyUsed, q = await r.json()
		let again = ""; try { await r.text() } catch (e) { again = e.name }
		return [r.ok, r.status, r.url === base + "/x", r.redirected, r.headers.get("content-type"), q.method, q.body, q.header["X-A"], used, r.bodyUsed, again]
	})()`, `[true,200,true,false,"application/json","POST","hello",["1"],false,true,"TypeError"]`)
	w.eq(`fetch(base).then(r => r.arrayBuffer()).then(b => [b instanceof ArrayBuffer, new Uint8Array(b)[0]])`, `[true,123]`)
	w.eq(`fetch({ toString() { return base } }).then(r => r.text()).then(t => t[0])`, `"{"`)
	w.eq(`Promise.all(Array.from({ length: 200 }, (_, i) => fetch(base + "/" + i).then(r => r.json()))).then(all => all.every((q, i) => q.url === "/" + i))`, `true`)
	w.throws(`await fetch("http://127.0.0.1:1")`, "TypeError: 127.0.0.1:1 refuses connections")
	w.throws(`await fetch("http://8.8.8.8")`, "is not in [vm_pool] network_allow")
	w.throws(`await fetch("nothing")`, "TypeError: the URL must begin")
	w.throws(`await fetch(base, { headers: { "a\r\nb": "c" } })`, "TypeError")
	w.throws(`await Promise.all(Array.from({ length: 1001 }, () => fetch("http://127.0.0.1:1")))`, "TypeError")
	w.eq(`typeof fetch("nothing").then`, `"function"`)
}

func TestBadJSONIsTold(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "\ufeff<html>") })
	w.throws(`http.get(base, { as: "json" })`, "with status 200 is not JSON")
	w.throws(`http.get(base).json()`, "SyntaxError")
	w.throws(`await (await fetch(base)).json()`, "SyntaxError")
	w.eq(`http.get(base).body`, `"<html>"`)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail here
	s.StartTLS()
	t.Cleanup(s.Close)
	w := newWorld(t, plugin(t, Options{Allow: local(), CAFile: authority(t, s.Certificate())}))
	w.eq(`http.get("`+s.URL+`").body`, `"HTTP/2.0"`)
	w = newWorld(t, plugin(t, Options{Allow: local()}))
	w.throws(`http.get("`+s.URL+`", { retries: 3 })`, "is not trusted; [http] ca_file")
	if len(w.slept) > 0 {
		t.Error("a certificate is not trusted, and was asked for again")
	}
	// The name counts too: the certificate is for 127.0.0.1 and example.com.
	w = newWorld(t, plugin(t, Options{Allow: local(), CAFile: authority(t, s.Certificate())}))
	w.throws(`http.get("https://localhost:`+s.URL[strings.LastIndex(s.URL, ":")+1:]+`")`, "is not trusted")
	for _, file := range []string{"/nothing", "web.go"} {
		if _, err := New(Options{CAFile: file}); err == nil || !strings.Contains(err.Error(), "[http] ca_file") {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := New(Options{Allow: []string{"https://x"}}); err == nil {
		t.Error("a URL is taken as a host")
	}
}

func TestPrivateHostsAreRefused(t *testing.T) {
	t.Parallel()
	hits := atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(s.Close)
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	w := newWorld(t, plugin(t, Options{}))
	for host := range strings.FieldsSeq(`127.0.0.1 localhost LOCALHOST [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] 0.0.0.0 [::] 2130706433 0177.0.0.1
		0x7f.0.0.1 0x7f000001 127.1 127.0.0.1. １２７.0.0.1 ①27.0.0.1 user@127.0.0.1 8.8.8.8@127.0.0.1 127.0.0.2`) {
		want := "is not on the public internet: list it in [vm_pool] network_allow"
		if !strings.ContainsAny(host, "[@l１①L") && host != "127.0.0.1" && host != "0.0.0.0" && host != "127.0.0.2" {
			want = "is an unusual spelling of an address"
		}
		w.throws(`http.get("http://`+host+port+`/")`, want)
		w.throws(`await fetch("http://`+host+port+`/")`, "TypeError: host") // which writes addresses as browsers do
		w.throws(`await fetch("http://`+host+port+`/")`, "is not on the public internet: list it in [vm_pool] network_allow")
	}
	if got := w.js(`http_get("http://localhost` + port + `/").err`); strings.Contains(got, "127.0.0.1") || strings.Contains(got, "::1") {
		t.Errorf("the error tells what the name resolves to: %s", got)
	}
	for _, host := range []string{"169.254.169.254", "10.0.0.1", "[fd00:ec2::254]", "[64:ff9b::127.0.0.1]", "100.100.100.200"} {
		w.throws(`http.get("http://`+host+`/")`, "network_allow")
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests reached the server", hits.Load())
	}
	if !strings.Contains(w.log.String(), "level=WARN") {
		t.Error("refusals are not in the log")
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"http://localhost/", "https://a:b@c:1/d?e=f#g", "http://[::1]%31/", "HTTP://x", "http://x/\r\nHost: y", "http://x?a b\x00"} {
		f.Add(s, "X-A", "b")
	}
	p := plugin(f, Options{})
	w := newWorld(f, p)
	f.Fuzz(func(t *testing.T, target, name, value string) {
		c, err := p.newCall(w.run, "GET", target)
		if err != nil {
			return
		}
		if c.url.Scheme != "http" && c.url.Scheme != "https" || c.url.Hostname() == "" || strings.ContainsAny(c.url.RawQuery, " \r\n\x00") {
			t.Errorf("%q is called as %+v", target, c.url)
		}
		if err := c.setHeader(name, value); err == nil && strings.ContainsAny(name+value, "\r\n\x00") {
			t.Errorf("header %q: %q", name, value)
		}
		req, err := http.NewRequest(c.method, c.url.String(), nil)
		if err != nil {
			return
		}
		req.Header = c.header
		var wire strings.Builder
		if err := req.Write(&wire); err == nil && strings.Count(wire.String(), "\r\n\r\n") != 1 {
			t.Errorf("%q is written as %q", target, wire.String())
		}
	})
}

func BenchmarkIdle(b *testing.B) {
	p := plugin(b, Options{})
	w := newWorld(b, p)
	row := p.httpRow()
	b.Run("http bound", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			row.Bind(w.run)
		}
	})
}
