package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// markParts is how many modules and how many templates of an app carry its mark.
const markParts = 40

// markedApp writes a folder whose app JSON, default.js, modules and templates all carry one mark, and whose page /state
// returns the different marks that a run finds.
func markedApp(t *testing.T, dir, mark string) string {
	t.Helper()
	files := map[string]string{
		"app.json": fmt.Sprintf(`{"drawflow":{"state":{"data":{
			"s":{"data":{"type":"starter","urlpattern":"/state","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"n","output":"input_1"}]}}},
			"n":{"data":{"type":"js","mark":%q,"code":"function main(){ const found = {}; found[mark()] = found[nflow_data.mark] = 1; for (let i = 0; i < %d; i++) { found[require('m' + i).mark] = 1; found[get_template('t' + i)] = 1 } c.JSON(200, Object.keys(found)) }"},"outputs":{}}}}}}`, mark, markParts),
		"default.js": "function mark(){ return " + strconv.Quote(mark) + " }",
	}
	for i := range markParts {
		files[fmt.Sprintf("modules/m%d.js", i)] = "exports.mark = " + strconv.Quote(mark)
		files[fmt.Sprintf("templates/t%d.html", i)] = mark
	}
	for name, text := range files {
		path := filepath.Join(dir, mark, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, mark)
}

// marksIn returns the different marks that the database holds.
func marksIn(t *testing.T, st store.Store) (marks []string) {
	t.Helper()
	found := map[string]bool{}
	err := st.Snapshot(t.Context(), func(r store.Records) error {
		app, err := r.App(t.Context(), "app")
		if err != nil {
			return err
		}
		_, js, _ := strings.Cut(app.DefaultJS, `"`)
		_, data, _ := strings.Cut(string(app.JSON), `"mark":"`)
		texts := []string{js, data}
		modules, err := r.Modules(t.Context())
		if err != nil {
			return err
		}
		for _, m := range modules {
			if _, mark, marked := strings.Cut(m.Code, `exports.mark = "`); marked {
				texts = append(texts, mark)
			}
		}
		templates, err := r.Templates(t.Context())
		for _, tpl := range templates {
			texts = append(texts, tpl.Content+`"`)
		}
		if len(texts) != 2+2*markParts {
			t.Errorf("the database holds %d marked texts, not %d", len(texts), 2+2*markParts)
		}
		for _, text := range texts {
			mark, _, _ := strings.Cut(text, `"`)
			found[mark] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for mark := range found {
		marks = append(marks, mark)
	}
	return marks
}

// asking requests the server's marks, over and over, and reports each response that holds more than one.
type asking struct {
	mu            sync.Mutex
	mixed, asked  int
	last, problem string
	stop          context.CancelFunc
	done          sync.WaitGroup
}

func ask(t *testing.T, url string) *asking {
	ctx, stop := context.WithCancel(t.Context())
	a := &asking{stop: stop}
	client := &http.Client{Timeout: 10 * time.Second}
	a.done.Go(func() {
		tick := time.NewTicker(25 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			a.once(ctx, client, url)
			<-tick.C
		}
		client.CloseIdleConnections()
	})
	return a
}

func (a *asking) once(ctx context.Context, client *http.Client, url string) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	res, err := client.Do(q)
	if err != nil {
		return // the end, or the client's time
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	var marks []string
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	switch err := json.Unmarshal(text, &marks); {
	case res.StatusCode != http.StatusOK || err != nil || len(marks) == 0:
		a.problem = fmt.Sprintf("%d %s", res.StatusCode, text)
	case len(marks) > 1:
		a.mixed++
		a.problem = string(text)
	default:
		a.last = marks[0]
	}
}

func (a *asking) serves() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

// TestKilledImports kills "import" at random moments, while a server on the same database is asked: the database and each
// answer hold the app of before or the new one, never parts of both. On SQLite every other one is killed when it has
// written to the log for the n-th time, for each n in turn. NFLOW_KILLS says how often, for each database: make
// kills. Each tenth time two imports run at once, and nobody kills them.
func TestKilledImports(t *testing.T) {
	kills := 12
	if n, err := strconv.Atoi(os.Getenv("NFLOW_KILLS")); err == nil {
		kills = n
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			work := t.TempDir()
			dsn := filepath.Join(work, "nflow.db")
			if kind == "postgres" {
				dsn = servertest.Database(t)
			}
			killImports(t, work, kind, dsn, kills)
		})
	}
}

func killImports(t *testing.T, work, kind, dsn string, kills int) {
	c := engine.ConfigWorkspace{DatabaseNflow: engine.DatabaseConfig{Driver: kind, DSN: dsn}}
	begin := func(mark string) (wait func() error, kill func()) {
		cmd := command(t, "import", markedApp(t, work, mark))
		cmd.Env = append(os.Environ(), "NFLOW_DATABASE_NFLOW_DRIVER="+kind, "NFLOW_DATABASE_NFLOW_DSN="+dsn)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd.Wait, func() { _ = cmd.Process.Kill() }
	}
	took := importTime(t, begin)
	st, err := engine.OpenStore(t.Context(), &c, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	asked := ask(t, serveDatabase(t, work, kind, dsn).url+"/state")
	now, log, died, changed, together := "g0", writeKiller{file: dsn + "-wal"}, 0, 0, 0
	for i := 1; died < kills && i < 20*kills; i++ {
		mark := fmt.Sprintf("g%d", i)
		wait, kill := begin(mark)
		may := []string{now, mark}
		switch {
		case i%10 == 0:
			other, _ := begin(mark + "b")
			if err := other(); err != nil {
				t.Error("of two imports at once, one failed:", err)
			}
			may, together = []string{mark, mark + "b"}, together+1
			kill = func() {}
		case kind == "sqlite" && i%2 == 0:
			kill = log.arm(t, kill)
		default:
			timer := time.AfterFunc(time.Duration(rand.Float64()*float64(took)), kill)
			kill = func() { timer.Stop() }
		}
		begun := time.Now()
		err := wait()
		kill()
		switch {
		case err != nil:
			died++
		case i%10 != 0: // it was faster than the last one
			may, took = []string{mark}, time.Since(begun)
		}
		marks := marksIn(t, st)
		if len(marks) != 1 || marks[0] != may[0] && marks[0] != may[len(may)-1] {
			t.Fatalf("import %d (%v): the database holds %v, and may hold one of %v", i, err, marks, may)
		}
		if err != nil && marks[0] == mark {
			changed++
		}
		now = marks[0]
	}
	if asked.mixes(t, now); died < kills || together == 0 && kills >= 10 {
		t.Errorf("only %d of %d imports were killed, %d pairs ran at once", died, kills, together)
	}
	t.Logf("%s: %d imports killed (%d at a write of the log, which were up to %d; %d of all after their end), %d pairs at once, an import takes %s; 0 mixed states in the database, %d in %d answers",
		kind, died, log.killed, log.most, changed, together, took.Round(time.Millisecond), asked.mixed, asked.asked)
}

// serveDatabase serves the app of a database.
func serveDatabase(t *testing.T, work, kind, dsn string) *server {
	t.Helper()
	config := filepath.Join(work, "config.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[database_nflow]\ndriver = %q\ndsn = %q\n", kind, dsn), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, "-c", config)
}

// importTime returns how long an import takes.
func importTime(t *testing.T, begin func(mark string) (wait func() error, kill func())) (took time.Duration) {
	t.Helper()
	if _, err := build(); err != nil { // which takes longer than what is measured
		t.Fatal(err)
	}
	for range 2 { // the first one makes the tables, which takes long
		full := time.Now()
		wait, _ := begin("g0")
		if err := wait(); err != nil {
			t.Fatal(err)
		}
		took = time.Since(full)
	}
	return took
}

// mixes fails the test unless the server served one app at a time, and in the end the one that the database holds.
func (a *asking) mixes(t *testing.T, now string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); a.serves() != now && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	a.stop()
	a.done.Wait()
	if a.mixed > 0 || a.problem != "" || a.last != now || a.asked == 0 {
		t.Errorf("%d of %d answers were mixed; the last serves %s, the database holds %s; %s", a.mixed, a.asked, a.last, now, a.problem)
	}
}
