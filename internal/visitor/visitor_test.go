package visitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/replay"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// oneRun is a run of a flow of two nodes.
type oneRun struct {
	store  syncsession.Store
	q      *http.Request
	counts *Counts
	fork   bool
}

func (r *oneRun) Flow() *graph.Flow {
	return &graph.Flow{Name: "orders", Keeps: true, Nodes: map[string]*graph.Node{"ask": {ID: "ask"}, "pay": {ID: "pay"}}}
}
func (r *oneRun) Request() *http.Request                       { return r.q }
func (r *oneRun) Detached() bool                               { return r.fork }
func (r *oneRun) Store() syncsession.Store                     { return r.store }
func (r *oneRun) Await(call func(context.Context) error) error { return call(r.q.Context()) }
func (r *oneRun) Effects() replay.Effects                      { return nil }
func (r *oneRun) Counts() *Counts                              { return r.counts }
func (r *oneRun) Log() *slog.Logger                            { return slog.New(slog.DiscardHandler) }

// browser keeps the cookies between runs.
type browser struct {
	t       *testing.T
	store   syncsession.Store
	counts  Counts
	cookies []*http.Cookie
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	store, err := syncsession.NewCookie(syncsession.Options{Keys: [][]byte{bytes.Repeat([]byte("k"), 64)}})
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, store: store}
}

func (b *browser) session() *Session {
	q := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, c := range b.cookies {
		q.AddCookie(c)
	}
	s := &Session{}
	s.Begin(&oneRun{store: b.store, q: q, counts: &b.counts})
	return s
}

func (b *browser) save(s *Session) {
	b.t.Helper()
	h := http.Header{}
	if err := s.SaveTo(h); err != nil {
		b.t.Fatal(err)
	}
	if set := (&http.Response{Header: h}).Cookies(); len(set) > 0 {
		b.cookies = set
	}
}

// TestOffers: a visitor continues only where the run before offered it, and where a node still is.
func TestOffers(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := b.session()
	if err := s.KeepForm(ordered.From(map[string]any{"name": "Ada", "break": true}), []string{"pay", "gone"}, "wid-1"); err != nil {
		t.Fatal(err)
	}
	b.save(s)
	for node, want := range map[string]bool{"pay": true, "ask": false, "": false} {
		form, offered, err := b.session().Continuation(node)
		if err != nil || offered != want || form.Get("name") != "Ada" || form.Get("break") != nil {
			t.Errorf("at %q: %v, offered %v, %v", node, form, offered, err)
		}
	}
	s = b.session()
	if _, _, err := s.Continuation("pay"); err != nil || s.Story() != "wid-1" {
		t.Errorf("the story is %q, %v", s.Story(), err)
	}
	if err := s.EndForm(); err != nil {
		t.Fatal(err)
	}
	b.save(s)
	if form, offered, err := b.session().Continuation("pay"); err != nil || offered || form.Len() != 0 {
		t.Errorf("after the end: %v, offered %v, %v", form, offered, err)
	}
}

// TestNamedSessions: scripts keep values under names, but none of the runtime's own.
func TestNamedSessions(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := b.session()
	if err := errors.Join(s.Set("cart", "n", int64(2)), s.Set("auth_session", "profile", map[string]any{"username": "ada"})); err != nil {
		t.Fatal(err)
	}
	b.save(s)
	s = b.session()
	if v, err := s.Open("cart"); err != nil || v.Get("n") == nil || s.Username() != "ada" || s.KnownUser() != "ada" {
		t.Errorf("cart %v, user %q, %v", v, s.Username(), err)
	}
	for _, name := range []string{"", offersSession, trackSession, storySession} {
		_, err1 := s.Open(name)
		for _, err := range []error{err1, s.Save(name, ordered.New(0)), s.Set(name, "k", 1), s.Delete(name)} {
			if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Denied && f.Kind != fault.Script {
				t.Errorf("session %q: %v", name, err)
			}
		}
	}
}

// TestForksReadAndNeverSave: a fork sees what its run's visitor has, and what it changes is its own.
func TestForksReadAndNeverSave(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := b.session()
	if err := s.Set("cart", "n", int64(2)); err != nil {
		t.Fatal(err)
	}
	fork := &Session{}
	fork.Begin(&oneRun{store: b.store, q: httptest.NewRequest(http.MethodGet, "/", nil), counts: &b.counts, fork: true})
	s.CopyTo(fork)
	if err := fork.Set("cart", "n", int64(3)); err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	if err := fork.SaveTo(h); err != nil || len(h) != 0 {
		t.Errorf("a fork saved %v, %v", h, err)
	}
	b.save(s)
	if v, err := b.session().Open("cart"); err != nil || fmt.Sprint(v.Get("n")) != "2" {
		t.Errorf("the run's cart is %v, %v", v, err)
	}
	if n := b.counts.Saved.Load(); n != 1 {
		t.Errorf("%d sessions were saved", n)
	}
}

// TestCount: the tracker's number continues over requests, and restarts on request.
func TestCount(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	for _, want := range []struct {
		reset bool
		order int
	}{{false, 1}, {false, 2}, {true, 1}} {
		s := b.session()
		id, order := s.Count(want.reset, func() string { return "log-1" })
		if id != "log-1" || order != want.order {
			t.Errorf("%q, %d, want %d", id, order, want.order)
		}
		b.save(s)
	}
}
