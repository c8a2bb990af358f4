package web

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/retry"
)

func TestRedirects(t *testing.T) {
	t.Parallel()
	var inner atomic.Int64
	secretServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner.Add(1); mirror(w, r) }))
	t.Cleanup(secretServer.Close)
	other := "http://localhost" + secretServer.URL[strings.LastIndex(secretServer.URL, ":"):]
	w, s := serve(t, Options{Allow: []string{"127.0.0.1", "localhost"}}, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case r.URL.Query().Get("to") != "":
			code := http.StatusFound
			_, _ = fmt.Sscan(r.URL.Query().Get("code"), &code)
			http.Redirect(w, r, r.URL.Query().Get("to"), code)
		default:
			mirror(w, r)
		}
	})
	const headers = `headers: { Authorization: "a", Cookie: "b", "X-Api-Key": "c", "X-Auth-Token": "d", Accept: "text/plain" }`
	w.eq(`const same = http.get(base + "/r?to=/there", { `+headers+` }); const h = same.json().header
		;[same.redirected, same.url === base + "/there", h.Authorization, h.Cookie, h["X-Api-Key"], h.Accept]`, `[true,true,["a"],["b"],["c"],["text/plain"]]`)
	w.eq(`const g = http.get(base + "/r?secret=1&to=`+other+`/there", { `+headers+` }).json().header
		;[g.Authorization, g.Cookie, g["X-Api-Key"], g["X-Auth-Token"], g.Referer].every(v => v === undefined) && g.Accept[0] === "text/plain"`, `true`)
	// Away and back again: what was dropped stays dropped.
	w.eq(`const back = http.get(base + "/r?to=" + encodeURIComponent("`+s.URL+`".replace("127.0.0.1", "localhost") + "/r?to=" + base + "/end"), { `+headers+` }).json().header
		;back.Authorization === undefined && back.Accept[0] === "text/plain"`, `true`)
	w.eq(`http.post(base + "/r?code=307&to=/p", { body: "x" }).json().body`, `"x"`)
	w.eq(`http.post(base + "/r?code=303&to=/p", { body: "x" }).json().method`, `"GET"`)
	w.eq(`const man = http.get(base + "/r?to=/there", { redirect: "manual" }); [man.status, man.headers.get("location")]`, `[302,"/there"]`)
	w.throws(`http.get(base + "/r?to=/there", { redirect: "error" })`, `redirect is "error"`)
	w.throws(`http.get(base + "/loop", { retries: 3 })`, "redirects more than 20 times")
	w.throws(`http.get(base + "/r?to=file:///etc/passwd")`, "not http or https")
	w.throws(`http.get(base + "/r?to=http://169.254.169.254/")`, "network_allow")

	before := inner.Load()
	open := newWorld(t, plugin(t, Options{Allow: []string{strings.TrimPrefix(s.URL, "http://")}})) // only this server
	for _, to := range []string{secretServer.URL, other} {
		open.throws(`http.get("`+s.URL+`/r?to=`+to+`")`, "network_allow")
		open.throws(`await fetch("`+s.URL+`/r?to=`+to+`")`, "network_allow")
	}
	if inner.Load() != before {
		t.Error("a redirect reached a host that is not listed")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, Options{MaxBody: 1 << 20}, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bomb": // 16 MiB in 16 KiB
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			zeros := make([]byte, 1<<20)
			for range 16 {
				if _, err := z.Write(zeros); err != nil {
					return
				}
			}
			_ = z.Close()
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, "unpacked")
			_ = z.Close()
		case "/exact":
			_, _ = w.Write(make([]byte, 1<<20))
		case "/endless":
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		case "/long":
			w.Header().Set("Content-Length", fmt.Sprint(1<<20+1))
			_, _ = w.Write(make([]byte, 1<<20+1))
		case "/header":
			w.Header().Set("X-Big", strings.Repeat("a", 2<<20))
		}
	})
	w.eq(`http.get(base + "/gzip").body`, `"unpacked"`)
	w.eq(`http_get_with_header(base + "/gzip", { "Accept-Encoding": ["gzip, br"] }).body`, `"unpacked"`)
	w.eq(`http.get(base + "/exact").body.length`, `1048576`)
	for _, path := range []string{"bomb", "endless", "long"} {
		w.throws(`http.get(base + "/`+path+`", { retries: 2 })`, "is larger than 1 MiB")
		w.throws(`await fetch(base + "/`+path+`")`, "is larger than 1 MiB")
	}
	w.throws(`http.get(base + "/header")`, "failed")
	if len(w.slept) != 0 {
		t.Error("a large answer is asked for again")
	}
}

