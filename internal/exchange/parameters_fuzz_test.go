package exchange

import (
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// FuzzFormParameters compares the payload that query and form make with a plain model: body before query, one value as
// text, several as a list, never break nor the field that names a continuation.
func FuzzFormParameters(f *testing.F) {
	f.Add("a=1&b=2&b=3", "c=4&a=5", "POST", true)
	f.Add("__proto__=1&constructor=2", "__proto__=3", "POST", true)
	f.Add("break=true&nflow_next_node_run=x", "break=1&break=2", "PUT", true)
	f.Add("a=%zz&b=%", "c=%u1234", "POST", true)
	f.Add("a;b=1&=&&x", "=", "PATCH", true)
	f.Add("q=%00%ff&é=é", "{}", "GET", false)
	f.Fuzz(func(t *testing.T, query, body, method string, form bool) {
		q := httptest.NewRequest("GET", "http://x/", strings.NewReader(body))
		q.Method, q.URL.RawQuery = method, query
		q.Header.Set("Content-Type", map[bool]string{true: "application/x-www-form-urlencoded", false: "text/plain"}[form])
		var x Exchange
		x.Open(idle{}, &Limits{Body: 1 << 20}, echo.New().NewContext(q, httptest.NewRecorder()), graph.Match{})
		want, queryErr := url.ParseQuery(query)
		posted := url.Values{}
		var bodyErr error
		if form && method != "GET" && method != "HEAD" {
			posted, bodyErr = url.ParseQuery(body)
		}
		if err := x.ReadParameters(); err != nil {
			if queryErr == nil && bodyErr == nil {
				t.Fatalf("sound parameters are refused: %v", err)
			}
			return
		}
		if queryErr != nil || bodyErr != nil || !sound(want) || !sound(posted) {
			return // net/url means something else: see internal/body
		}
		for name, values := range want {
			posted[name] = append(posted[name], values...)
		}
		model := map[string]any{}
		for name, values := range posted {
			if name == "break" || name == NextField || len(values) == 0 {
				continue
			}
			if model[name] = values[0]; len(values) > 1 {
				list := make([]any, len(values))
				for i, v := range values {
					list[i] = v
				}
				model[name] = list
			}
		}
		if got := x.Parameters().Map(); len(got)+len(model) > 0 && !reflect.DeepEqual(got, model) {
			t.Fatalf("%s ?%s with %q gives %#v, want %#v", method, query, body, got, model)
		}
		if wantNext := url.Values(posted).Get(NextField); x.Next() != "" && x.Next() != wantNext {
			t.Fatalf("the continuation is %q, want %q", x.Next(), wantNext)
		}
	})
}

// sound reports whether all of it is UTF-8 without a byte order mark, of which internal/body changes nothing.
func sound(v url.Values) bool {
	for name, values := range v {
		for _, text := range append(values, name) {
			if !utf8.ValidString(text) || strings.ContainsRune(text, '\ufeff') {
				return false
			}
		}
	}
	return true
}
