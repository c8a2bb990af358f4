//go:build soak

package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

const (
	soakInstances = 2
	soakVisitors  = 64

	// share of the measured capacity that TestSoak asks for.
	share = 0.6

	// away is how long a server stays stopped, healing how long afterwards what needs it may still fail.
	away, healing = 3 * time.Second, 5 * time.Second
)

// soakFleet starts two instances that serve testdata/soak.txtar, on servers of their own.
func soakFleet(t *testing.T) (f *fleet, database, redis *servertest.Server) {
	t.Helper()
	s, err := readScenario("testdata/soak.txtar")
	if err != nil {
		t.Fatal(err)
	}
	app, err := s.app()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "app.json"), app, 0o600); err != nil {
		t.Fatal(err)
	}
	database, redis = servertest.Postgres(t), servertest.Redis(t, "--appendfsync", "everysec")
	return newFleet(t, soakInstances, dir, database.DSN(), redis.Addr, "[log]\nlevel = \"warn\"\n"), database, redis
}

// TestSoak sends for SOAK_MINUTES (30) a share of what two instances can do. Redis and PostgreSQL are restarted on the
// way: what needs neither never fails, what needs one fails only while it is away, and nothing answers wrongly.
func TestSoak(t *testing.T) {
	length := time.Duration(setting(t, "SOAK_MINUTES", 30) * float64(time.Minute))
	f, database, redis := soakFleet(t)
	l := newLoad(t, f)
	l.run(2*time.Second, 0) // warm
	most := l.run(8*time.Second, 0)
	rate := most * share
	watch := f.watch(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.run(length, rate)
	}()
	begun := time.Now()
	for _, o := range []struct {
		at     float64
		server *servertest.Server
		needs  string
	}{
		{0.25, redis, "session"}, {0.40, database, "database"}, {0.55, redis, "session"}, {0.65, database, "database"},
	} {
		time.Sleep(time.Until(begun.Add(time.Duration(o.at * float64(length)))))
		stop := l.outage(o.needs)
		o.server.Stop()
		time.Sleep(away)
		o.server.Start()
		time.AfterFunc(healing, stop)
	}
	<-ended
	t.Logf("capacity %.0f requests/s; %.0f asked for during %s, %d answered", most, rate, length, l.total())
	l.report(t)
	if got := float64(l.total()) / length.Seconds(); got < rate/2 {
		t.Errorf("%.0f requests/s came through, of %.0f asked for", got, rate)
	}
	watch.check(t)
}

// TestManyRequests sends SOAK_REQUESTS (5 million), as fast as it goes: no error, and memory stays flat.
func TestManyRequests(t *testing.T) {
	n := int(setting(t, "SOAK_REQUESTS", 5_000_000))
	f, _, _ := soakFleet(t)
	l := newLoad(t, f)
	l.run(2*time.Second, 0) // warm
	watch := f.watch(t)
	l.budget = int64(n)
	begun := time.Now()
	l.run(8*time.Hour, 0)
	t.Logf("%d requests in %s", l.total(), time.Since(begun).Round(time.Second))
	l.report(t)
	if int(l.total()) < n {
		t.Errorf("%d requests of %d", l.total(), n)
	}
	watch.check(t)
}
