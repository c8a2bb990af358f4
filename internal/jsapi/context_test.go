package jsapi

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	const js = "application/json; charset=UTF-8"
	for _, tt := range []struct {
		script, contentType, body string
		code                      int
	}{
		{`c.JSON(200, {b: 1.5, a: [1, null, undefined], d: new Date(0), n: 1e21, s: "<é>"})`, js, `{"b":1.5,"a":[1,null,null],"d":"1970-01-01T00:00:00.000Z","n":1e+21,"s":"<é>"}`, 200},
		{`c.JSON(201, undefined)`, js, `null`, 201},
		{`c.JSON("404", [])`, js, `[]`, 404},
		{`c.JSON(200, JSON.parse('{"__proto__": 1}'))`, js, `{"__proto__":1}`, 200},
		{`c.JSON(204, {a: 1})`, "", ``, 204},
		{`c.JSON(200, 1); c.JSON(500, 2); c.String(400, "late")`, js, `1`, 200},
		{`c.JSONPretty(200, {a: [1], b: {}})`, js, "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}", 200},
		{`c.JSONPretty(200, {a: 1}, "\t")`, js, "{\n\t\"a\": 1\n}", 200},
		{`c.JSONP(200, "app.done", {a: "\u2028"})`, "application/javascript; charset=UTF-8", `app.done({"a":"\u2028"});`, 200},
		{`c.JSONBlob(200, '{"a":1}')`, js, `{"a":1}`, 200},
		{`c.String(200, 12)`, "text/plain; charset=UTF-8", `12`, 200},
		{`c.String(200)`, "text/plain; charset=UTF-8", ``, 200},
		{`c.HTML(404, "<b>é</b>")`, "text/html; charset=UTF-8", `<b>é</b>`, 404},
		{`c.HTMLBlob(200, [60, 98, 62])`, "text/html; charset=UTF-8", `<b>`, 200},
		{`c.XML(200, {order: {id: 7, line: [{n: "a<b"}, {n: "c"}]}})`, typeXML, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<order><id>7</id><line><n>a&lt;b</n></line><line><n>c</n></line></order>", 200},
		{`c.XML(200, {a: 1, b: null})`, typeXML, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<root><a>1</a><b></b></root>", 200},
		{`c.XMLPretty(200, {a: {b: [[1, 2]]}}, " ")`, typeXML, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n <b>\n  <item>1</item>\n  <item>2</item>\n </b>\n</a>", 200},
		{`c.XMLBlob(200, "<?xml version='1.0'?><a/>")`, typeXML, `<?xml version='1.0'?><a/>`, 200},
		{`c.Blob(200, "image/png", new Uint8Array([1, 2, 3]).subarray(1))`, "image/png", "\x02\x03", 200},
		{`c.Blob(200, "image/png", new Uint8Array([1, 255]).buffer)`, "image/png", "\x01\xff", 200},
		{`c.Stream(200, "text/csv", "a,b")`, "text/csv", "a,b", 200},
		{`c.NoContent(202)`, "", "", 202},
		{`c.Error(404, "no order")`, "application/json", `{"message":"no order","code":404}`, 404},
		{`c.Error(409)`, "application/json", `{"message":"Conflict","code":409}`, 409},
		{`c.Error(new Error("no \"way\""))`, "application/json", `{"message":"no \"way\"","code":500}`, 500},
		{`c.Error("plain")`, "application/json", `{"message":"plain","code":500}`, 500},
	} {
		w := newWorld(t, nil)
		if got := w.js("[" + strings.ReplaceAll(tt.script, ";", ",") + "].every(v => v === undefined)"); got != "true" {
			t.Errorf("%s: answers something", tt.script)
		}
		if body := w.recorder.Body.String(); w.recorder.Code != tt.code || body != tt.body || w.recorder.Header().Get("Content-Type") != tt.contentType {
			t.Errorf("%s\n got %d %s %q\nwant %d %s %q", tt.script, w.recorder.Code, w.recorder.Header().Get("Content-Type"), body, tt.code, tt.contentType, tt.body)
		}
	}
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`c.Redirect(303, "/next?a=1")`)
	if w.recorder.Code != 303 || w.recorder.Header().Get("Location") != "/next?a=1" {
		t.Errorf("%d %q", w.recorder.Code, w.recorder.Header().Get("Location"))
	}
}

var hostileAnswers = map[string]string{
	`c.JSON(0, 1)`:                        "TypeError: c.JSON takes the HTTP status first",
	`c.JSON(1e300, 1)`:                    "from 200 to 999",
	`c.JSON(NaN, 1)`:                      "not NaN",
	`c.JSON({}, 1)`:                       "not an object",
	`c.JSON(-1, 1)`:                       "TypeError",
	`c.String()`:                          "not undefined",
	`c.NoContent(100)`:                    "TypeError",
	`let a = {}; a.a = a; c.JSON(200, a)`: "TypeError",
	`c.JSON(200, {toJSON() { throw new Error("mine") }})`:                    "Error: mine",
	`c.JSON(200, {get a() { throw new RangeError("getter") }})`:              "RangeError: getter",
	`c.JSONP(200, "alert(1)//", 1)`:                                          "name of a JavaScript function",
	`c.XML(200, {"a b": 1})`:                                                 "cannot be the name of an XML element",
	`c.XML(200, {a: {"x><y": 1}})`:                                           "cannot be the name",
	`c.Blob(200, "text/html\r\nX: y", "a")`:                                  "content type",
	`c.Blob(200, undefined, "a")`:                                            "content type",
	`c.Blob(200, "a/b", {length: 3})`:                                        "takes text, an ArrayBuffer",
	`c.Blob(200, "a/b", new Array(2 ** 31))`:                                 "too long",
	`c.Redirect(200, "/")`:                                                   "from 300 to 308",
	`c.Redirect(309, "/")`:                                                   "from 300 to 308",
	`c.Redirect(302, "/\r\nSet-Cookie: a=b")`:                                "line breaks",
	`c.Redirect(302, "/\u0000")`:                                             "control characters",
	`c.Redirect(302, "")`:                                                    "URL",
	`c.Redirect(302, "/" + "<".repeat(70000))`:                               "64 KiB each",
	`c.SetHeader("X-A", "a\nb")`:                                             "line break",
	`c.SetHeader("X A", "a")`:                                                "name of a header",
	`c.SetHeader("", "a")`:                                                   "name of a header",
	`c.SetHeader("transfer-encoding", "chunked")`:                            "server's own",
	`c.SetHeader("Content-Length", "1")`:                                     "server's own",
	`c.SetHeader("set-cookie", " nflow = x")`:                                "holds the sessions",
	`c.Response().Header().Add("Set-Cookie", "nflow=x")`:                     "holds the sessions",
	`c.Response().Header().Del("Connection")`:                                "server's own",
	`c.SetCookie({name: "nflow", value: "x"})`:                               "holds the sessions",
	`c.SetCookie({name: "a b", value: "x"})`:                                 "not valid",
	`c.SetCookie({name: "a", value: "x\r\nb"})`:                              "not valid",
	`c.SetCookie({name: "a", value: "x", path: "/;domain=evil"})`:            "not valid",
	`c.SetCookie({name: "a", value: "x", sameSite: "loose"})`:                "lax, strict or none",
	`c.SetCookie({name: "a", expires: "soon"})`:                              "expires",
	`c.SetCookie({name: "a", value: "x", partition: true})`:                  `c.SetCookie: unknown option "partition"; the options are name, value, path, domain, maxAge, expires, secure, httpOnly, sameSite, partitioned`,
	`c.SetCookie({name: "a", secure: "yes"})`:                                "secure is true or false",
	`c.SetCookie({name: "a", httponly: 1})`:                                  "httpOnly is true or false",
	`c.SetCookie({name: "a", maxAge: "60"})`:                                 "maxAge is a whole number",
	`c.SetCookie({name: "a", maxAge: 1.5})`:                                  "maxAge is a whole number",
	`c.SetCookie({name: "a", value: "ñ;"})`:                                  "encodeURIComponent",
	`c.SetCookie("a=b")`:                                                     "takes an object",
	`c.SetCookie(null)`:                                                      "takes an object",
	`c.MultipartForm()`:                                                      "no multipart form",
	`c.JSON(200, {a: 10n})`:                                                  "TypeError",
	`c.JSON({valueOf() { throw new Error("v") }}, 1)`:                        "Error: v",
	`c.JSON(Symbol("x"), 1)`:                                                 "TypeError",
	`c.HTML(200, {toString() { throw new Error("s") }})`:                     "Error: s",
	`c.Get({toString() { throw new Error("g") }})`:                           "Error: g",
	`c.JSON(200, new Proxy({}, {ownKeys() { throw new Error("trap") }}))`:    "Error: trap",
	`c.SetCookie(new Proxy({}, {get() { throw new Error("cookie trap") }}))`: "cookie trap",
	`c.Request().Header.Get({toString() { throw new Error("h") }})`:          "Error: h",
	`c.XML(200, (() => { const o = {}; o.o = o; return o })())`:              "TypeError",
	`c.Blob(200, "a/b", [{valueOf() { throw new Error("n") }}])`:             "element 0 is not one",
	`c.Blob(200, "a/b", [1, 300])`:                                           "element 1 is not one",
	`c.Blob(200, "a/b", [-1])`:                                               "element 0 is not one",
}

func TestHostileAnswersAreRefusedCatchably(t *testing.T) {
	t.Parallel()
	for script, want := range hostileAnswers {
		w := newWorld(t, nil)
		w.throws(script, want)
		if w.answers != 0 || w.recorder.Body.Len() > 0 || len(w.recorder.Header()) > 0 {
			t.Errorf("%s: something was answered", script)
		}
	}
}

func TestAnswerThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.deps.Exchange = func(r *hostfn.Run) Exchange { return refusing{w} }
	w.throws(`c.JSON(200, 1)`, "a fork has no answer")
}

