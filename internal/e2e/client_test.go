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
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
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
