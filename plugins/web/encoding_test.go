package web

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// script is the body of an async function as an expression.
func script(body string) string { return "(async () => { " + body + " })()" }

// TestRedirectsKeepTheMethod: a write is never turned into a read that looks like success, but where HTTP says so.
func TestRedirectsKeepTheMethod(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{Allow: []string{"127.0.0.1"}}, func(w http.ResponseWriter, r *http.Request) {
		hops := r.URL.Query()["code"]
		if len(hops) == 0 {
			mirror(w, r)
			return
		}
		var code int
		_, _ = fmt.Sscan(hops[0], &code)
		to := r.URL.Query()
		to["code"] = hops[1:]
		w.Header().Set("Location", "/x?"+to.Encode())
		w.WriteHeader(code)
	})
	for _, c := range []struct{ hops, gets string }{ // what makes a GET of which method
		{"301", "POST"},
		{"302", "POST"},
		{"303", "POST PUT PATCH DELETE"},
		{"307", ""},
		{"308", ""},
		{"301 307", "POST"},
		{"307 302", "POST"},
		{"302 303", "POST PUT PATCH DELETE"},
		{"303 307", "POST PUT PATCH DELETE"},
		{"308 301 307", "POST"},
	} {
		url := `base + "/x?code=` + strings.ReplaceAll(c.hops, " ", "&code=") + `"`
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			want := fmt.Sprintf(`[%q,"{\"n\":7}",["application/json"],true]`, method)
			if strings.Contains(c.gets, method) {
				want = `["GET","",null,true]`
			}
			show := `[q.method, q.body, q.header["Content-Type"] ?? null, r.redirected]`
			w.eq(script(`const r = http.request(`+url+`, { method: "`+method+`", json: { n: 7 } }), q = r.json(); return `+show), want)
			w.eq(script(`const r = await fetch(`+url+`, { method: "`+method+`", headers: { "Content-Type": "application/json" }, body: '{"n":7}' }), q = await r.json(); return `+show), want)
		}
		w.eq(`http.delete(`+url+`).json().body`, `""`)
		w.eq(`http.get(`+url+`).json().method`, `"GET"`)
		w.eq(`http.request(`+url+`, { method: "HEAD" }).status`, `200`)
	}
	w.eq(`JSON.parse(http_put(base + "/x?code=301", "old").body).body`, `"old"`)
}

var encoders = map[string]func(io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"raw":     func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 6); return f },
}

// packed returns a text in these encodings, the first innermost.
func packed(text []byte, names ...string) []byte {
	for _, name := range names {
		var b bytes.Buffer
		w := encoders[name](&b)
		_, _ = w.Write(text)
		_ = w.Close()
		text = b.Bytes()
	}
	return text
}

