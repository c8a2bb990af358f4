package syncsession_test

import (
	"net/http"
	"testing"

	"github.com/arturoeanton/nflow-runtime/syncsession"
)

func TestLoadWithoutCookieIsOneAllocation(t *testing.T) {
	b := newBrowser(t, syncsession.Options{})
	r, ctx := b.request(), t.Context()
	if got := testing.AllocsPerRun(100, func() { _, _ = b.store.Load(ctx, r) }); got > 1 {
		t.Errorf("%v allocations", got)
	}
}

func BenchmarkLoadWithoutCookie(b *testing.B) {
	br := newBrowser(b, syncsession.Options{})
	r, ctx := br.request(), b.Context()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = br.store.Load(ctx, r)
	}
}

func small(tb testing.TB) *browser {
	b := newBrowser(tb, syncsession.Options{})
	b.run(func(s *syncsession.Session) { fillSmall(tb, s) })
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

// BenchmarkStores measures reading a small session, and changing one key of it, in each store.
func BenchmarkStores(b *testing.B) {
	for name, maker := range makers() {
		b.Run(name, func(b *testing.B) {
			br := visit(b, maker(b, syncsession.Options{}))
			br.run(func(s *syncsession.Session) { fillSmall(b, s) })
			r, ctx := br.request(), b.Context()
			b.Run("load", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if s, err := br.store.Load(ctx, r); err != nil || s.IsNew() {
						b.Fatal(err)
					}
				}
			})
			b.Run("save", func(b *testing.B) {
				s, n := br.load(), 0
				b.ReportAllocs()
				for b.Loop() {
					n++
					must(b, s.SetKey("nflow_form", "n", n))
					must(b, br.store.Save(ctx, http.Header{}, r, s))
				}
			})
			b.Run("parallel load and save", func(b *testing.B) {
				b.RunParallel(func(p *testing.PB) {
					mine := visit(b, br.store)
					mine.run(func(s *syncsession.Session) { fillSmall(b, s) })
					for n := 0; p.Next(); n++ {
						s, err := mine.store.Load(ctx, mine.request())
						if err == nil {
							err = s.SetKey("nflow_form", "n", n)
						}
						if err == nil {
							err = mine.store.Save(ctx, http.Header{}, r, s)
						}
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		})
	}
}

func fillSmall(tb testing.TB, s *syncsession.Session) {
	must(tb, s.Set("nflow_form", map[string]any{"name": "Ana", "mail": "ana@example.org", "age": 42, "tags": []string{"a", "b"}}))
	must(tb, s.Set("auth_session", map[string]any{"profile": map[string]any{"username": "ana", "role": "ROL_USER"}}))
}
