package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// routed is a starter as a test writes it.
type routed struct{ flow, id, method, pattern string }

// compileRoutes makes a graph of starters that all lead to a node of their own.
func compileRoutes(t testing.TB, list []routed) *Graph {
	t.Helper()
	flows := map[string]any{}
	for _, r := range list {
		if flows[r.flow] == nil {
			flows[r.flow] = map[string]any{"data": map[string]any{"end": map[string]any{"data": map[string]any{"type": "js", "code": "x"}}}}
		}
		flows[r.flow].(map[string]any)["data"].(map[string]any)[r.id] = map[string]any{
			"data":    map[string]any{"type": "starter", "urlpattern": r.pattern, "method": r.method},
			"outputs": map[string]any{"output_1": map[string]any{"connections": []any{map[string]any{"node": "end"}}}},
		}
	}
	text, err := json.Marshal(map[string]any{"drawflow": flows})
	if err != nil {
		t.Fatal(err)
	}
	g, err := Compile(App{JSON: text}, options())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestHead: HEAD has a starter of its own, else that of GET, else of ANY.
func TestHead(t *testing.T) {
	t.Parallel()
	g := compileRoutes(t, []routed{
		{"d", "1", "HEAD", "/head"},
		{"d", "2", "ANY", "/both"},
		{"d", "3", "GET", "/both"},
		{"d", "4", "head", "/both"},
		{"d", "5", "ANY", "/get"},
		{"d", "6", "GET", "/get"},
	})
	for request, want := range map[string]string{"HEAD /head": "1", "GET /head": "", "HEAD /both": "4", "GET /both": "3", "POST /both": "2", "HEAD /get": "6"} {
		method, path, _ := strings.Cut(request, " ")
		m, ok := g.Match(method, path)
		if ok != (want != "") || ok && m.Starter.Node.ID != want {
			t.Errorf("%s: %+v", request, m)
		}
	}
	if got := g.Methods("/head"); !slices.Equal(got, []string{"HEAD", "OPTIONS"}) {
		t.Error(got)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	g := compileRoutes(t, []routed{
		{"b", "1", "GET", "/x/:id"},
		{"a", "2", "GET", "/x/:other"},
		{"a", "1", "GET", "/x/:name"},
		{"b", "2", "ANY", "/x/fixed"},
		{"b", "3", "GET", "/:a/fixed/:c"},
		{"b", "4", "POST", "/x/:id/c"},
		{"b", "5", "get", " /trim "},
		{"b", "6", "", "/nomethod"},
		{"b", "7", "GET", "/with%20blank/"},
		{"b", "8", "GET", "/"},
		{"b", "9", "GET", "relative"},
		{"b", "10", "TRACE", "/odd"},
		{"c", "1", "GET", "/v/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j/:k/:l/:m/:n/:o/:p/:q/:r"},
		{"c", "2", "GET", "/twice/:a/:a"},
	})
	tests := []struct {
		method, path string
		want         string // flow/id, "" for none
		vars         map[string]string
	}{
		{"GET", "/x/1", "a/1", map[string]string{"name": "1"}},
		{"HEAD", "/x/1", "a/1", map[string]string{"name": "1"}},
		{"HEAD", "/x/fixed", "b/2", nil},
		{"GET", "/x/fixed", "b/2", nil},
		{"GET", "/x/fixed/c", "b/3", map[string]string{"a": "x", "c": "c"}},
		{"POST", "/x/fixed/c", "b/4", map[string]string{"id": "fixed"}},
		{"POST", "/x/1", "", nil},
		{"GET", "/trim", "b/5", nil},
		{"DELETE", "/nomethod", "b/6", nil},
		{"GET", "/with%20blank/", "b/7", nil},
		{"GET", "/with%20blank", "", nil},
		{"GET", "/", "b/8", nil},
		{"GET", "", "", nil},
		{"GET", "/relative", "b/9", nil},
		{"GET", "/odd", "", nil},
		{"GET", "/x/%zz", "", nil},
		{"GET", "/x/%2F", "a/1", map[string]string{"name": "/"}},
		{"GET", "/v/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18", "c/1", map[string]string{"a": "1", "i": "9", "r": "18"}},
		{"GET", "/twice/1/2", "c/2", map[string]string{"a": "2"}},
	}
	for _, tt := range tests {
		m, ok := g.Match(tt.method, tt.path)
		got := ""
		if ok {
			got = m.Starter.Node.Flow.Name + "/" + m.Starter.Node.ID
		}
		if got != tt.want {
			t.Errorf("%s %s: %q answers, want %q", tt.method, tt.path, got, tt.want)
		}
		for k, v := range tt.vars {
			if m.Vars[k] != v {
				t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.path, k, m.Vars[k], v)
			}
		}
	}
}

func TestContinuation(t *testing.T) {
	t.Parallel()
	tests := []struct{ path, endpoint, next string }{
		{"/a/b", "/a/b", ""},
		{"/a/nfnext/n", "/a", "n"},
		{"/a/nftk/some%20label/nfnext/n%2F1", "/a", "n/1"},
		{"/a/nftk/nfnext/nfnext/n", "/a", "nfnext"},
		{"/a/nfnext/n/more", "/a", "n"},
		{"/a/nfnext", "/a", ""},
		{"/a/nfnext/", "/a", ""},
		{"/a/nftk/label", "/a", ""},
		{"/nfnext/n", "/", "n"},
		{"/nftk", "/", ""},
		{"/anfnext/n", "/anfnext/n", ""},
		{"/nfnextx/nftks", "/nfnextx/nftks", ""},
		{"/a/nfnext/%zz", "/a", ""},
		{"/a/nfnext/x/nfnext/y", "/a", "x"},
		{"", "", ""},
		{"nfnext/n", "nfnext/n", ""},
	}
	for _, tt := range tests {
		if endpoint, next := Continuation(tt.path); endpoint != tt.endpoint || next != tt.next {
			t.Errorf("%q: %q and %q, want %q and %q", tt.path, endpoint, next, tt.endpoint, tt.next)
		}
	}
}

// naive finds what must answer by looking at every starter.
func naive(list []routed, method, path string) (found *routed, vars map[string]string) {
	if !strings.HasPrefix(path, "/") {
		return nil, nil
	}
	parts := strings.Split(path[1:], "/")
	for i, p := range parts {
		plain, err := url.PathUnescape(p)
		if err != nil {
			return nil, nil
		}
		parts[i] = plain
	}
	for i := range list {
		r := &list[i]
		bound, ok := r.binds(parts)
		if !ok || r.method != "ANY" && r.method != method {
			continue
		}
		if found == nil || r.before(found, method) {
			found, vars = r, bound
		}
	}
	return found, vars
}

func (r *routed) parts() []string { return strings.Split(strings.TrimPrefix(r.pattern, "/"), "/") }

func (r *routed) binds(parts []string) (vars map[string]string, ok bool) {
	pattern := r.parts()
	if len(pattern) != len(parts) {
		return nil, false
	}
	vars = map[string]string{}
	for i, p := range pattern {
		if name, isVar := strings.CutPrefix(p, ":"); isVar {
			if parts[i] == "" {
				return nil, false
			}
			vars[name] = parts[i]
		} else if fixed(p) != parts[i] {
			return nil, false
		}
	}
	return vars, true
}

func fixed(p string) string {
	if plain, err := url.PathUnescape(p); err == nil {
		return plain
	}
	return p
}

func (r *routed) before(other *routed, method string) bool {
	a, b := r.parts(), other.parts()
	for i := range a {
		if av, bv := strings.HasPrefix(a[i], ":"), strings.HasPrefix(b[i], ":"); av != bv {
			return bv
		}
	}
	if r.method != other.method {
		return r.method == method
	}
	return cmp.Or(cmp.Compare(r.flow, other.flow), cmp.Compare(r.id, other.id)) < 0
}

func FuzzMatch(f *testing.F) {
	f.Add("/a/:b\n/a/b\n:x/b", "GET", "/a/b")
	f.Add("/a/:b/c\n/:x/b/:c\n/a/b/:d", "POST", "/a/b/c")
	f.Add("/%61/:b\n/a/:c", "GET", "/a/%2F")
	f.Add("/\n\n//\n/:a", "GET", "//")
	f.Add("/a\n/a\n/a", "HEAD", "/a/nfnext/x")
	f.Add("/:\n/::a\n/a:b", "GET", "/%zz")
	f.Fuzz(func(t *testing.T, patterns, method, path string) {
		methods := []string{"ANY", "GET", "POST", "DELETE"}
		var list []routed
		for i, p := range strings.Split(patterns, "\n") {
			p = strings.TrimSpace(strings.ToValidUTF8(p, "?"))
			if p == "" || len(list) == 12 {
				continue
			}
			list = append(list, routed{flow: string(rune('a' + i%3)), id: fmt.Sprint("n", i), method: methods[(i+len(p))%len(methods)], pattern: p})
		}
		g := compileRoutes(t, list)
		m, ok := g.Match(method, path)
		if method == "HEAD" {
			method = "GET"
		}
		endpoint, _ := Continuation(path)
		want, vars := naive(list, method, endpoint)
		switch {
		case ok != (want != nil):
			t.Fatalf("%s %q matched %v, want %+v", method, path, ok, want)
		case ok && (m.Starter.Node.ID != want.id || m.Starter.Node.Flow.Name != want.flow):
			t.Fatalf("%s %q: %s of flow %s answers, want %+v", method, path, m.Starter.Node.ID, m.Starter.Node.Flow.Name, want)
		case ok && !maps.Equal(m.Vars, vars):
			t.Fatalf("%s %q: vars %v, want %v", method, path, m.Vars, vars)
		}
	})
}

func FuzzContinuation(f *testing.F) {
	for _, s := range []string{"/a/nfnext/b", "/a/nftk/l/nfnext/b", "/nfnext", "nfnext", "/nftknfnext/nfnext/%2", "//nfnext//", "/a/nfnext/nftk"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		endpoint, next := Continuation(path)
		var parts []string
		if path != "" {
			parts = strings.Split(path, "/")
		}
		mark := slices.IndexFunc(parts, func(p string) bool { return p == "nfnext" || p == "nftk" })
		if mark == 0 {
			mark = -1 // not after a slash
			if i := slices.IndexFunc(parts[1:], func(p string) bool { return p == "nfnext" || p == "nftk" }); i >= 0 {
				mark = i + 1
			}
		}
		if mark < 0 {
			if endpoint != path || next != "" {
				t.Fatalf("%q has no continuation and gives %q, %q", path, endpoint, next)
			}
			return
		}
		want := strings.Join(parts[:mark], "/")
		if want == "" {
			want = "/"
		}
		wantNext := ""
		if i := slices.Index(parts[mark:], "nfnext"); i >= 0 && mark+i+1 < len(parts) {
			wantNext, _ = url.PathUnescape(parts[mark+i+1])
		}
		if endpoint != want || next != wantNext {
			t.Fatalf("%q gives %q, %q, want %q, %q", path, endpoint, next, want, wantNext)
		}
	})
}
