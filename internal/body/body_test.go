package body

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func TestMediaType(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]MediaType{
		"":                                     {},
		"nonsense":                             {},
		"/":                                    {},
		"a b/c":                                {},
		"application/json":                     {Type: "application/json"},
		" Application/JSON ;Charset=\"utf-8\"": {Type: "application/json", Charset: "utf-8"},
		"application/json; x":                  {Type: "application/json"},
		"application/json; charset=utf-8; charset=latin1": {Type: "application/json", Charset: "utf-8"},
		"application/json;;; ;charset=a":                  {Type: "application/json", Charset: "a"},
		`text/plain; charset="a\"b;c"; boundary=x`:        {Type: "text/plain", Charset: `a"b;c`, Boundary: "x"},
		`multipart/form-data; boundary="open`:             {Type: "multipart/form-data", Boundary: "open"},
		"text/plain; =x; charset = a":                     {Type: "text/plain"},
		"application/json, text/plain, */*":               {Type: "application/json"},
		"application/json charset=utf-8":                  {Type: "application/json", Charset: "utf-8"},
		"text/csv; charset=gbk, text/csv; charset=gbk":    {Type: "text/csv", Charset: "gbk"},
	} {
		if got := ParseMediaType(header); got != want {
			t.Errorf("%q is %+v, want %+v", header, got, want)
		}
	}
}

func TestKindsOfTypes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"text/json", "application/json", "application/vnd.api+json", "application/problem+json", "application/x-json", "application/csp-report"} {
		if m := ParseMediaType(name); !m.IsJSON() || !m.IsText() {
			t.Errorf("%s is no JSON", name)
		}
	}
	for _, name := range []string{
		"text/plain", "text/csv", "application/xml", "image/svg+xml", "application/atom+xml", "application/x-ndjson", "application/graphql",
		"application/javascript", "application/yaml", "application/x-thing; charset=utf-8", "application/EDIFACT",
	} {
		if m := ParseMediaType(name); !m.IsText() || m.IsJSON() {
			t.Errorf("%s is no text", name)
		}
	}
	for _, name := range []string{"", "image/png", "application/octet-stream", "application/x-thing", "application/pdf", "application/zip", "multipart/mixed", "application/protobuf"} {
		if ParseMediaType(name).IsText() {
			t.Errorf("%q is text", name)
		}
	}
}

