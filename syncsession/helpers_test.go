package syncsession_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

var _ syncsession.Blobs = (*memoryBlobs)(nil)

// memoryBlobs keeps blobs as the store does. Its error, when set, is what a database that is down answers.
type memoryBlobs struct {
	mu      sync.Mutex
	data    map[string][]byte
	expires map[string]time.Time
	err     error
}

func (m *memoryBlobs) LoadBlob(_ context.Context, id string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	data, ok := m.data[id]
	if !ok {
		return nil, fault.New(fault.NotFound, "no blob %s", id)
	}
	return bytes.Clone(data), nil
}

func (m *memoryBlobs) SaveBlob(_ context.Context, id string, data []byte, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.data == nil {
		m.data, m.expires = map[string][]byte{}, map[string]time.Time{}
	}
	m.data[id], m.expires[id] = bytes.Clone(data), expires
	return nil
}

func (m *memoryBlobs) DeleteBlob(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.data, id)
	delete(m.expires, id)
	return m.err
}

func (m *memoryBlobs) forget(id string) { _ = m.DeleteBlob(context.Background(), id) }

func (m *memoryBlobs) ids() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var ids []string
	for id := range m.data {
		ids = append(ids, id)
	}
	return ids
}

// browser sends its cookies and keeps those that it is given, as a browser does.
type browser struct {
	t       testing.TB
	store   syncsession.Store
	cookies map[string]string
}

func newBrowser(t testing.TB, opt syncsession.Options) *browser {
	t.Helper()
	return &browser{t: t, store: newStore(t, opt), cookies: map[string]string{}}
}

func newStore(t testing.TB, opt syncsession.Options) *syncsession.CookieStore {
	t.Helper()
	if opt.Keys == nil {
		opt.Keys = [][]byte{key("a")}
	}
	store, err := syncsession.NewCookie(opt)
	must(t, err)
	return store
}

func (b *browser) request() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (b *browser) load() *syncsession.Session {
	b.t.Helper()
	s, err := b.store.Load(b.t.Context(), b.request())
	must(b.t, err)
	return s
}

// save returns the Set-Cookie line, "" for none.
func (b *browser) save(s *syncsession.Session) string {
	b.t.Helper()
	h := http.Header{}
	must(b.t, b.store.Save(b.t.Context(), h, b.request(), s))
	if n := len(h["Set-Cookie"]); n > 1 || len(h) > 1 {
		b.t.Fatalf("headers %v", h)
	}
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return h.Get("Set-Cookie")
}

// run is one request: load, do, save.
func (b *browser) run(do func(*syncsession.Session)) string {
	b.t.Helper()
	s := b.load()
	do(s)
	return b.save(s)
}

// clock is a clock that tests turn.
type clock struct{ now time.Time }

func newClock() *clock                   { return &clock{time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }
func (c *clock) Now() time.Time          { return c.now }
func (c *clock) forward(d time.Duration) { c.now = c.now.Add(d) }

func key(letter string) []byte { return bytes.Repeat([]byte(letter), 64) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %#v\nwant %#v", got, want)
	}
}

func faultOf(t testing.TB, err error, kind fault.Kind) *fault.Error {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != kind {
		t.Fatalf("error %v, want a fault of kind %d", err, kind)
	}
	return f
}

// unwrap takes the layers of base64 off a cookie, as far as they go; there is always one.
func unwrap(value string) [][]byte {
	outer, err := base64.URLEncoding.DecodeString(value)
	if err != nil {
		return [][]byte{[]byte(value)}
	}
	layers := [][]byte{outer}
	for i := range outer {
		if outer[i] == '|' {
			inner := outer[i+1:]
			for j := range inner {
				if inner[j] == '|' {
					if b, err := base64.URLEncoding.DecodeString(string(inner[:j])); err == nil {
						layers = append(layers, b)
					}
					break
				}
			}
			break
		}
	}
	return layers
}
