package server_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// long bounds everything that must happen; nothing waits for it unless it is broken.
const long = 20 * time.Second

// site is a server on a real listener.
type site struct {
	*server.Server
	t      testing.TB
	addr   string
	client *http.Client
	served chan error
}

func open(t testing.TB, o server.Options) *site {
	t.Helper()
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		DisableCompression: true,
		ForceAttemptHTTP2:  true,
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a certificate of the test's own
	}
	at := &site{Server: s, t: t, addr: l.Addr().String(), served: make(chan error, 1), client: &http.Client{
		Transport:     transport,
		Timeout:       long,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	go func() { at.served <- s.Serve(l) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), long)
		defer cancel()
		s.Stop(ctx)
		if err := <-at.served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return at
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body string
}

func (s *site) do(method, path string, body io.Reader, header ...string) answer {
	s.t.Helper()
	scheme := "http://"
	if strings.HasPrefix(path, "https:") {
		scheme, path = "https://", strings.TrimPrefix(path, "https:")
	}
	q, err := http.NewRequest(method, scheme+s.addr+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Add(header[i], header[i+1])
	}
	r, err := s.client.Do(q)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.whole(r)
}

func (s *site) get(path string, header ...string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, nil, header...)
}

// dial opens a bare connection that ends with the test.
func (s *site) dial() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(long)); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// raw sends text as it is and reads one response.
func (s *site) raw(text string) answer {
	s.t.Helper()
	c := s.dial()
	if _, err := io.WriteString(c, text); err != nil {
		s.t.Fatal(err)
	}
	return s.read(bufio.NewReader(c))
}

func (s *site) read(from *bufio.Reader) answer {
	s.t.Helper()
	r, err := http.ReadResponse(from, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.whole(r)
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// refused checks a response that no flow gave.
func refused(t testing.TB, a answer, status int) {
	t.Helper()
	equal(t, "status", a.StatusCode, status)
	var got struct {
		Message string
		Code    int
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Code != status || got.Message == "" {
		t.Errorf("the refusal is %q", a.body)
	}
	for _, name := range []string{"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Content-Security-Policy"} {
		if a.Header.Get(name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
}

func jsonLog(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

func says(text string) echo.HandlerFunc {
	return func(c echo.Context) error { return c.String(http.StatusOK, text) }
}

// whole reads a response to its end.
func (s *site) whole(r *http.Response) answer {
	s.t.Helper()
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{r, string(text)}
}
