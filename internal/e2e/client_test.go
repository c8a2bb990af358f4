package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// clientFlows are the flows of clientApp, each on the path that it is named after.
var clientFlows = map[string]string{
	"body":    `c.JSON(200, Object.values(c.Bind())[0].length)`,
	"string":  `c.String(200, 'x'.repeat(20000000))`,
	"write":   `const s = 'x'.repeat(50000); for (;;) c.Write(s)`,
	"sse":     `const s = 'x'.repeat(1000); c.SSE(send => { for (;;) send(s) })`,
	"file":    `c.File('large.txt')`,
	"socket":  `c.WebSocket(ws => { ws.receive() })`,
	"flood":   `const s = 'x'.repeat(50000); c.WebSocket(ws => { for (;;) ws.send(s) })`,
	"held":    `c.Blob(200, 'image/png', 'x'.repeat(250000))`,
	"ignores": `c.JSON(200, 'ignored')`,
	"good":    `c.JSON(200, 'good')`,
}

// clientApp writes the app.
func clientApp() string {
	tabs := map[string]any{}
	for name, code := range clientFlows {
		tabs[name] = map[string]any{"data": map[string]any{
			name + "-1": map[string]any{
				"data":    map[string]any{"type": "starter", "urlpattern": "/" + name, "method": "ANY"},
				"outputs": map[string]any{"output_1": map[string]any{"connections": []any{map[string]any{"node": name + "-2"}}}},
			},
			name + "-2": map[string]any{"data": map[string]any{"type": "js", "code": "function main(){ " + code + " }"}},
		}}
	}
	text, _ := json.Marshal(map[string]any{"drawflow": tabs})
	return string(text)
}

// clients is the real binary, and clients of all kinds around it.
type clients struct {
	*server
	t    *testing.T
	http map[string]*http.Client // by protocol
}