type refusing struct{ *world }

func (refusing) Answer(func(echo.Context) error) error {
	return fault.New(fault.Script, "a fork has no answer")
}

func (r refusing) Stream(write func(echo.Context) error) error { return r.Answer(write) }

func TestRequest(t *testing.T) {
	t.Parallel()
	req := httptest.NewRequest(http.MethodPost, "https://shop.example/a%2Fb?name=ada&tag=a&tag=b&__proto__=p", strings.NewReader("city=Paris&tag=c"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-One", "y")
	req.Header.Add("Cookie", "nflow=secret; theme=dark")
	req.Header.Add("Cookie", "nflow=again")
	w := newWorld(t, req)
	w.postData = map[string]any{"city": "Paris", "__proto__": "x"}
	w.eq(`header["X-One"] == "y"`, `true`)
	w.eq(`header["X-One"]`, `["y"]`)
	w.eq(`header["Cookie"]`, `["theme=dark"]`)
	w.eq(`header.Get("x-one") + header.Get("nope") + header.Has("x-one")`, `"ytrue"`)
	w.eq(`Object.keys(header)`, `["Content-Type","Cookie","X-One"]`)
	w.eq(`form.tag`, `["c","a","b"]`)
	w.eq(`[Object.keys(form).includes("__proto__"), Object.getPrototypeOf(form) === Object.prototype]`, `[true,true]`)
	w.eq(`[post_data.city, Object.keys(post_data)]`, `["Paris",["__proto__","city"]]`)
	w.eq(`c.Bind().city`, `"Paris"`)
	w.eq(`[vars.id, path_vars.id, c.Param("id"), c.Param("no"), c.ParamNames(), c.ParamValues()]`, `["7","7","7","",["a","id"],["x","7"]]`)
	w.eq(`nflow_endpoint`, `"/a%2Fb"`)
	w.eq(`[c.QueryParam("name"), c.QueryParam("no"), c.QueryString().length > 0, c.QueryParams().tag, c.QueryParams().Get("tag")]`, `["ada","",true,["a","b"],"a"]`)
	w.eq(`[c.FormValue("city"), c.FormParams().tag.length, c.Request().FormValue("city")]`, `["Paris",3,"Paris"]`)
	w.eq(`[c.Request().Method, c.Request().URL.Path, c.Request().URL.EscapedPath(), c.Request().Host, c.Request().Header.Get("X-One")]`,
		`["POST","/a/b","/a%2Fb","shop.example","y"]`)
	w.eq(`[c.Request().URL.Query().name, c.Request().URL.RawQuery.startsWith("name=")]`, `[["ada"],true]`)
	w.eq(`[c.IsTLS(), c.Scheme(), c.IsWebSocket(), c.RealIP()]`, `[true,"https",false,"192.0.2.1"]`)
	w.eq(`[c.GetHeader("x-one"), c.GetHeader("Cookie")]`, `["y","theme=dark"]`)
	w.eq(`[c.Cookie("theme").Value, c.Cookie("nflow"), c.Cookie("no"), c.Cookies(), c.Request().Cookies().length]`,
		`["dark",null,null,[{"Name":"theme","Value":"dark"}],1]`)
	w.eq(`c.Request().Method = "GET"; c.Request().Method`, `"POST"`)
	w.eq(`header["X-One"] = 1; c.GetHeader("X-One")`, `"y"`)
	if got := req.Header.Values("Cookie"); len(got) != 2 {
		t.Errorf("the request itself was changed: %q", got)
	}
}

func TestBadBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.postErr = fault.Wrap(fault.Invalid, os.ErrInvalid, "the body is not valid JSON")
	w.throws(`post_data.a`, "the body is not valid JSON")
	w.throws(`c.Bind()`, "the body is not valid JSON")
}

func TestEventsTakeNoOtherFields(t *testing.T) {
	t.Parallel()
	newWorld(t, nil).throws(`c.SSE(send => send({data: 1, evnt: "x"}))`, `unknown option "evnt"; the options are event, id, retry, data`)
}

func TestHeadersAndCookiesOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.eq(`c.SetHeader("x-a", "1")`, `undefined`)
	w.js(`const h = c.Response().Header(); h.Add("X-A", "2"); h.Set("X-B", "3"); h.Set("X-C", "4"); h.Del("X-C")`)
	w.eq(`[h.Get("X-A"), h.Values("X-A"), h.Get("Set-Cookie")]`, `["1",["1","2"],""]`)
	w.js(`c.SetCookie({name: "theme", value: "dark", maxAge: 60, httpOnly: true, secure: true, sameSite: "Lax", domain: "shop.example", expires: new Date(0)})`)
	w.js(`c.SetCookie({Name: "b", Value: "1", Path: "/p", MaxAge: 0})`)
	w.js(`c.SetHeader("Set-Cookie", "third=1"); h.Del("Set-Cookie")`)
	w.js(`c.SetCookie({name: "x", value: "1", sameSite: "None", SECURE: true, partitioned: true})`)
	if text := w.log.String(); strings.Contains(text, "drop") {
		t.Errorf("logged %s", text)
	}
	w.js(`c.SetCookie({name: "y", value: "1", sameSite: "none", maxAge: -5})`)
	if text := w.log.String(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, "SameSite=None without Secure") || !strings.Contains(text, "cookie=y") {
		t.Errorf("logged %s", text)
	}
	w.eq(`c.Response().Committed`, `false`)
	w.js(`c.NoContent(204)`)
	w.eq(`[c.Response().Committed, c.Response().Status]`, `[true,204]`)
	want := []string{"theme=dark; Path=/; Domain=shop.example; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60; HttpOnly; Secure; SameSite=Lax", "b=1; Path=/p; Max-Age=0", "third=1", "x=1; Path=/; Secure; SameSite=None; Partitioned", "y=1; Path=/; Max-Age=0; SameSite=None"}
	if got := w.recorder.Header()["Set-Cookie"]; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("cookies\n got %q\nwant %q", got, want)
	}
	if got := w.recorder.Header(); got.Get("X-B") != "3" || got.Get("X-C") != "" {
		t.Errorf("headers %v", got)
	}
}