// TestLabel: XML says itself what it is written in, where its type does not.
func TestLabel(t *testing.T) {
	t.Parallel()
	const latin = `<?xml version="1.0" encoding="ISO-8859-1"?><a>` + "\xe9</a>"
	for _, c := range []struct{ header, body, want string }{
		{"application/xml", latin, "ISO-8859-1"},
		{"text/xml", latin, "ISO-8859-1"},
		{"application/soap+xml", latin, "ISO-8859-1"},
		{"application/xml; charset=utf-8", latin, "utf-8"},
		{"text/plain", latin, ""},
		{"", latin, ""},
		{"text/xml", `<?xml version='1.0' encoding = 'windows-1252' standalone="yes"?><a/>`, "windows-1252"},
		{"text/xml", `<?xml version="1.0" encoding="UTF-16"?><a/>`, ""},
		{"text/xml", `<?xml version="1.0"?><a encoding="latin1"/>`, ""},
		{"text/xml", ` <?xml version="1.0" encoding="latin1"?><a/>`, ""},
		{"text/xml", ``, ""},
	} {
		if got := ParseMediaType(c.header).Label([]byte(c.body)); got != c.want {
			t.Errorf("%s %.50q: %q, want %q", c.header, c.body, got, c.want)
		}
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"bytes=0-3": "bytes=0-3", "Bytes=0-3": "bytes=0-3", "bytes= 0-1 , 4-5": "bytes=0-1,4-5", "bytes=,0-1,": "bytes=0-1", "bytes=8-": "bytes=8-",
		"bytes=-3": "bytes=-3", "bytes=-0": "bytes=10-", "bytes=0-1,-0": "bytes=0-1,10-", "bytes=-99": "bytes=-10", "bytes=20-": "bytes=10-",
		"bytes=0-99999999999999999999": "bytes=0-10", "bytes=99999999999999999999-": "bytes=10-", "bytes=20-30": "bytes=10-10",
		"lines=0-3": "", "": "", "bytes": "", "bytes=": "", "bytes=a-b": "", "bytes=5-2": "",
		"bytes=-": "", "bytes=1": "", "bytes=0-1;2-3": "", "bytes=0-1,x": "", "bytes=+1-2": "",
	} {
		if got := Ranges(header, 10); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func TestForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw, charset string
		want         Form
	}{
		{"", "", nil},
		{"&&", "", Form{}},
		{"a=1&b=2&a=3", "", Form{{"a", "1"}, {"b", "2"}, {"a", "3"}}},
		{"off=100% sure", "", Form{{"off", "100% sure"}}},
		{"a=%zz&b=%4&c=%41&=x&d", "", Form{{"a", "%zz"}, {"b", "%4"}, {"c", "A"}, {"", "x"}, {"d", ""}}},
		{"style=color:red;top:0", "", Form{{"style", "color:red;top:0"}}},
		{"a+b=c%2Bd+e%20f", "", Form{{"a b", "c+d e f"}}},
		{"a==b=", "", Form{{"a", "=b="}}},
		{"a=%", "", Form{{"a", "%"}}},
		{"a=%E9", "", Form{{"a", "\ufffd"}}},
		{"\ufeffa=1", "", Form{{"a", "1"}}},
		{"n=Jos%E9&c=%80", "windows-1252", Form{{"n", "José"}, {"c", "€"}}},
		{"a=caf\xe9", "ISO-8859-1", Form{{"a", "café"}}},
		{"a=%83e%83X%83g", "Shift_JIS", Form{{"a", "テスト"}}},
		{"\xff\xfea\x00=\x00%\x00C\x003\x00%\x00A\x009\x00\xe9\x00", "utf-16", Form{{"a", "éé"}}},
		{"\x00a\x00=\x00\xe9", "UTF-16BE", Form{{"a", "é"}}},
	} {
		got, err := ParseForm(c.raw, c.charset, 100)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q in %q is %q, %v; want %q", c.raw, c.charset, got, err, c.want)
		}
	}
	kind(t, fault.Invalid, second(ParseForm("a&b&c", "", 2)))
	kind(t, fault.Unsupported, second(ParseForm("a=1", "klingon", 2)))
	f := Form{{"b", "1"}, {"a", "2"}, {"b", "3"}}
	if names := f.Names(); !slices.Equal(names, []string{"b", "a"}) {
		t.Errorf("names %q", names)
	}
	if v := f.Values(); len(v) != 2 || !slices.Equal(v["b"], []string{"1", "3"}) {
		t.Errorf("values %v", v)
	}
}

func second[T any](_ T, err error) error { return err }

func kind(t *testing.T, want fault.Kind, err error) {
	t.Helper()
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != want {
		t.Errorf("%v, want a fault of kind %d", err, want)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ bytes, charset, want string }{
		{"caf\xc3\xa9", "", "café"},
		{"\xef\xbb\xbfx", "", "x"},
		{"\xef\xbb\xbfx", "latin1", "x"},
		{"\xff\xfex\x00", "", "x"},
		{"\xfe\xff\x00x", "utf-16le", "x"},
		{"{\x00\xac\x20}\x00", "utf-16le", "{€}"},
		{"caf\xe9", "iso-8859-1", "café"},
		{"\x83e\x83X\x83g", "cp932", "テスト"},
		{"\xc4\xe3\xba\xc3", "'CP936'", "你好"},
		{"\x80", "ISO-8859-1", "€"},
		{"\xc4\xe3\xba\xc3", "gbk", "你好"},
		{"\x83e\x83X\x83g", "shift_jis", "テスト"},
		{"a\xffb", "utf-8", "a\ufffdb"},
		{"", "windows-1251", ""},
		{"\xcf\xf0\xe8", " Windows-1251 ", "При"},
	} {
		if got, err := Text([]byte(c.bytes), c.charset); err != nil || got != c.want {
			t.Errorf("%q in %q is %q, %v; want %q", c.bytes, c.charset, got, err, c.want)
		}
	}
	kind(t, fault.Unsupported, second(Text([]byte("x"), "utf-99")))
}

