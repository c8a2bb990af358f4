package web

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// TestOptionsThatNobodyKnows: a misspelt option sends nothing, and the message lists the right ones.
func TestOptionsThatNobodyKnows(t *testing.T) {
	t.Parallel()
	sent := 0
	w, _ := serve(t, Options{}, func(http.ResponseWriter, *http.Request) { sent++ })
	for script, text := range map[string]string{
		`http.get(base, { headerz: { a: "1" } })`:                                           `TypeError: http.get: unknown option "headerz"; the options are headers, query, params, body, json, form, multipart, data, timeout, retries, redirect, as`,
		`http.post(base, { bdy: "x" })`:                                                     `http.post: unknown option "bdy"`,
		`http.put(base, { method: "POST", body: "x" })`:                                     `http.put: unknown option "method"`,
		`http.request(base, { method: "POST", time_out: 5 })`:                               `http.request: unknown option "time_out"; the options are method, headers`,
		`await fetch(base, { methd: "POST" })`:                                              `TypeError: fetch: unknown option "methd"`,
		`await fetch(base, { as: "json" })`:                                                 `fetch: unknown option "as"`,
		`await fetch(base, { credentials: "always" })`:                                      `credentials must be one of "same-origin", "omit", "include"`,
		`http.post(base, "text")`:                                                           `TypeError: http.post takes an object of options second`,
		`http.get(base, { headers: { "X-A": { a: 1 } } })`:                                  "the value of header X-A is an object",
		`await fetch(base, { headers: [["X-A", {}]] })`:                                     "the value of header x-a is an object",
		`http.get(base, { headers: { [Symbol.iterator]() { return { next: 1 } } } })`:       `TypeError: iterator.next is not a function`,
		`http.post(base, { form: { [Symbol.iterator]: () => ({ next() {} }) } })`:           `TypeError: iterator result is not an object`,
		`http.get(base, { headers: "Accept: text/html" })`:                                  `TypeError: headers must be an object`,
		`http_get(base, { headers: { a: "1" } })`:                                           `TypeError: http_get takes no options: "headers" is unknown`,
		`http_post(base, "x", { "X-A": "1" })`:                                              `http_post takes no options: "X-A" is unknown`,
		`http_delete_with_header(base, {}, { timeout: 1 })`:                                 `http_delete_with_header takes no options: "timeout" is unknown`,
		`http_put_with_header(base, "x", {}, { retries: 1 })`:                               `http_put_with_header takes no options: "retries" is unknown`,
		`http.post(base, { a: 1 }, { headers: {} })`:                                        `TypeError: http.post takes options as argument 2, not 3`,
		`http.post(base, { data: { a: 1 }, form: "a=1" })`:                                  "give one of body, json, form, multipart, data",
		`http.post(base, { multipart: { f: { filename: "a", mime: "b/c", bytes: "x" } } })`: `multipart: unknown option "mime"; the options are filename, type, bytes`,
	} {
		w.throws(script, text)
	}
	if sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
	w.eq(`http.get(base, { headers: undefined, nothing: undefined }).status`, `200`)
	w.eq(`http.get(base, null).status`, `200`)
}

