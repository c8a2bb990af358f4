package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestBehindNginx walks through the wizard behind a real nginx with the project's own configuration, and kills an instance.
func TestBehindNginx(t *testing.T) {
	t.Parallel()
	servertest.Program(t, "nginx", "/usr/sbin")
	f := onboardingFleet(t, 2)
	conf := deployed(t, "deploy/nginx/nginx.conf")
	port := servertest.Port(t)
	for from, to := range map[string]string{
		"one:8080": f.members[0].address, "two:8080": f.members[1].address, "listen 80;": "listen 127.0.0.1:" + port + ";",
	} {
		if !strings.Contains(conf, from) {
			t.Fatalf("nginx.conf has no %s", from)
		}
		conf = strings.Replace(conf, from, to, 1)
	}
	front := servertest.Nginx(t, conf, "127.0.0.1:"+port)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	walk := func(visitors int) {
		t.Helper()
		var group sync.WaitGroup
		for i := range visitors {
			group.Go(func() {
				name := "Eva " + string(rune('a'+i))
				if err := newVisitor("http://"+front.Addr, transport, func(page) {}).walk(t.Context(), name); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	walk(20)
	b := newBrowser(t, "http://"+front.Addr)
	b.expect(b.get("/metrics"), 403)
	b.expect(b.get("/debug/pprof/"), 403)
	f.processes[0].kill()
	walk(20)
	f.launch(0)
	f.await(2)
	walk(5)
}