// pack applies a coding.
func pack(t *testing.T, coding string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "br":
		w = brotli.NewWriter(&out)
	case "zlib":
		w = zlib.NewWriter(&out)
	default:
		w, _ = flate.NewWriter(&out, -1)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decode(b []byte, limit int64, headers ...string) (string, error) {
	r, err := Decode(io.NopCloser(bytes.NewReader(b)), headers, limit)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestDecode(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("what was said ", 100)
	for _, c := range []struct {
		headers []string
		packed  []byte
	}{
		{nil, []byte(text)},
		{[]string{"identity"}, []byte(text)},
		{[]string{"gzip"}, pack(t, "gzip", []byte(text))},
		{[]string{" X-GZIP , identity"}, pack(t, "gzip", []byte(text))},
		{[]string{"deflate"}, pack(t, "zlib", []byte(text))},
		{[]string{"deflate"}, pack(t, "raw", []byte(text))},
		{[]string{"br"}, pack(t, "br", []byte(text))},
		{[]string{"br", "gzip"}, pack(t, "gzip", pack(t, "br", []byte(text)))},
	} {
		if got, err := decode(c.packed, 0, c.headers...); err != nil || got != text {
			t.Errorf("%q: %d bytes, %v", c.headers, len(got), err)
		}
		if len(c.headers) == 0 || c.headers[0] == "identity" {
			continue
		}
		if got, err := decode(c.packed, int64(len(text)), c.headers...); err != nil || got != text {
			t.Errorf("%q at its limit: %d bytes, %v", c.headers, len(got), err)
		}
		_, err := decode(c.packed, int64(len(text))-1, c.headers...)
		if _, ok := errors.AsType[*http.MaxBytesError](err); !ok {
			t.Errorf("%q over its limit: %v", c.headers, err)
		}
		if _, err := decode(c.packed[:len(c.packed)-1], 0, c.headers...); err == nil || c.headers[0] != "br" {
			kind(t, fault.Invalid, err)
		}
		if got, err := decode(nil, 0, c.headers...); err != nil || got != "" {
			t.Errorf("%q of nothing: %q, %v", c.headers, got, err)
		}
		_, err = decode([]byte("these are no such bytes"), 0, c.headers...)
		kind(t, fault.Invalid, err)
	}
	for _, h := range []string{"compress", "aes128gcm", "gzip, zstd", "gzip, gzip, gzip, gzip"} {
		_, err := decode([]byte("x"), 0, h)
		kind(t, fault.Unsupported, err)
	}
}

// An error of the connection stays what it is: it says nothing about the coding.
func TestDecodeKeepsErrorsOfTheSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("the connection broke")
	packed := pack(t, "gzip", []byte("what was said"))
	r, err := Decode(io.NopCloser(io.MultiReader(bytes.NewReader(packed[:len(packed)/2]), failing{broken})), []string{"gzip"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, broken) {
		t.Errorf("%v, want the source's error", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// FuzzForm: what net/url can read, means the same here; and nothing else fails, either.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "%", "a=%4", "a+b=%20", "=&&=", "a=\xff", "\ufeffa=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		form, err := ParseForm(raw, "", 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		want, err := url.ParseQuery(raw)
		if err != nil || strings.HasPrefix(raw, utf8BOM) {
			return
		}
		got := form.Values()
		if len(got) != len(want) && !strings.ContainsRune(raw, '%') {
			for name := range want {
				if valid(name) != name {
					return // names that are no UTF-8 fall together
				}
			}
			t.Fatalf("%q: %v, net/url %v", raw, got, want)
		}
		for name, values := range want {
			if valid(name) != name {
				continue
			}
			for i, v := range values {
				if valid(v) == v && (i >= len(got[name]) || !slices.Contains(got[name], v)) {
					t.Fatalf("%q: %q is %q, net/url %q", raw, name, got[name], values)
				}
			}
		}
	})
}

// FuzzText: any bytes in any charset become valid UTF-8, or the charset is refused.
func FuzzText(f *testing.F) {
	for _, label := range []string{"", "utf-8", "latin1", "utf-16le", "utf-16be", "shift_jis", "gbk", "gb18030", "big5", "euc-kr", "iso-2022-jp", "koi8-r", "x-user-defined", "replacement"} {
		f.Add([]byte("caf\xe9 \xff\xfe\x00"), label)
	}
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		if text, err := Text(b, label); err == nil && valid(text) != text {
			t.Fatalf("%q in %q is %q", b, label, text)
		}
	})
}

// FuzzDecode: no bytes make a decoder panic, nor hand out more than the limit.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"gzip", "deflate", "br", "br, gzip"} {
		f.Add([]byte("x\x9c"), name)
		f.Add([]byte("\x1f\x8b\x08"), name)
	}
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		const limit = 1 << 16
		r, err := Decode(io.NopCloser(bytes.NewReader(b)), []string{name}, limit)
		if err != nil {
			return
		}
		if n, _ := io.Copy(io.Discard, r); n > limit && n != int64(len(b)) {
			t.Fatalf("%d bytes, the limit is %d", n, limit)
		}
	})
}