// serveClients starts the binary with a configuration; with TLS, it speaks HTTP/1.1 and HTTP/2.
func serveClients(t *testing.T, config string, secure bool) *clients {
	t.Helper()
	cmd := command(t, "--addr", "127.0.0.1:0", "-c", "config.toml", "-a", "./app.json")
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(cmd.Dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("app.json", clientApp())
	if err := os.Mkdir(filepath.Join(cmd.Dir, "files"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("files/large.txt", strings.Repeat("x", 20_000_000))
	config = "[admin]\ntoken = \"t0ken-of-the-tests\"\n" + config
	if secure {
		certificate, key := newCertificate(t)
		write("cert.pem", certificate)
		write("key.pem", key)
		config += "\n[https_engine]\nenable = true\ncert = \"cert.pem\"\nkey = \"key.pem\"\n"
	}
	write("config.toml", config)
	cl := &clients{server: startCommand(t, cmd), t: t, http: map[string]*http.Client{}}
	protocols := []string{"HTTP/1.1"}
	if secure {
		cl.url = strings.Replace(cl.url, "http:", "https:", 1)
		protocols = append(protocols, "HTTP/2.0")
	}
	for _, p := range protocols {
		transport := &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: p == "HTTP/2.0", //nolint:gosec // a certificate of the test's own
			ExpectContinueTimeout: time.Minute, DisableCompression: true, Protocols: new(http.Protocols),
		}
		transport.Protocols.SetHTTP1(p == "HTTP/1.1")
		transport.Protocols.SetHTTP2(p == "HTTP/2.0")
		t.Cleanup(transport.CloseIdleConnections)
		cl.http[p] = &http.Client{Transport: transport, Timeout: time.Minute}
	}
	return cl
}

func newCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return encode("CERTIFICATE", der), encode("EC PRIVATE KEY", raw)
}

// slowly reads a text piece by piece, with a rest before each.
type slowly struct {
	text  io.Reader
	piece int
	rest  time.Duration
	end   context.Context
}

func (s *slowly) Read(b []byte) (int, error) {
	select {
	case <-time.After(s.rest):
	case <-s.end.Done():
		return 0, s.end.Err()
	}
	return s.text.Read(b[:min(len(b), s.piece)])
}

// bodyOf makes a body whose one field has n bytes.
func bodyOf(kind string, n int) (contentType, body string) {
	value := strings.Repeat("v", n)
	switch kind {
	case "json":
		return "application/json", `{"field":"` + value + `"}`
	case "form":
		return "application/x-www-form-urlencoded", "field=" + value
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("field", value)
	_ = m.Close()
	return m.FormDataContentType(), b.String()
}

// upload sends a body slowly and returns the response.
func (cl *clients) upload(protocol, kind, shape, path string, n, piece int, rest time.Duration) (status int, text string, err error) {
	contentType, body := bodyOf(kind, n)
	ctx, cancel := context.WithCancel(cl.t.Context())
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, cl.url+path, &slowly{strings.NewReader(body), piece, rest, ctx})
	if err != nil {
		return 0, "", err
	}
	q.Header.Set("Content-Type", contentType)
	if shape != "chunked" {
		q.ContentLength = int64(len(body))
	}
	if shape == "expect" {
		q.Header.Set("Expect", "100-continue")
	}
	res, err := cl.http[protocol].Do(q)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if res.Proto != protocol {
		err = fmt.Errorf("it was %s", res.Proto)
	}
	return res.StatusCode, string(answer), err
}

// beside requests good pages until the test calls the function that it returns, which fails unless all were served.
func (cl *clients) beside() (stop func()) {
	ctx, cancel := context.WithCancel(cl.t.Context())
	var all sync.WaitGroup
	good, slowest := 0, time.Duration(0)
	client := cl.http["HTTP/1.1"]
	all.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			begun := time.Now()
			res, err := client.Get(cl.url + "/good")
			if err != nil {
				cl.t.Errorf("a good request: %v", err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode != http.StatusOK {
				cl.t.Errorf("a good request: %d", res.StatusCode)
			}
			good++
			slowest = max(slowest, time.Since(begun))
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	})
	return func() {
		cancel()
		all.Wait()
		cl.t.Logf("%d good requests beside, the slowest took %s", good, slowest)
		select {
		case <-cl.done:
			cl.t.Errorf("the process ended:\n%s", cl.log)
		default:
		}
		if strings.Contains(cl.log.String(), "does not stop") {
			cl.t.Error("a client's slowness counted as a run that does not stop")
		}
	}
}

// TestSlowBodies: waiting for a body is not the run's time; it has a time of its own, whose end is this request's alone.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	const config = "[vm_pool]\nmax_execution_seconds = 1\n[server]\nbody_seconds = 3\n"
	var all sync.WaitGroup
	for _, secure := range []bool{false, true} {
		cl := serveClients(t, config, secure)
		defer cl.beside()()
		for protocol := range cl.http {
			for _, kind := range []string{"json", "form", "multipart"} {
				for _, shape := range []string{"length", "chunked", "expect"} {
					name := fmt.Sprintf("%s %s %s, TLS %t", protocol, kind, shape, secure)
					all.Go(func() {
						status, text, err := cl.upload(protocol, kind, shape, "/body", 16_000, 2000, 220*time.Millisecond)
						if err != nil || status != http.StatusOK || !strings.Contains(text, "16000") {
							t.Errorf("%s in two seconds: %d %s %v", name, status, text, err)
						}
					})
					all.Go(func() {
						status, text, err := cl.upload(protocol, kind, shape, "/body", 200_000, 2000, 150*time.Millisecond)
						if err != nil || status != http.StatusRequestTimeout || !strings.Contains(text, "body_seconds") {
							t.Errorf("%s in fifteen seconds: %d %s %v", name, status, text, err)
						}
					})
				}
			}
		}
		all.Go(func() {
			begun := time.Now()
			for _, shape := range []string{"length", "chunked"} {
				status, text, err := cl.upload("HTTP/1.1", "json", shape, "/ignores", 200_000, 100, 300*time.Millisecond)
				if err != nil || status != http.StatusOK {
					t.Errorf("a body that nobody reads, %s: %d %s %v", shape, status, text, err)
				}
			}
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("bodies that nobody reads held their answers for %s", took)
			}
		})
	}
	all.Wait()
}

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