func TestAnswersCountTogether(t *testing.T) {
	t.Parallel()
	full := make(chan struct{})
	var once sync.Once
	w, _ := serve(t, Options{MaxBody: 1 << 20}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(make([]byte, 1<<20-1))
		w.(http.Flusher).Flush()
		select {
		case <-full:
		case <-r.Context().Done(): // the client gave up: there was no room for this one
			once.Do(func() { close(full) })
		}
	})
	got := w.js(`Promise.allSettled(Array.from({ length: 12 }, () => fetch(base))).then(all => [all.filter(a => a.value).length, all.filter(a => a.reason).map(a => a.reason.message)])`)
	if strings.HasPrefix(got, "[0,") || !strings.Contains(got, "too many large responses are being read at the same time") {
		t.Error(got)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	var keys []string
	w, _ := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		body, _ := io.ReadAll(r.Body)
		switch count := n.Add(1); {
		case r.URL.Path == "/always":
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/501":
			w.WriteHeader(http.StatusNotImplemented)
		case count == 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case count == 2:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		case count == 3:
			w.Header().Set("Retry-After", "100000")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			_, _ = w.Write(body)
		}
	})
	w.eq(`http.post(base, { body: "x", retries: 5 }).body`, `"x"`)
	if len(w.slept) != 3 || w.slept[0] < firstPause/2 || w.slept[0] > firstPause || w.slept[1] != 7*time.Second || w.slept[2] != retry.MaxAsked {
		t.Errorf("pauses %v", w.slept)
	}
	for _, key := range keys {
		if key != "wid-1-1" {
			t.Errorf("keys %q", keys)
		}
	}
	keys, w.slept = nil, nil
	n.Store(100)
	w.eq(`http.patch(base, { body: "x", retries: 1 }); http.post(base, { body: "x", retries: 1, headers: { "idempotency-key": "mine" } }); http.put(base, { body: "x", retries: 1 }).status`, `200`)
	if got := strings.Join(keys, ","); got != "wid-1-2,mine," {
		t.Errorf("keys %q", got)
	}
	w.eq(`http.get(base + "/always", { retries: 2 }).status`, `503`)
	w.eq(`http.get(base + "/always").status`, `503`)
	w.eq(`http_get(base + "/always").status_code`, `503`)
	w.eq(`http.get(base + "/501", { retries: 2 }).status`, `501`)
	w.throws(`http.get("http://127.0.0.1:1", { retries: 1 })`, "refuses connections")
	if len(w.slept) != 3 {
		t.Errorf("pauses %v", w.slept)
	}
}

func TestSlowAnswersEnd(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	started := make(chan struct{}, 64)
	w, s := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "begun")
			w.(http.Flusher).Flush()
		}
		started <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release); s.CloseClientConnections() })
	w.throws(`http.get(base, { timeout: 20 })`, "did not answer within 20ms")
	w.throws(`http.get(base + "/body", { timeout: 20 })`, "did not answer within 20ms")
	w.throws(`await fetch(base + "/body", { timeout: 20 })`, "TypeError")
	w.eq(`http_get("http://127.0.0.1:1").status_code`, `0`)
	for len(started) > 0 {
		<-started
	}
	p := plugin(t, Options{Allow: local()})
	for _, script := range []string{
		`http_get(BASE)`, `http.get(BASE)`, `http.get(BASE + "/body", { retries: 3 })`, `fetch(BASE + "/body")`,
		`Promise.all(Array.from({ length: 40 }, () => fetch(BASE)))`,
	} {
		w := newWorld(t, p)
		ended := make(chan time.Duration)
		var killed time.Time
		cause := errors.New("killed by test")
		go func() {
			<-started
			killed = time.Now()
			w.kill(cause)
		}()
		go func() {
			v, err := w.try("'use strict'; " + strings.ReplaceAll(script, "BASE", `"`+s.URL+`"`))
			if err == nil || !strings.Contains(err.Error(), cause.Error()) {
				t.Errorf("%s came back to the script: %v %v", script, v, err)
			}
			ended <- time.Since(killed)
		}()
		if late := <-ended; late > time.Second {
			t.Errorf("%s ended %s after the kill", script, late)
		}
		for len(started) > 0 {
			<-started
		}
	}
}

// TestAbortedFetchesEnd: what a signal aborts lets go of its connection and of its place among the fetches of the run.
func TestAbortedFetchesEnd(t *testing.T) {
	t.Parallel()
	var ended atomic.Int64
	begun := make(chan struct{}, 64)
	w, _ := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			begun <- struct{}{}
			<-r.Context().Done()
			ended.Add(1)
		}
	})
	go func() {
		for range atOnce {
			<-begun
		}
		w.tasks <- func() error { _, err := w.vm.RunString(`stop.abort("enough")`); return err }
	}()
	w.eq(`var stop = new AbortController(); Promise.allSettled(Array.from({ length: 40 }, () => fetch(base + "/slow", { signal: stop.signal }))).then(all => all.every(a => a.reason === "enough"))`, `true`)
	w.eq(`Promise.all(Array.from({ length: 1000 }, () => fetch(base))).then(all => all.every(r => r.ok))`, `true`) // as many as may be pending
	for ended.Load() < atOnce {
		time.Sleep(time.Millisecond)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	var conns atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(mirror))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	p := plugin(t, Options{Allow: local()})
	for range 20 {
		newWorld(t, p).js(`http.get("` + s.URL + `"); http_post("` + s.URL + `", "x").status`)
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections for 40 calls in a row", conns.Load())
	}
}
