package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestRedisOverTLS: the certificate is checked, against the authorities of the system and those in SSL_CERT_FILE.
func TestRedisOverTLS(t *testing.T) {
	redis, authority := servertest.RedisTLS(t)
	s, err := readScenario("testdata/soak.txtar")
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.app()
	if err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(app, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NFLOW_REDIS_HOST", "rediss://"+redis.Addr)
	serve := func() *browser {
		t.Helper()
		return newBrowser(t, start(t, "-a", app, "--data", t.TempDir()).url)
	}
	b := serve()
	b.expect(b.get("/count"), 503, "the session cannot be saved")
	b.expect(b.get("/hello/ana"), 200, `"ana"`)
	b.expect(b.get("/health"), 503, `"redis":{"status":"unhealthy"`)
	t.Setenv("SSL_CERT_FILE", authority)
	b = serve()
	b.expect(b.get("/count"), 200, "n=1")
	b.expect(b.get("/count"), 200, "n=2")
	b.expect(b.get("/health"), 200, `"redis":{"status":"healthy"}`)
}
