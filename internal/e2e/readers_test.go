package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// ask sends a request on a connection of its own, whose response nobody reads.
func (cl *clients) ask(protocol, path string) net.Conn {
	cl.t.Helper()
	u, err := url.Parse(cl.url)
	if err != nil {
		cl.t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		cl.t.Fatal(err)
	}
	cl.t.Cleanup(func() { c.Close() })
	if u.Scheme == "https" {
		next := map[string]string{"HTTP/1.1": "http/1.1", "HTTP/2.0": "h2"}[protocol]
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{next}}) //nolint:gosec // a certificate of the test's own
	}
	text := "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"
	switch {
	case path == "/socket" || path == "/flood": // RFC 6455, of HTTP/1.1 only
		text = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	case protocol == "HTTP/2.0":
		// Preface, empty SETTINGS, and a request in one HEADERS frame: GET, https, the path as a literal, and authority "x".
		head := "\x82\x87\x04" + string(rune(len(path))) + path + "\x41\x01x"
		text = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00" +
			"\x00\x00" + string(rune(len(head))) + "\x01\x05\x00\x00\x00\x01" + head
	}
	if _, err := io.WriteString(c, text); err != nil {
		cl.t.Fatal(err)
	}
	return c
}

// pathsOf lists the responses that do not end while their client reads nothing.
func pathsOf(protocol string) []string {
	paths := []string{"/string", "/write", "/sse", "/file"}
	if protocol == "HTTP/1.1" {
		paths = append(paths, "/flood", "/socket")
	}
	return paths
}

// running lists the ids of the live runs on a path.
func (cl *clients) running(path string) (wids []string) {
	cl.t.Helper()
	q, _ := http.NewRequestWithContext(cl.t.Context(), http.MethodGet, cl.url+"/nflow/api/v1/runs?status=running&limit=500", nil)
	q.Header.Set("Authorization", "Bearer t0ken-of-the-tests")
	res, err := cl.http["HTTP/1.1"].Do(q)
	if err != nil {
		cl.t.Fatal(err)
	}
	defer res.Body.Close()
	var list struct{ Runs []struct{ Wid, Flow string } }
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		cl.t.Fatal(err)
	}
	for _, r := range list.Runs {
		if "/"+r.Flow == path {
			wids = append(wids, r.Wid)
		}
	}
	return wids
}

// await waits until so many runs live on a path.
func (cl *clients) await(path string, n int, most time.Duration) (wids []string) {
	cl.t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for late := time.After(most); ; {
		if wids = cl.running(path); len(wids) == n {
			return wids
		}
		select {
		case <-poll.C:
		case <-late:
			cl.t.Fatalf("%d runs live on %s, not %d", len(wids), path, n)
		}
	}
}

// TestStoppedReaders: a run that writes to a client that reads nothing ends at its time. A response of which only the sending
// is left has the client's time, and keeps nobody waiting.
func TestStoppedReaders(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		cl := serveClients(t, "[vm_pool]\nmax_execution_seconds = 1\nmax_size = 4\nenable_filesystem = true\nfilesystem_root = \"files\"\n"+
			"[server]\nmax_unsent_mb = 1024\n", secure) // so that nobody is cut for others
		defer cl.beside()()
		for protocol := range cl.http {
			for _, path := range pathsOf(protocol) {
				for range 3 {
					cl.ask(protocol, path)
				}
			}
		}
		for _, path := range []string{"/write", "/sse", "/flood", "/socket"} { // those whose code still runs
			over := `"path":"` + path + `","text":"the run took longer than 1s`
			for late := time.Now().Add(10 * time.Second); !strings.Contains(cl.log.String(), over); cl.running(path) {
				if time.Now().After(late) {
					t.Fatalf("no run on %s was over its time:\n%s", path, cl.log)
				}
			}
			cl.await(path, 0, 10*time.Second)
		}
	}
}

