package problem

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func TestWantsPage(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"":    false,
		"*/*": false,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"Text/HTML":                             true,
		"application/json":                      false,
		"application/json, text/html;q=0.9":     false,
		"text/html;level=1;q=0.5, */*":          true,
		"text/html;q=0":                         false,
		"application/json;q=0.5,text/html":      true,
		"text/plain":                            false,
		"application/xhtml+xml":                 true,
		"text/html;q=x, application/json;q=0.9": true,
	} {
		if got := WantsPage(http.Header{"Accept": {accept}}); got != want {
			t.Errorf("Accept %q: %v, want %v", accept, got, want)
		}
	}
	if WantsPage(http.Header{}) {
		t.Error("no Accept wants a page")
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	a := Answer{Message: `a <b> & "c"`, Code: 500, Wid: "w1", Node: &fault.Node{ID: "7", Name: "<script>"}}
	for accept, want := range map[string]struct{ kind, has, lacks string }{
		"application/json": {"application/json", `"wid":"w1"`, "<html"},
		"text/html":        {"text/html; charset=UTF-8", "a &lt;b&gt; &amp; &#34;c&#34;", "<script>"},
	} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(method, "/", nil)
			r.Header.Set("Accept", accept)
			if err := Write(w, r, a); err != nil {
				t.Fatal(err)
			}
			body := w.Body.String()
			if w.Code != 500 || w.Header().Get("Content-Type") != want.kind || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s for %s: %d %v", method, accept, w.Code, w.Header())
			}
			switch {
			case method == "HEAD" && body != "":
				t.Errorf("HEAD has a body: %q", body)
			case method != "HEAD" && (!strings.Contains(body, want.has) || strings.Contains(body, want.lacks)):
				t.Errorf("%s for %s: %s", method, accept, body)
			}
		}
	}
}