// TestFormsAndQueries: what is no text goes by one rule, in the order in which it was written, or is an error.
func TestFormsAndQueries(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{}, mirror)
	for value, want := range map[string]string{
		`{ z: 1, a: "x y", b: [1, 2] }`:                                              "z=1&a=x+y&b=1&b=2",
		`{ items: [{ price: "p1" }, { price: 2 }], meta: { k: 1, l: [true, "é"] } }`: "items%5B0%5D%5Bprice%5D=p1&items%5B1%5D%5Bprice%5D=2&meta%5Bk%5D=1&meta%5Bl%5D=true&meta%5Bl%5D=%C3%A9",
		`{ since: new Date(0), days: [new Date(1)] }`:                                "since=1970-01-01T00%3A00%3A00.000Z&days=1970-01-01T00%3A00%3A00.001Z",
		`{ a: null, b: undefined, c: [null, 1], d: [], e: {}, f: "" }`:               "c=1&f=",
		`{ a: [[1, 2], [3]] }`:                                                       "a%5B0%5D=1&a%5B0%5D=2&a%5B1%5D=3",
		`{ n: 1e21, i: 12345678901234567890n, s: new String("x") }`:                  "n=1e%2B21&i=12345678901234567890&s=x",
		`"a=1&b=%20"`: "a=1&b=%20",
		`"?q=x y"`:    "q=x%20y",
		`[["a", 1], ["a", "2"], ["b", { c: 3 }]]`: "a=1&a=2&b%5Bc%5D=3",
		`new Map([["k", "v"]])`:                   "k=v",
	} {
		w.eq(`http.post(base, { form: `+value+` }).json().body`, `"`+want+`"`)
		w.eq(`http.get(base, { query: `+value+` }).json().url`, `"/?`+want+`"`)
		w.eq(`http.get(base, { params: `+value+` }).json().url`, `"/?`+want+`"`)
	}
	w.eq(`http.get(base + "?x=1", { query: { a: 1 }, params: { b: 2 } }).json().url`, `"/?x=1&a=1&b=2"`)
	for value, text := range map[string]string{
		`(() => { const o = {}; o.o = o; return { o } })()`: "is nested more than 20 deep, or holds itself",
		`{ f: new Uint8Array(2) }`:                          `"f" holds what has no text`,
		`{ f() {} }`:                                        `"f" holds what has no text`,
		`{ m: new Map() }`:                                  `"m" holds what has no text`,
		`{ d: new Date(NaN) }`:                              `"d" holds an invalid Date`,
		`{ d: [{ e: new Date("x") }] }`:                     `"d[0][e]" holds an invalid Date`,
		`[1, 2]`:                                            "one of pairs of name and value",
		`7`:                                                 "must be an object of names and values, or text",
		`new Date()`:                                        "must be an object of names and values, or text",
	} {
		w.throws(`http.post(base, { form: `+value+` })`, "TypeError: form: ")
		w.throws(`http.get(base, { query: `+value+` })`, text)
	}
}

// TestData: the option of axios is JSON for objects, and the body for what is text or bytes.
func TestData(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{}, mirror)
	for value, want := range map[string]string{
		`{ a: 1 }`:                   `["{\"a\":1}","application/json"]`,
		`[1]`:                        `["[1]","application/json"]`,
		`"text"`:                     `["text","text/plain;charset=UTF-8"]`,
		`new Uint8Array([104, 105])`: `["hi",null]`,
		`null`:                       `["",null]`,
		`{ a: [1, "x y"] }, headers: { "content-type": "application/x-www-form-urlencoded" }`:                 `["a=1&a=x+y","application/x-www-form-urlencoded"]`,
		`{ a: { b: 1 } }, headers: { "Content-Type": "Application/X-WWW-Form-Urlencoded; charset=utf-8" }`:    `["a%5Bb%5D=1","Application/X-WWW-Form-Urlencoded; charset=utf-8"]`,
		`"a=1", headers: { "content-type": "application/x-www-form-urlencoded" }`:                             `["a=1","application/x-www-form-urlencoded"]`,
		`{ a: 1 }, headers: { "content-type": "application/vnd.api+json" }`:                                   `["{\"a\":1}","application/vnd.api+json"]`,
		`{ [Symbol.toStringTag]: "URLSearchParams", [Symbol.iterator]: function* () { yield ["a", "1 2"] } }`: `["a=1+2","application/x-www-form-urlencoded"]`,
	} {
		w.eq(`(q => [q.body, q.header["Content-Type"]?.[0] ?? null])(http.post(base, { data: `+value+` }).json())`, want)
	}
	w.eq(`(q => [q.body.includes('name="a"\r\n\r\n1\r\n'), /^multipart\/form-data; boundary=./.test(q.header["Content-Type"][0])])(http.post(base, { data: { a: 1 }, headers: { "Content-Type": "multipart/form-data" } }).json())`, `[true,true]`)
	w.eq(`fetch(base, { method: "POST", body: new URLSearchParams({ a: 1 }) }).then(r => r.json()).then(q => [q.body, q.header["Content-Type"][0]])`, `["a=1","application/x-www-form-urlencoded;charset=UTF-8"]`)
}