// TestKillOfRunsThatWaitForTheirClient: a kill ends each of them at once.
func TestKillOfRunsThatWaitForTheirClient(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		cl := serveClients(t, "[vm_pool]\nenable_filesystem = true\nfilesystem_root = \"files\"\n", secure)
		defer cl.beside()()
		kill := func(what string, wid string) {
			t.Helper()
			q, _ := http.NewRequestWithContext(t.Context(), http.MethodDelete, cl.url+"/nflow/api/v1/runs/"+wid, nil)
			q.Header.Set("Authorization", "Bearer t0ken-of-the-tests")
			res, err := cl.http["HTTP/1.1"].Do(q)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode/100 != 2 {
				t.Errorf("%s: the kill was answered with %d", what, res.StatusCode)
			}
		}
		for protocol := range cl.http {
			for _, kind := range []string{"json", "form", "multipart"} {
				type answer struct {
					status int
					text   string
					err    error
				}
				got := make(chan answer, 1)
				go func() {
					status, text, err := cl.upload(protocol, kind, "length", "/body", 100_000, 100, 50*time.Millisecond)
					got <- answer{status, text, err}
				}()
				kill(protocol+" "+kind, cl.await("/body", 1, 10*time.Second)[0])
				if a := <-got; a.err != nil || a.status != http.StatusServiceUnavailable || !strings.Contains(a.text, "killed") {
					t.Errorf("%s %s: %d %s %v", protocol, kind, a.status, a.text, a.err)
				}
				cl.await("/body", 0, 2*time.Second)
			}
			for _, path := range pathsOf(protocol) {
				c := cl.ask(protocol, path)
				wid := cl.await(path, 1, 10*time.Second)[0]
				kill(protocol+" "+path, wid)
				cl.await(path, 0, 2*time.Second)
				c.Close()
			}
		}
		if !secure {
			cl.ask("HTTP/1.1", "/socket")
			wid := cl.await("/socket", 1, 10*time.Second)[0]
			cmd := command(t, "runs", "kill", wid, "--url", cl.url)
			cmd.Env = append(os.Environ(), "NFLOW_ADMIN_TOKEN=t0ken-of-the-tests")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("runs kill: %v\n%s", err, out)
			}
			cl.await("/socket", 0, 2*time.Second)
		}
	}
}

// TestSlowClientsKeepNoPlaces: with four places, forty runs that wait for their clients keep nobody from being served.
func TestSlowClientsKeepNoPlaces(t *testing.T) {
	t.Parallel()
	cl := serveClients(t, "[vm_pool]\nmax_size = 4\nqueue_seconds = 1\n[server]\nmax_unsent_mb = 2\n", false)
	stop := cl.beside()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for _, kind := range []string{"json", "form", "multipart"} {
		for range 5 {
			all.Go(func() {
				contentType, body := bodyOf(kind, 100_000)
				q, _ := http.NewRequestWithContext(ctx, http.MethodPost, cl.url+"/body", &slowly{strings.NewReader(body), 2000, 100 * time.Millisecond, ctx})
				q.Header.Set("Content-Type", contentType)
				if res, err := cl.http["HTTP/1.1"].Do(q); err == nil {
					t.Errorf("a slow body was answered with %d", res.StatusCode)
					res.Body.Close()
				}
			})
		}
	}
	for range 15 {
		cl.ask("HTTP/1.1", "/held")
	}
	for range 10 {
		conn, _, err := websocket.Dial(ctx, strings.Replace(cl.url, "http", "ws", 1)+"/socket", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
	}
	cl.await("/body", 15, 10*time.Second)
	cl.await("/socket", 10, 10*time.Second)
	var took []time.Duration
	for range 20 {
		begun := time.Now()
		res, err := cl.http["HTTP/1.1"].Get(cl.url + "/held")
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || n != 250_000 {
			t.Errorf("a good answer among stopped ones: %d bytes, %v", n, err)
		}
		took = append(took, time.Since(begun))
	}
	t.Logf("large answers among stopped ones: the slowest took %s", slices.Max(took))
	stop()
	cancel()
	all.Wait()
}
