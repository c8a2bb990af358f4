package wire

import (
	"net/http"
	"strings"
	"testing"
)

func TestCheckHead(t *testing.T) {
	t.Parallel()
	many := func(name string, n int, value string) http.Header {
		h := http.Header{}
		for range n {
			h.Add(name, value)
		}
		return h
	}
	for what, tt := range map[string]struct {
		head http.Header
		want string
	}{
		"none":              {http.Header{}, ""},
		"as many cookies":   {many("Set-Cookie", maxHeadCookies, "a=1"), ""},
		"a cookie more":     {many("Set-Cookie", maxHeadCookies+1, "a=1"), "cookies"},
		"as many values":    {many("X", maxHeadValues, "1"), ""},
		"a value more":      {many("X", maxHeadValues+1, "1"), "headers"},
		"one large value":   {many("X", 1, strings.Repeat("x", maxHeadBytes)), "KiB"},
		"many large ones":   {many("X", 10, strings.Repeat("x", maxHeadBytes/9)), "KiB"},
		"just large enough": {many("X", 1, strings.Repeat("x", maxHeadBytes-5)), ""},
	} {
		err := CheckHead(tt.head)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", what, err, tt.want)
		}
	}
}
