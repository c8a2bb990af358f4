package syncsession_test

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

func TestOverflowAndBack(t *testing.T) {
	t.Parallel()
	now, blobs := newClock(), &memoryBlobs{}
	b := newBrowser(t, syncsession.Options{TTL: time.Hour, Now: now.Now, Overflow: blobs})
	set := func(bytes int) string {
		t.Helper()
		line := b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", strings.Repeat("x", bytes))) })
		if got := len("nflow=" + b.cookies["nflow"]); got > 3800 {
			t.Errorf("%d bytes in the session make a cookie of %d", bytes, got)
		}
		if got, _ := b.load().Value("form", "k"); len(got.(string)) != bytes {
			t.Errorf("%d bytes are %d", bytes, len(got.(string)))
		}
		return line
	}
	for n := 0; n < 4200; n += 100 { // over the border from both sides
		set(n)
	}
	id := blobs.ids()
	if len(id) != 1 || len(id[0]) != 43 {
		t.Fatalf("blobs %q", id)
	}
	if got := blobs.expires[id[0]]; !got.Equal(now.now.Add(time.Hour)) {
		t.Errorf("expires %s", got)
	}
	if bytes.Contains(blobs.data[id[0]], []byte("xxx")) {
		t.Error("the blob can be read")
	}
	if line := set(200_000); len(line) > 400 {
		t.Errorf("the cookie has %d bytes", len(line))
	}
	equal(t, blobs.ids(), id)
	large := maps.Clone(b.cookies)
	set(10)
	if got := blobs.expires[id[0]]; !got.Equal(now.now.Add(time.Minute)) {
		t.Errorf("the outdated blob expires %s", got)
	}
	small := maps.Clone(b.cookies)
	b.cookies = large // a request sent before the response came
	if got, _ := b.load().Value("form", "k"); got != strings.Repeat("x", 10) {
		t.Errorf("the old cookie reads %v", got)
	}
	now.forward(time.Minute)
	if !b.load().IsNew() {
		t.Error("the old cookie lives on")
	}
	b.cookies = small
	blobs.forget(id[0])
	set(200_000)
	if next := blobs.ids(); len(next) != 1 || next[0] == id[0] {
		t.Errorf("blobs %q", next)
	}
	b.run((*syncsession.Session).Clear)
	if len(blobs.ids()) != 0 || len(b.cookies) != 0 {
		t.Error("the emptied session is left behind")
	}
}

func TestRenewGivesANewID(t *testing.T) {
	t.Parallel()
	blobs := &memoryBlobs{}
	b := newBrowser(t, syncsession.Options{Overflow: blobs})
	large := strings.Repeat("x", 5000)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", large)) })
	planted, before := maps.Clone(b.cookies), blobs.ids()
	b.run(func(s *syncsession.Session) { s.Renew(); must(t, s.SetKey("auth_session", "profile", "ana")) })
	if after := blobs.ids(); len(after) != 1 || after[0] == before[0] {
		t.Errorf("ids %q, before %q", after, before)
	}
	equal(t, b.load().Get("auth_session"), map[string]any{"profile": "ana"})
	b.cookies = planted
	if s := b.load(); !s.IsNew() || s.Get("auth_session") != nil {
		t.Error("who knows the id from before the login is logged in")
	}
}

func TestBlobGoneSwappedOrBroken(t *testing.T) {
	t.Parallel()
	blobs := &memoryBlobs{}
	large := strings.Repeat("x", 5000)
	visitor := func(name string) (*browser, string) {
		had := blobs.ids()
		b := newBrowser(t, syncsession.Options{Overflow: blobs})
		b.run(func(s *syncsession.Session) { must(t, s.Set("form", map[string]any{"name": name, "k": large})) })
		for _, id := range blobs.ids() {
			if len(had) == 0 || id != had[0] {
				return b, id
			}
		}
		t.Fatal("no blob")
		return nil, ""
	}
	ana, anas := visitor("ana")
	bob, bobs := visitor("bob")
	equal(t, bob.load().Get("form")["name"], any("bob"))

	blobs.data[anas] = blobs.data[bobs]
	if !ana.load().IsNew() {
		t.Error("ana gets bob's data")
	}
	blobs.data[bobs][10] ^= 1
	if !bob.load().IsNew() {
		t.Error("a broken blob is read")
	}
	delete(blobs.data, anas)
	s := ana.load()
	if !s.IsNew() || s.Get("form") != nil {
		t.Error("a blob that is gone is no new session")
	}
	must(t, s.SetKey("form", "k", 1))
	ana.save(s)
	equal(t, ana.load().Get("form"), map[string]any{"k": int64(1)})
}

