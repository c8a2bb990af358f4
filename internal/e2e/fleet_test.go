package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// fleet is several processes on one database and one Redis, behind a balancer.
type fleet struct {
	*balancer
	t         testing.TB
	config    string
	processes []*server
}

// newFleet starts processes that serve the app of a folder from the database. settings are added to their config.toml.
func newFleet(t testing.TB, n int, app, database, redis, settings string) *fleet {
	t.Helper()
	f := &fleet{t: t, config: filepath.Join(t.TempDir(), "config.toml"), processes: make([]*server, n)}
	config := fmt.Sprintf("[database_nflow]\ndriver = \"postgres\"\ndsn = %q\n[redis]\nhost = %q\n%s", database, redis, settings)
	if err := os.WriteFile(f.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, "import", app, "-c", f.config).CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	var addresses []string
	for range n {
		addresses = append(addresses, "127.0.0.1:"+servertest.Port(t))
	}
	f.balancer = newBalancer(t, addresses...)
	for i := range n {
		f.launch(i)
	}
	f.await(n)
	return f
}

// launch starts a process, again after it ended.
func (f *fleet) launch(i int) {
	f.t.Helper()
	f.processes[i] = launch(f.t, command(f.t, "-c", f.config, "--addr", f.members[i].address))
}

// await waits until so many processes are ready.
func (f *fleet) await(n int) {
	f.t.Helper()
	for end := time.Now().Add(60 * time.Second); f.ready() != n; time.Sleep(checkEvery) {
		if time.Now().After(end) {
			for _, s := range f.processes {
				f.t.Log(s.log)
			}
			f.t.Fatalf("%d processes are ready, not %d", f.ready(), n)
		}
	}
}

// onboardingFleet serves the real app, or skips with a message where it is not.
func onboardingFleet(t *testing.T, n int) *fleet {
	t.Helper()
	app, err := filepath.Abs("../../../shared/apps/onboarding")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(app); err != nil {
		t.Skip("the onboarding app is not beside the project")
	}
	return newFleet(t, n, app, servertest.Database(t), servertest.Redis(t).Addr, "[server]\nleave_seconds = 1\n")
}

// TestWizardOverAllProcesses: no page of a form is answered by the process that answered the one before.
func TestWizardOverAllProcesses(t *testing.T) {
	t.Parallel()
	f := onboardingFleet(t, 3)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	var by []string
	v := newVisitor(f.url, transport, func(p page) { by = append(by, p.header.Get(answeredBy)) })
	if err := v.walk(t.Context(), "Ana"); err != nil {
		t.Error(err)
	}
	if len(by) != 5 || by[0] == by[1] || by[1] == by[2] || by[0] == by[2] || by[3] != by[0] || by[4] != by[1] {
		t.Errorf("answered by %s", by)
	}
}

// TestKilledAndRestarted has 200 visitors walk at once, again and again, while one process is killed and another restarted.
func TestKilledAndRestarted(t *testing.T) {
	t.Parallel()
	const visitors = 200
	f := onboardingFleet(t, 3)
	transport := &http.Transport{MaxIdleConnsPerHost: visitors}
	defer transport.CloseIdleConnections()
	var answers, wizards atomic.Int64
	walking := make(chan struct{}, 1<<20) // one for each response
	seen := func(page) { answers.Add(1); walking <- struct{}{} }
	var over atomic.Bool
	var group sync.WaitGroup
	for i := range visitors {
		group.Go(func() {
			for round := 0; round == 0 || !over.Load(); round++ {
				if err := newVisitor(f.url, transport, seen).walk(t.Context(), fmt.Sprintf("Ana %d.%d", i, round)); err != nil {
					t.Error(err)
				}
				wizards.Add(1)
			}
		})
	}
	after := func(answers int) {
		late := time.After(60 * time.Second)
		for range answers {
			select {
			case <-walking:
			case <-late:
				t.Fatal("nobody walks any more")
			}
		}
	}
	after(300) // all have begun
	f.processes[0].kill()
	after(300)
	if err := f.processes[1].stop(); err != nil {
		t.Errorf("the restarted process: %v\n%s", err, f.processes[1].log)
	}
	f.launch(1)
	f.await(2)
	after(300)
	over.Store(true)
	group.Wait()
	t.Logf("%d wizards, %d answers, %d connections to the dead process failed", wizards.Load(), answers.Load(), f.members[0].failed.Load())
	for i, m := range f.members {
		if n := m.failed.Load(); i > 0 && n > 0 {
			t.Errorf("%d connections to process %d failed", n, i)
		}
		if m.answered.Load() == 0 {
			t.Errorf("process %d answered nothing", i)
		}
	}
	for _, s := range f.processes[1:] {
		if log := s.log.String(); strings.Contains(log, `"level":"ERROR"`) {
			t.Errorf("the log:\n%s", log)
		}
	}
}