func TestUploads(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, _ := m.CreateFormFile("doc", `../a"b.txt`)
	_, _ = part.Write([]byte("h\xc3\xa9"))
	_ = m.WriteField("title", "T")
	_ = m.Close()
	req := httptest.NewRequest(http.MethodPost, "/", &body)
	req.Header.Set("Content-Type", m.FormDataContentType())
	w := newWorld(t, req)
	w.eq(`const f = c.FormFile("doc"); [f.name, f.filename, f.size, f.type, f.text(), f.bytes().length, f.bytes() instanceof Uint8Array, f.text()]`,
		`["a\"b.txt","a\"b.txt",3,"application/octet-stream","hé",3,true,"hé"]`)
	w.eq(`c.FormFile("no")`, `null`)
	w.eq(`const all = c.MultipartForm(); [all.Value.title, all.File.doc.length, all.File.doc[0].size]`, `[["T"],1,3]`)
	newWorld(t, nil).eq(`c.FormFile("doc")`, `null`)
}

var refusedFiles = map[string]string{
	`files.read("x/b")`:                          "is not UTF-8 text",
	`files.read("x/b", {encoding: "x"})`:         `files.read: unknown option "encoding"; the options are as`,
	`files.read("x/b", "base64")`:                "takes an object second",
	`files.write("x/c", "a", {flag: "a"})`:       `files.write takes no options: "flag" is unknown`,
	`files.list("x", {recursive: true})`:         `files.list takes no options: "recursive" is unknown`,
	`files.read("x/b", {as: "blob"})`:            `as is "text" or "bytes"`,
	`files.read("x")`:                            "is not a file",
	`files.read("none")`:                         "does not exist",
	`files.read(7)`:                              "takes a path",
	`files.write("x/c", {a: 1})`:                 "TypeError: files.write takes text",
	`files.write("x/c")`:                         "and got none",
	`files.write("x", "a")`:                      "must be a path below",
	`files.write("none/c", "a")`:                 "does not exist",
	`files.write("../c", "a")`:                   "must be a path below",
	`files.write("/tmp/c", "a")`:                 "must be a path below",
	`files.append("../c", "a")`:                  "must be a path below",
	`files.list("..")`:                           "must be a path below",
	`files.list("x/b")`:                          "must be a path below",
	`files.mkdir("../x")`:                        "must be a path below",
	`files.mkdir("a/".repeat(65))`:               "64 directories",
	`files.exists("a".repeat(5000))`:             "4096 bytes",
	`file_to_string("a".repeat(1e6))`:            "4096 bytes",
	`files.remove("../x")`:                       "must be a path below",
	`files.remove("x")`:                          "must be a path below",
	`files.exists("../x")`:                       "must be a path below",
	`files.write("x/big", "x".repeat(17 << 20))`: "a file has up to",
	`string_to_file("x/c", [1, 2])`:              "TypeError: string_to_file takes text",
}

func TestFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	dir := w.root()
	if err := os.WriteFile(filepath.Join(dir, "page.html"), []byte("<b>page</b>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here")
	}
	w.eq(`string_to_file("b.bin", new Uint8Array([104, 105])); [file_to_string("b.bin"), files.remove("b.bin"), files.remove("b.bin")]`, `["hi",true,false]`)
	w.eq(`files.mkdir("x/y"); files.write("x/y/t.txt", "é"); files.append("x/y/t.txt", new Uint8Array([10])); files.append("x/new", "1"); files.write("x/b", new Uint8Array([255]).buffer);
		[files.read("x/y/t.txt"), [...files.read("x/b", {as: "bytes"})], files.read("x/new", {as: "text"}), files.exists("x/y"), files.exists("x/none")]`, `["é\n",[255],"1",true,false]`)
	w.eq(`files.list("x").map(f => [f.name, f.directory, f.directory ? 0 : f.size, f.modified instanceof Date])`, `[["b",false,1,true],["new",false,1,true],["y",true,0,true]]`)
	w.eq(`files.write("x/new", ""); [files.read("x/new"), files.remove("x/y/t.txt"), files.remove("x/y"), files.list("x").length, files.list().some(f => f.name === "x")]`, `["",true,true,2,true]`)
	for script, text := range refusedFiles {
		w.throws(script, text)
	}
	w.eq(`files.exists("x/c")`, `false`)
	w.eq(`string_to_file("a.txt", "\ufeffé"); [file_to_string("a.txt"), files.read("a.txt"), files.read("a.txt", {as: "bytes"}).length]`, `["é","é",5]`)
	w.eq(`string_to_file("l.txt", new Uint8Array([233])); files.read("l.txt", {as: "bytes"})[0]`, `233`)
	w.throws(`file_to_string("l.txt")`, "is not UTF-8 text")
	w.throws(`string_to_file("l.txt", "\ud83d")`, "half a surrogate pair")
	w.eq(`string_to_file("a.txt", "é"); file_to_string("a.txt")`, `"é"`)
	for _, bad := range []string{"../a", "/etc/passwd", "link", "a\x00b", "", "."} {
		w.throws(`file_to_string(`+quoted(bad)+`)`, "file_to_string: ")
		w.throws(`c.File(`+quoted(bad)+`)`, "c.File: ")
	}
	w.throws(`string_to_file("../x", "a")`, "must be a path below")
	v, _ := w.try(`(() => { try { file_to_string("../none") } catch (e) { return e.message } })()`)
	if strings.Contains(v.String(), dir) {
		t.Errorf("%q names the directory", v)
	}
	w.throws(`file_to_string("none")`, `"none" does not exist`)
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "x")); err == nil {
		t.Error("a file was written outside")
	}

	w.eq(`c.Attachment("page.html", "a\"b\r\nX: y.html")`, `undefined`)
	h := w.recorder.Header()
	if w.recorder.Body.String() != "<b>page</b>" || !strings.HasPrefix(h.Get("Content-Type"), "text/html") || strings.ContainsAny(h.Get("Content-Disposition"), "\r\n") ||
		!strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename") || h.Get("X") != "" {
		t.Errorf("%q %v", w.recorder.Body, h)
	}
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, "\x00", `\0`) + `"` }