func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	blobs := &memoryBlobs{}
	b := newBrowser(t, syncsession.Options{Overflow: blobs})
	large := strings.Repeat("x", 5000)
	b.run(func(s *syncsession.Session) { must(t, s.SetKey("form", "k", large)) })
	held := b.load()
	down := errors.New("dial tcp 10.0.0.1: refused")
	blobs.err = fault.Wrap(fault.Internal, down, "the database failed reading a session")

	_, err := b.store.Load(t.Context(), b.request())
	if f := faultOf(t, err, fault.Unavailable); !errors.Is(err, down) || f.Retry == 0 || strings.Contains(f.Text, "10.0.0.1") {
		t.Errorf("error %v", err)
	}
	must(t, held.SetKey("form", "more", 1))
	h := http.Header{}
	faultOf(t, b.store.Save(t.Context(), h, b.request(), held), fault.Unavailable)
	if len(h) != 0 || !held.Changed() {
		t.Error("a failed save left traces")
	}
	// What fits the cookie needs no database; the blob it leaves behind expires.
	must(t, held.Set("form", map[string]any{"k": "small"}))
	b.save(held)
	equal(t, b.load().Get("form"), map[string]any{"k": "small"})

	blobs.err = nil
	must(t, held.SetKey("form", "k", large))
	b.save(held)
	equal(t, b.load().Get("form")["k"], any(large))
}

func TestCap(t *testing.T) {
	t.Parallel()
	blobs := &memoryBlobs{}
	b := newBrowser(t, syncsession.Options{Overflow: blobs, MaxBytes: 10_000})
	// Escapes make it larger than it seemed when it was set.
	b.run(func(s *syncsession.Session) {
		must(t, s.SetKey("auth_session", "k", "v"))
		must(t, s.SetKey("nflow_form", "k", strings.Repeat("\n", 9000)))
		h := http.Header{}
		f := faultOf(t, b.store.Save(t.Context(), h, b.request(), s), fault.TooLarge)
		if !strings.Contains(f.Text, `"nflow_form" about 9`) || !strings.Contains(f.Text, `"auth_session" about 9`) {
			t.Errorf("text %q", f.Text)
		}
		if len(h) != 0 || len(blobs.ids()) != 0 {
			t.Error("a refused session is saved")
		}
		s.Delete("nflow_form")
	})
	equal(t, b.load().Get("auth_session"), map[string]any{"k": "v"})

	full := newBrowser(t, syncsession.Options{Overflow: blobs})
	full.run(func(s *syncsession.Session) {
		must(t, s.SetKey("f", "k", strings.Repeat("x", syncsession.DefaultMaxBytes-100)))
		faultOf(t, s.SetKey("f", "more", strings.Repeat("x", 200)), fault.TooLarge)
	})
	if got := full.load().Get("f")["k"].(string); len(got) != syncsession.DefaultMaxBytes-100 {
		t.Errorf("%d bytes", len(got))
	}
	full.run(func(s *syncsession.Session) {
		faultOf(t, s.SetKey("f", "more", strings.Repeat("x", 200)), fault.TooLarge)
	})
}

func TestTooLargeForACookieWithoutOverflow(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, syncsession.Options{})
	s := b.load()
	must(t, s.SetKey("form", "k", strings.Repeat("x", 5000)))
	faultOf(t, b.store.Save(t.Context(), http.Header{}, b.request(), s), fault.TooLarge)
}
