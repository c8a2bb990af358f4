package syncsession_test

import (
	"net/http"
	"testing"

	"github.com/arturoeanton/nflow-runtime/syncsession"
)

func TestLoadWithoutCookieIsOneAllocation(t *testing.T) {
	b := newBrowser(t, syncsession.CookieOptions{})
	r, ctx := b.request(), t.Context()
	if got := testing.AllocsPerRun(100, func() { _, _ = b.store.Load(ctx, r) }); got > 1 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkLoadWithoutCookie(b *testing.B) {
	br := newBrowser(b, syncsession.CookieOptions{})
	r, ctx := br.request(), b.Context()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = br.store.Load(ctx, r)
	}
}

func small(tb testing.TB) *browser {
	b := newBrowser(tb, syncsession.CookieOptions{})
	b.run(func(s *syncsession.Session) {
		must(tb, s.Set("nflow_form", map[string]any{"name": "Ana", "mail": "ana@example.org", "age": 42, "tags": []string{"a", "b"}}))
		must(tb, s.Set("auth_session", map[string]any{"profile": map[string]any{"username": "ana", "role": "ROL_USER"}}))
	})
	return b
}

func BenchmarkLoad(b *testing.B) {
	br := small(b)
	r, ctx := br.request(), b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if s, err := br.store.Load(ctx, r); err != nil || s.IsNew() {
			b.Fatal(err)
		}
	}
}

func BenchmarkSave(b *testing.B) {
	br := small(b)
	s, r, ctx := br.load(), br.request(), b.Context()
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		must(b, s.SetKey("nflow_form", "n", n))
		must(b, br.store.Save(ctx, http.Header{}, r, s))
	}
}
