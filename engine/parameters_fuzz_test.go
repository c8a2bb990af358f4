package engine

import (
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
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
		x := &exchange{echo: echo.New().NewContext(q, httptest.NewRecorder())}
		want, queryErr := url.ParseQuery(query)
		posted := url.Values{}
		var bodyErr error
		if form && bodyMethod(method) {
			posted, bodyErr = url.ParseQuery(body)
		}
		if err := x.readParameters(1 << 20); err != nil {
			if queryErr == nil && bodyErr == nil {
				t.Fatalf("sound parameters are refused: %v", err)
			}
			return
		}
		for name, values := range want {
			posted[name] = append(posted[name], values...)
		}
		model := map[string]any{}
		for name, values := range posted {
			if name == "break" || name == nextField || len(values) == 0 {
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
		if got := x.parameters(); len(got)+len(model) > 0 && !reflect.DeepEqual(got, model) {
			t.Fatalf("%s ?%s with %q gives %#v, want %#v", method, query, body, got, model)
		}
		if wantNext := url.Values(posted).Get(nextField); x.next() != "" && x.next() != wantNext {
			t.Fatalf("the continuation is %q, want %q", x.next(), wantNext)
		}
	})
}
