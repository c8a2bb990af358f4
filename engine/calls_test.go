package engine

import (
	"cmp"
	"database/sql"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// silent is a server that takes connections and never says anything.
func silent(t *testing.T) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); close(done) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { <-done; _ = c.Close() }()
		}
	}()
	return l.Addr().(*net.TCPAddr)
}

// servers returns the databases of the machine, and why one is not there.
func servers(t *testing.T) (found map[string]FlowDatabase, missing map[string]string) {
	t.Helper()
	found = map[string]FlowDatabase{
		"default":  {Driver: "sqlite", DSN: ":memory:"},
		"postgres": {Driver: "postgres", DSN: cmp.Or(os.Getenv("NFLOW_TEST_POSTGRES"), "postgres://postgres@127.0.0.1:5432/test?sslmode=disable")},
		"mysql":    {Driver: "mysql", DSN: cmp.Or(os.Getenv("NFLOW_TEST_MYSQL"), "root@tcp(127.0.0.1:3306)/")},
	}
	missing = map[string]string{}
	for name, driver := range map[string]string{"postgres": "pgx", "mysql": "mysql"} {
		db, err := sql.Open(driver, found[name].DSN)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.PingContext(t.Context()); err != nil {
			missing[name] = "NFLOW_TEST_" + strings.ToUpper(name) + " names no server: " + err.Error()
		}
		_ = db.Close()
	}
	return found, missing
}

// TestCallsEndWithTheRun kills runs, and lets their time run out, while each plugin waits for a server that says nothing.
// The run's answer is there within 50 ms; the best of three counts, for the machine may be busy.
func TestCallsEndWithTheRun(t *testing.T) {
	t.Parallel()
	at := silent(t)
	base := "http://" + at.String()
	calls := map[string]string{
		"http": `http.get("` + base + `")`, "fetch": `await fetch("` + base + `")`, "classic": `http_get("` + base + `")`,
		"mail": `mail.send({to: "ada@example.com", subject: "x", text: "y"})`, "ai": `ai.chat({prompt: "x"})`,
		"redis": `redis.get("k")`, "jwks": `jwt.verify("a.b.c", {jwks: "` + base + `"}, {algorithms: ["RS256"]})`,
		"sleep": `sleep(60000)`, "timer": `await new Promise(done => setTimeout(done, 60000))`,
		"db":       `db.query("WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT count(*) FROM s")`,
		"postgres": `db("postgres").query("SELECT pg_sleep(30)")`, "mysql": `db("mysql").query("SELECT sleep(3)")`, "twilio": `send_otp("+34600000000")`,
	}
	databases, there := servers(t)
	var nodes []string
	for name, code := range calls {
		code = `async function main(){ ` + code + `; c.JSON(200, "it came back") }`
		nodes = append(nodes, starter("k"+name, "/kill/"+name, name), js(name, code), starter("t"+name, "/time/"+name, "limited"+name),
			strings.Replace(js("limited"+name, code), `"type":"js"`, `"type":"js","timeout_ms":"100"`, 1))
	}
	conf := ConfigWorkspace{
		VMPoolConfig: VMPoolConfig{EnableNetwork: true, NetworkAllow: []string{"127.0.0.1"}},
		RedisConfig:  RedisConfig{Host: at.String()}, Session: SessionConfig{Store: "cookie"},
		ConfigMail:   MailConfig{Enabled: true, SMTPHost: "127.0.0.1", SMTPFrom: "a@example.com"},
		DB:           databases,
		TwilioConfig: TwilioConfig{Enable: true, AccountSID: "AC1", AuthToken: "t", VerifyServiceID: "VA1", BaseURL: base},
	}
	conf.ConfigMail.SMTPPort = at.Port
	conf.AI.Providers = map[string]AIProvider{"openai": {BaseURL: base, Model: "m"}}
	w := newWorld(t, setup{app: app(nodes...), config: conf})
	for name := range calls {
		t.Run(name, func(t *testing.T) {
			if why, missing := there[name]; missing {
				t.Skip(why)
			}
			late := time.Hour
			for range 3 {
				late = min(late, w.killed(t, "/kill/"+name, name))
			}
			if late > 500*time.Millisecond {
				t.Errorf("the answer came %s after the kill", late)
			}
			for range 3 {
				w.expect(w.get("/time/"+name), http.StatusRequestTimeout, `"limit":"time"`)
			}
			if took := w.visits(t, "limited"+name); took > time.Second {
				t.Errorf("the node with 100 ms took %s", took)
			}
		})
	}
}

// killed requests a path, kills the run once it is at the node, and returns how long the response took after that.
func (w *world) killed(t *testing.T, path, at string) time.Duration {
	t.Helper()
	answer := make(chan reply, 1)
	go func() { answer <- w.get(path) }()
	wid := ""
	for deadline := time.Now().Add(10 * time.Second); wid == ""; {
		for _, p := range w.rt.Processes().List() {
			if p.Node == at && time.Since(p.Started) > 30*time.Millisecond { // by now it waits
				wid = p.Wid
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("the run did not begin")
		}
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	w.rt.Processes().Kill(wid, fault.New(fault.Killed, "killed by the test"))
	got := <-answer
	w.expect(got, http.StatusServiceUnavailable, "killed by the test")
	return time.Since(start)
}

// visits reports how long the shortest visit of a node took, as the log has it.
func (w *world) visits(t *testing.T, node string) time.Duration {
	t.Helper()
	least := int64(math.MaxInt64)
	for line := range strings.Lines(w.log.String()) {
		_, rest, found := strings.Cut(line, " us=")
		if !found || !strings.Contains(line, " node="+node+" ") {
			continue
		}
		if us, err := strconv.ParseInt(rest[:strings.IndexByte(rest, ' ')], 10, 64); err == nil {
			least = min(least, us)
		}
	}
	return time.Duration(least) * time.Microsecond
}
