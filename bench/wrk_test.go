package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

func TestWhatWrkCanAsk(t *testing.T) {
	t.Parallel()
	k := &wrk{}
	one := loader{visit: visitOf("a")}
	for name, tt := range map[string]struct {
		wrk  *wrk
		l    loader
		want bool
	}{
		"one request":              {k, one, true},
		"not installed":            {nil, one, false},
		"a visit with a session":   {k, loader{visit: visitOf("a", "b")}, false},
		"at a rate":                {k, loader{visit: visitOf("a"), rate: 10}, false},
		"while others ask as well": {k, loader{visit: visitOf("a"), beside: &one}, false},
	} {
		if got := tt.wrk.can(tt.l); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	got := step{path: "/json", json: `{"a":[1]}`}.request().script()
	want := "wrk.method = [=[POST]=]\nwrk.path = [=[/json]=]\nwrk.headers[ [=[Host]=] ] = [=[localhost]=]\n" +
		"wrk.headers[ [=[Content-Type]=] ] = [=[application/json]=]\nwrk.body = [=[{\"a\":[1]}]=]\n"
	if strings.TrimSuffix(got, tell) != want {
		t.Errorf("the script is\n%s", got)
	}
	for d, want := range map[time.Duration]int{time.Millisecond: 1, time.Second: 1, 1500 * time.Millisecond: 2, 3 * time.Second: 3} {
		if got := wholeSeconds(d); got != want {
			t.Errorf("%v are %d seconds", d, got)
		}
	}
}

func TestReadWrk(t *testing.T) {
	t.Parallel()
	var s speed
	if err := s.read("Running 1s test\nRequests/sec: 5\n" + told + " 1000 2000000 3 4 1500 9000\n"); err != nil {
		t.Fatal(err)
	}
	if s.answered != 997 || s.failed != 7 || s.took != 2*time.Second || s.p50 != 1.5 || s.p99 != 9 || s.failure == nil {
		t.Errorf("it was read as %+v", s)
	}
	for _, out := range []string{"", "Requests/sec: 5\n", "\n" + told + " 1000 2000000 3\n"} {
		if err := s.read(out); err == nil {
			t.Errorf("%q was taken", out)
		}
	}
}

// TestWrkAsks runs the real program against a server that wants what the step sends, and one that refuses it.
func TestWrkAsks(t *testing.T) {
	t.Parallel()
	servertest.Program(t, "wrk")
	k := findWrk(t.TempDir())
	var asked atomic.Int64
	for name, status := range map[string]int{"taken": http.StatusOK, "refused": http.StatusConflict} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if q.Method != http.MethodPost || q.URL.Path != "/json" || q.Header.Get("Content-Type") != "application/json" || q.ContentLength != 9 {
				t.Errorf("%s: it asks %s %s %v", name, q.Method, q.URL, q.Header)
			}
			asked.Add(1)
			w.WriteHeader(status)
		}))
		l := loader{visit: visit{requests: []request{step{path: "/json", json: `{"a":[1]}`}.request()}}, connections: 2, took: time.Second}
		got, err := k.fast(t.Context(), l, s.Listener.Addr().String())
		s.Close()
		if err != nil {
			t.Fatal(err)
		}
		if (status == http.StatusOK) != (got.failed == 0) || (status == http.StatusOK) != (got.answered > 0) || got.load == 0 || got.p99 < got.p50 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if asked.Load() == 0 {
		t.Error("nobody asked")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.fast(ctx, loader{visit: visitOf("a"), connections: 1}, "127.0.0.1:1"); err == nil {
		t.Error("a bench that was interrupted goes on")
	}
	if _, err := os.Stat(k.folder + "/wrk.lua"); err != nil {
		t.Error(err)
	}
}
