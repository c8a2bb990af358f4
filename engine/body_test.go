package engine

import (
	"strings"
	"testing"
)

// TestBytesThatMeanNothing: JSON with bytes that its charset does not have is refused; other texts have U+FFFD for them.
func TestBytesThatMeanNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s1", "/post", "p"), js("p", `function main(){ c.JSON(200, post_data) }`),
		starter("s2", "/bind", "b"), js("b", `function main(){ c.JSON(200, c.Bind()) }`),
		starter("s3", "/json", "j"), js("j", `function main(){ c.JSON(200, c.Request().json()) }`),
		starter("s4", "/raw", "r"), js("r", `function main(){ c.JSON(200, [...c.Body()]) }`),
	)})
	for _, tt := range []struct {
		kind, body string
		status     int
		want       string
	}{
		{"application/json", "{\"a\":\"\xff\"}", 400, "mean nothing in its charset"},
		{"application/json", "{\"a\":\"\xc3\"}", 400, "mean nothing in its charset"},
		{"application/json", "{\"\xed\xa0\x80\":1}", 400, "mean nothing in its charset"},
		{"application/problem+json", "[\"\xe9\"]", 400, "mean nothing in its charset"},
		{"application/json; charset=utf-8", "[\"\xe9\"]", 400, "mean nothing in its charset"},
		{"application/json; charset=latin1", "[\"\xe9\"]", 200, `["é"]`},
		{"application/json", "[\"\xef\xbf\xbd\"]", 200, "[\"\uFFFD\"]"},
		{"application/json", "[\"\\ud800\"]", 200, `["\ud800"]`},
	} {
		for _, path := range []string{"/post", "/bind", "/json"} {
			got := w.do("POST", path, strings.NewReader(tt.body), "Content-Type: "+tt.kind)
			if got.status != tt.status || !strings.Contains(got.body, tt.want) {
				t.Errorf("%s %q at %s: %d %s", tt.kind, tt.body, path, got.status, got.body)
			}
		}
	}
	for kind, want := range map[string]string{"text/plain": "\"a\uFFFD\"", "application/x-ndjson": "\"a\uFFFD\"", "application/x-www-form-urlencoded": "{\"a\uFFFD\":\"\"}"} {
		w.expect(w.do("POST", "/post", strings.NewReader("a\xff"), "Content-Type: "+kind), 200, want)
	}
	w.expect(w.do("POST", "/raw", strings.NewReader("\xff"), "Content-Type: application/json"), 200, "[255]")
}