// TestEncodings: a response is what it was before it was encoded, and a broken one is an error.
// TestBodiesAreWhatTheyAre: without as a body that is no text is bytes, and XML is read by its declaration.
func TestBodiesAreWhatTheyAre(t *testing.T) {
	t.Parallel()
	latin := []byte("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>")
	answers := map[string]struct {
		kind string
		body []byte
	}{
		"png": {"image/png", []byte{0x89, 'P', 0xff}}, "octets": {"application/octet-stream", []byte("abc")}, "wrong": {"text/plain", []byte{0xe9}},
		"json": {"application/json", []byte("{\"a\":\"\xe9\"}")}, "typed": {"application/pdf; charset=latin1", []byte{0xe9}},
		"xml": {"text/xml", latin}, "soap": {"application/soap+xml", latin}, "utf": {"application/xml; charset=utf-8", latin}, "mark": {"application/octet-stream", []byte{0xff, 0xfe, 'a', 0}},
	}
	w, _ := serve(t, Options{Allow: []string{"127.0.0.1"}}, func(w http.ResponseWriter, r *http.Request) {
		a := answers[strings.TrimPrefix(r.URL.Path, "/")]
		w.Header().Set("Content-Type", a.kind)
		_, _ = w.Write(a.body)
	})
	const show = `(b => b instanceof Uint8Array ? Array.from(b) : b)`
	for name, want := range map[string]string{
		"png": `[137,80,255]`, "octets": `"abc"`, "wrong": `"�"`, "json": `"{\"a\":\"�\"}"`, "typed": `"é"`, "mark": `"a"`,
		"xml": `"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>é</a>"`, "soap": `"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>é</a>"`,
		"utf": `"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>�</a>"`,
	} {
		w.eq(show+`(http.get(base + "/`+name+`").body)`, want)
	}
	w.eq(`http.get(base + "/png", { as: "text" }).body`, `"�P�"`)
	w.eq(`[http.get(base + "/png").text(), Array.from(http.get(base + "/png").bytes())]`, `["�P�",[137,80,255]]`)
	w.eq(`fetch(base + "/xml").then(r => r.text()).then(t => t.slice(-6))`, `">é</a>"`)
	w.eq(`http_get(base + "/soap").body.slice(-6)`, `">é</a>"`)
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	plain := []byte("Grüße, " + strings.Repeat("world ", 100))
	answers := map[string]struct {
		header string
		body   []byte
	}{
		"gzip": {"gzip", packed(plain, "gzip")}, "x-gzip": {"X-GZip", packed(plain, "gzip")},
		"br": {"br", packed(plain, "br")}, "deflate": {"deflate", packed(plain, "deflate")}, "raw": {"deflate", packed(plain, "raw")},
		"two": {"gzip, br", packed(plain, "gzip", "br")}, "identity": {"identity", plain}, "none": {"", plain},
		"same": {"gzip, identity, gzip", packed(plain, "gzip", "gzip")},

		"empty-gzip": {"gzip", nil}, "empty-br": {"br", nil},
		"unknown": {"zstd", []byte("zstd")}, "over": {"gzip, zstd", []byte("zstd")},
		"no-gzip": {"gzip", plain}, "no-br": {"br", bytes.Repeat([]byte{0xff}, 50)}, "no-deflate": {"deflate", bytes.Repeat([]byte{0xff}, 50)},
		"cut-gzip": {"gzip", packed(plain, "gzip")[:30]}, "cut-br": {"br", packed(plain, "br")[:10]},
		"bomb-br": {"br", packed(make([]byte, 16<<20), "br")}, "bomb-deflate": {"deflate", packed(make([]byte, 16<<20), "deflate")},
		"bomb-two": {"gzip, br", packed(make([]byte, 16<<20), "gzip", "br")},
	}
	w, _ := serve(t, Options{MaxBody: 1 << 20, Allow: []string{"127.0.0.1"}}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/asked" {
			_, _ = io.WriteString(w, r.Header.Get("Accept-Encoding"))
			return
		}
		a := answers[strings.TrimPrefix(r.URL.Path, "/")]
		if a.header != "" {
			w.Header().Set("Content-Encoding", a.header)
		}
		if r.Method != http.MethodHead {
			_, _ = w.Write(a.body)
		}
	})
	if err := w.vm.Set("plain", string(plain)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gzip", "x-gzip", "br", "deflate", "raw", "two", "none", "same"} {
		w.eq(script(`const r = http.get(base + "/`+name+`"); return [r.body === plain, r.headers.get("content-encoding")]`), `[true,null]`)
		w.eq(script(`return await (await fetch(base + "/`+name+`")).text() === plain`), `true`)
		w.eq(`http_get(base + "/`+name+`").body === plain`, `true`)
	}
	w.eq(`http.get(base + "/identity").body === plain`, `true`)
	for _, name := range []string{"empty-gzip", "empty-br"} {
		w.eq(`http.get(base + "/`+name+`").body`, `""`)
	}
	w.eq(script(`const r = http.request(base + "/gzip", { method: "HEAD" }); return [r.body, r.headers.get("content-encoding")]`), `["","gzip"]`)
	w.eq(script(`const r = http.get(base + "/unknown"); return [r.body, r.headers.get("content-encoding")]`), `["zstd","zstd"]`)
	w.eq(script(`const r = http.get(base + "/over"); return [r.body, r.headers.get("content-encoding")]`), `["zstd","gzip, zstd"]`)
	for _, name := range []string{"no-gzip", "no-br", "no-deflate", "cut-gzip", "cut-br"} {
		w.throws(`http.get(base + "/`+name+`", { retries: 2 })`, "is not in the encoding")
	}
	for _, name := range []string{"bomb-br", "bomb-deflate", "bomb-two"} {
		w.throws(`http.get(base + "/`+name+`", { retries: 2 })`, "is larger than 1 MiB")
	}
	w.eq(`[http.get(base + "/asked").body, http.get(base + "/asked", { headers: { Range: "bytes=0-9" } }).body]`, `["gzip, deflate, br",""]`)
	if len(w.slept) != 0 {
		t.Error("a broken answer is asked for again")
	}
}