// TestMultipart: fields and files arrive as a form that any server reads, whatever their names hold.
func TestMultipart(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil {
			t.Error(err)
		}
		var parts [][]string
		in := multipart.NewReader(r.Body, params["boundary"])
		for {
			p, err := in.NextRawPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Error(err)
				break
			}
			content, _ := io.ReadAll(p)
			parts = append(parts, []string{p.Header.Get("Content-Disposition"), p.Header.Get("Content-Type"), string(content)})
		}
		_ = json.NewEncoder(w).Encode(parts)
	})
	w.eq(`http.post(base, { multipart: { a: 1, b: ["x", "y"], none: null, f: { filename: "ñ \"1\".csv", type: "text/csv", bytes: "a;b" }, g: new Uint8Array([104]), "n\r\nm\"": true } }).json()`,
		`[["form-data; name=\"a\"","","1"],["form-data; name=\"b\"","","x"],["form-data; name=\"b\"","","y"],`+
			`["form-data; name=\"f\"; filename=\"ñ %221%22.csv\"","text/csv","a;b"],["form-data; name=\"g\"; filename=\"blob\"","application/octet-stream","h"],["form-data; name=\"n%0D%0Am%22\"","","true"]]`)
	w.eq(`http.post(base, { multipart: { f: { name: "x", size: 2, filename: "up.bin", type: "a/b", text: () => "no", bytes: () => new Uint8Array([104, 105]) } }, headers: { "Content-Type": "multipart/form-data" } }).json()`,
		`[["form-data; name=\"f\"; filename=\"up.bin\"","a/b","hi"]]`)
	w.eq(`const form = { [Symbol.toStringTag]: "FormData", [Symbol.iterator]: function* () { yield ["a", "1"]; yield ["f", { filename: "", type: "", bytes: new ArrayBuffer(1) }] } };
		fetch(base, { method: "POST", body: form }).then(r => r.json())`, `[["form-data; name=\"a\"","","1"],["form-data; name=\"f\"; filename=\"blob\"","application/octet-stream","\u0000"]]`)
	w.eq(`const real = new FormData(); real.append("a", "1\n2"); real.append("f", new File(["é"], "ñ\"1.txt", { type: "text/plain" })); real.append("g", new Blob(["b"])); real.append("h", new Uint8Array([104]), "h.bin")
		Promise.all([fetch(base, { method: "POST", body: real }).then(r => r.json()), http.post(base, { body: real }).json()])`,
		strings.ReplaceAll(`[[["form-data; name=\"a\"","","1\r\n2"],REST],[["form-data; name=\"a\"","","1\n2"],REST]]`, "REST", `["form-data; name=\"f\"; filename=\"ñ%221.txt\"","text/plain","é"],`+
			`["form-data; name=\"g\"; filename=\"blob\"","application/octet-stream","b"],["form-data; name=\"h\"; filename=\"h.bin\"","application/octet-stream","h"]`))
	const blob = `{ [Symbol.toStringTag]: "Blob", type: "text/csv", buffer: () => new Uint8Array([104, 105]), bytes: async () => 1 }`
	w.eq(`http.post(base, { multipart: { f: `+blob+` } }).json()`, `[["form-data; name=\"f\"; filename=\"blob\"","text/csv","hi"]]`)
	for script, text := range map[string]string{
		`{ multipart: "x" }`:                                        "multipart must be an object",
		`{ multipart: { f: { filename: "a" } } }`:                   `"f" needs bytes`,
		`{ multipart: { f: { filename: "a", bytes: 5 } } }`:         `"f" needs bytes`,
		`{ multipart: { f: { filename: "a", bytes: [300] } } }`:     `"f" needs bytes`,
		`{ multipart: { f: { a: 1 } } }`:                            `unknown option "a"`,
		`{ multipart: { f: { bytes: "x", type: "a\r\nX-B: c" } } }`: `the type of "f" must be a media type`,
		`{ multipart: { f: [[1]] } }`:                               `"f" must be text, bytes`,
		`{ multipart: { f: new Date() } }`:                          `"f" must be text, bytes`,
	} {
		w.throws(`http.post(base, `+script+`)`, text)
	}
}
