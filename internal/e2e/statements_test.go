package e2e

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestStatementsThatCompute: statements of SQLite, which compute in the process, do not keep the scripts of other requests waiting.
func TestStatementsThatCompute(t *testing.T) {
	t.Parallel()
	s := &scenario{files: map[string]string{
		"good.js":  `function main() { c.JSON(200, { n: vars.n, l: 100 }) }`,
		"count.js": `function main() { c.JSON(200, db("lite").one("WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) n FROM r")) }`,
		"flow.txt": "flow good\nstarter GET /good/:n -> good\ngood js\nflow count\nstarter GET /count -> count\ncount js\n",
	}}
	app, err := s.app()
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, "--addr", "127.0.0.1:0", "-a", "./app.json", "-c", "./config.toml")
	writeFiles(t, cmd.Dir, map[string]string{
		"app.json": string(app), "config.toml": "[vm_pool]\nmax_execution_seconds = 3\n[db.lite]\ndriver = \"sqlite\"\ndsn = \"flows.db\"\n",
	})
	on := startCommand(t, cmd)
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 50}}
	defer client.CloseIdleConnections()
	stop := traffic(t, client, on.url)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if end := endOf(client, on.url+"/count"); end != "408" {
				t.Error(end)
			}
		})
	}
	all.Wait()
	n := stop()
	t.Log(n)
	if n.failed+n.refused > 0 || n.percentile(99) > time.Second { // 0.15 s; the machine may be busy
		t.Error(n)
	}
}
