package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/cli"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	var status atomic.Int64
	answer := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/health":
			w.WriteHeader(int(status.Load()))
		case "/ready":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}
	plain, secure := httptest.NewServer(http.HandlerFunc(answer)), httptest.NewTLSServer(http.HandlerFunc(answer))
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	ask := func(address string, args ...string) (int, string) {
		var out, err bytes.Buffer
		environ := []string{}
		if a, ok := strings.CutPrefix(address, "https://"); ok {
			address = a
			environ = append(environ, "NFLOW_HTTPS_ENGINE_ENABLE=true", "NFLOW_HTTPS_ENGINE_CERT=c", "NFLOW_HTTPS_ENGINE_KEY=k")
		}
		address = strings.TrimPrefix(address, "http://")
		code := cli.Main(context.Background(), append([]string{"health", "--addr", address}, args...), nil, &out, &err, environ)
		return code, err.String()
	}
	for _, server := range []*httptest.Server{plain, secure} {
		status.Store(200)
		if code, text := ask(server.URL); code != 0 || text != "" {
			t.Errorf("%s: %d %s", server.URL, code, text)
		}
		status.Store(503)
		if code, text := ask(server.URL); code != 1 || !strings.Contains(text, "unhealthy: /health answers 503") {
			t.Errorf("%s: %d %s", server.URL, code, text)
		}
		if code, text := ask(server.URL, "--ready"); code != 1 || !strings.Contains(text, "/ready answers 503") {
			t.Errorf("%s: %d %s", server.URL, code, text)
		}
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	if code, text := ask(gone.URL); code != 1 || !strings.Contains(text, "does not answer") {
		t.Errorf("no server: %d %s", code, text)
	}
}
