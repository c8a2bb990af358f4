package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/gomodule/redigo/redis"

	"github.com/arturoeanton/nflow-runtime/plugins"
	"github.com/arturoeanton/nflow-runtime/replay"
)

// services are real servers that a run's effects reach. Each counts what it is asked.
type services struct {
	web, ai *httptest.Server
	mail    *smtp.Server
	mailAt  net.Addr
	asked   atomic.Int64
	others  chan struct{} // closed when /other was answered
}

// NewSession makes services a backend of the mail server.
func (s *services) NewSession(*smtp.Conn) (smtp.Session, error) { return mailSession{s}, nil }

type mailSession struct{ *services }

func (mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (m mailSession) Data(r io.Reader) error {
	m.asked.Add(1)
	_, err := io.Copy(io.Discard, r)
	return err
}
func (mailSession) Reset()        {}
func (mailSession) Logout() error { return nil }

func startServices(t *testing.T) *services {
	t.Helper()
	s := &services{others: make(chan struct{})}
	s.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.asked.Add(1)
		switch r.URL.Path {
		case "/slow": // comes back after the others
			<-s.others
		case "/other":
			defer close(s.others)
		}
		if strings.HasPrefix(r.URL.Path, "/otp/") { // Twilio's
			_, _ = io.WriteString(w, `{"status":"approved"}`)
			return
		}
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"n": n, "path": r.URL.Path, "at": time.Now().UnixNano()})
	}))
	s.ai = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.asked.Add(1)
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"stream":true`) {
			for _, piece := range []string{"Hel", "lo"} {
				fmt.Fprintf(w, "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", piece)
			}
			fmt.Fprint(w, "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}\n\ndata: [DONE]\n\n")
			return
		}
		fmt.Fprintf(w, `{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"answer %d"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`, n)
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.mail, s.mailAt = smtp.NewServer(s), l.Addr()
	s.mail.Domain = "localhost"
	go s.mail.Serve(l)
	t.Cleanup(s.stop)
	return s
}

func (s *services) stop() {
	s.web.Close()
	s.ai.Close()
	_ = s.mail.Close()
}

// config names the services.
func (s *services) config(t *testing.T, database string) ConfigWorkspace {
	t.Helper()
	c := ConfigWorkspace{VMPoolConfig: VMPoolConfig{EnableNetwork: true, EnableProcess: true, NetworkAllow: []string{"127.0.0.1"}}}
	c.DB = map[string]FlowDatabase{"default": {Driver: "sqlite", DSN: database}}
	c.AI.Providers = map[string]AIProvider{"openai": {BaseURL: s.ai.URL, Model: "m"}}
	c.ConfigMail = MailConfig{Enabled: true, SMTPHost: "127.0.0.1", SMTPFrom: "shop@example.com", SMTPPort: s.mailAt.(*net.TCPAddr).Port}
	c.TwilioConfig = TwilioConfig{Enable: true, AccountSID: "AC1", AuthToken: "hunter2", VerifyServiceID: "VA1", BaseURL: s.web.URL + "/otp"}
	return c
}

// everything is a node for each kind of effect. Its response depends on all of them.
func everything(web string) []string {
	return []string{
		starter("s", "/all", "time"),
		js("time", `function main(){ payload.time = [Date.now(), new Date().toISOString(), time_now_unix_nano(), date.now().getTime(), Math.random(), Math.random()]; sleep(5) }`, "output_1=ids"),
		js("ids", `function main(){ payload.ids = [uuid(), wid, crypto.randomUUID(), crypto.randomBytes(8, "hex"), require("crypto").randomBytes(4).toString("hex"), crypto.encrypt("00".repeat(16), "x"), jwt.sign({a: 1}, "0123456789abcdef0123456789abcdef")] }`, "output_1=web"),
		js("web", `async function main(){
  const first = http.get("`+web+`/one", {query: {q: 1}}); payload.web = [first.status, first.json().n, http_get("`+web+`/gone").status_code, http_post("`+web+`/post", {a: 1}).body]
  payload.order = []
  const one = async (p) => { const r = await fetch("`+web+`" + p); payload.order.push(p, (await r.json()).n) }
  const late = new Promise(done => setTimeout(() => { payload.order.push("timer"); done() }, 10))
  await Promise.all([one("/slow"), one("/quick"), one("/other"), late])
  try { http.get("http://127.0.0.1:1/") } catch (e) { payload.web.push(e.message) }
}`, "output_1=db"),
		js("db", `function main(){
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a ANY, d DATETIME)"); db.exec("INSERT INTO t (a) VALUES ($1), ($2), ($3)", [null, 1.5, new Uint8Array([1, 2])])
  payload.tx = db.transaction(tx => { tx.exec("INSERT INTO t (a, d) VALUES ($1, $2)", ["in", new Date(0)]); return tx.one("SELECT count(*) AS n, random() AS r FROM t") })
  try { db.transaction(tx => { tx.exec("DELETE FROM t"); throw new Error("undone") }) } catch (e) { payload.undone = e.message }
  const rows = db.query("SELECT * FROM t ORDER BY id"); payload.rows = rows.map(r => [r.id, r.a instanceof Uint8Array ? "bytes" + r.a.length : r.a, r.d instanceof Date && r.d.getTime()])
  payload.big = String(db.one("SELECT 9007199254740993 AS b").b)
  try { db.query("SELECT * FROM nowhere") } catch (e) { payload.sql = [e.message, e.code] }
}`, "output_1=kv"),
		js("kv", `function main(){ payload.kv = [kv.incr("n"), kv.get("none", 7), kv.set("k", {a: [1]}), kv.get("k"), kv.delete("k"), kv.incr("n", 5)]; payload.secret = crypto.sha256(secrets.get("token")); payload.none = secrets.get("none", "-"); payload.env = get_env("PATH").length }`, "output_1=mail"),
		js("mail", `function main(){ mail.send({to: "ada@example.com", subject: "Hi", text: "x"}); mail.sendAsync({to: "bob@example.com", subject: "Hi", text: "y"}); payload.otp = [send_otp("+34600000000"), check_otp("+34600000000", "123456")] }`, "output_1=ai"),
		js("ai", `function main(){ payload.pieces = []; payload.ai = [ai.chat({prompt: "one"}).text, ai.chat({prompt: "two", onToken: t => payload.pieces.push(t)}).usage.total] }`, "output_1=session"),
		js("session", `function main(){ const seen = get_session("cart", "n"); set_session("cart", "n", String(Number(seen) + 1)); payload.session = [seen, get_session("cart", "n"), get_user("nobody"), validate_token("none"), wkill("none")] }`, "output_1=call"),
		js("call", `function main(){ payload.called = flow.call("/inner", {x: 1}) }`, "output_1=step"),
		node("step", `{"type":"count"}`, "output_1=fork"),
		node("fork", `{"type":"gorutine"}`, "output_1=end", "output_2=forked"),
		js("forked", `function main(){ http.get("`+web+`/forked") }`),
		js("end", `function main(){ c.JSON(200, payload) }`),
		starter("s2", "/inner", "inner"),
		js("inner", `function main(){ payload.inner = [Math.random(), http.get("`+web+`/inner").json().n] }`),
	}
}

// counting is a step whose response differs each time.
func counting() plugins.StepType {
	var n atomic.Int64
	return plugins.NewStep("count", "Counts.", func(_ context.Context, _ struct{}, p map[string]any) (string, map[string]any, error) {
		p["count"] = n.Add(1)
		return "", p, nil
	})
}

// only records the effects of a run and not those of its forks.
func only(e replay.Effects) func(string) replay.Effects {
	var asked atomic.Int64
	return func(string) replay.Effects {
		if asked.Add(1) > 1 {
			return nil
		}
		return e
	}
}

func prepareReplay(t *testing.T, secret bool) func(*Runtime) {
	return func(rt *Runtime) {
		rt.loop.AddPluginStep(counting(), "")
		if !secret {
			return
		}
		if err := rt.store.SetSecret(t.Context(), "token", "hunter2hunter2"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReplay records a run with every kind of effect and replays it while all services are gone; then with changed code.
func TestReplay(t *testing.T) {
	t.Parallel()
	s := startServices(t)
	conf := s.config(t, filepath.Join(t.TempDir(), "flow.db"))
	nodes := everything(s.web.URL)
	recorder := &replay.Recorder{}
	live := newWorld(t, setup{app: app(nodes...), config: conf, prepare: prepareReplay(t, true), effects: only(recorder)})
	first := live.get("/all?q=1")
	live.expect(first, 200, `"pieces":["Hel","lo"]`)
	live.rt.Close(t.Context()) // the fork asks a service too, and a mail is in the queue
	events := recorder.Events()
	kinds := map[string]bool{}
	for _, e := range events {
		kinds[e.Kind] = true
		if strings.Contains(e.Key, "hunter2") {
			t.Errorf("the key of an effect holds a secret: %s", e)
		}
	}
	for kind := range strings.FieldsSeq("time sleep random uuid http db mail twilio ai kv secret user env session kill step fork turn node answer") {
		if !kinds[kind] {
			t.Errorf("no effect of kind %s was recorded", kind)
		}
	}
	asked := s.asked.Load()
	if asked < 12 {
		t.Errorf("the services were asked %d times", asked)
	}
	s.stop()
	conf.DB["default"] = FlowDatabase{Driver: "sqlite", DSN: filepath.Join(t.TempDir(), "no", "such", "folder.db")}
	replay := func(nodes []string) (reply, *replay.Difference) {
		replayer := replay.NewReplayer(events)
		w := newWorld(t, setup{app: app(nodes...), config: conf, prepare: prepareReplay(t, false), effects: only(replayer)})
		got := w.get("/all?q=1")
		return got, replayer.Difference(true)
	}
	for range 2 {
		got, difference := replay(nodes)
		if difference != nil || got.status != first.status || got.body != first.body {
			t.Fatalf("%v\n got %s\nwant %s", difference, got.body, first.body)
		}
		if got.header.Get("Nflow-Wid-1") != first.header.Get("Nflow-Wid-1") || got.header.Get("Dromedary-Wid-2") != first.header.Get("Dromedary-Wid-2") {
			t.Error("the ids of the runs are others")
		}
	}
	if n := s.asked.Load(); n != asked {
		t.Errorf("the replay asked a service")
	}
	for _, c := range replayChanges(s.web.URL) {
		_, d := replay(c.in(t, nodes))
		if d == nil || d.Node != c.node || !strings.HasPrefix(d.Want, c.want) || !strings.Contains(d.Got, c.got) {
			t.Errorf("%s → %s: difference %+v", c.from, c.to, d)
		}
	}
	if n := s.asked.Load(); n != asked {
		t.Errorf("a replay asked a service")
	}
}

// replayChange is a change of one node's code, and the difference that a replay finds because of it.
type replayChange struct{ node, from, to, want, got string }

func replayChanges(web string) []replayChange {
	return []replayChange{
		{"kv", `kv.get("none", 7)`, `kv.get("other", 7)`, "kv get none", "kv get other"},
		{"web", `{q: 1}`, `{q: 2}`, "http GET " + web + "/one", "http GET " + web + "/one"},
		{"db", `tx.one("SELECT count(*) AS n`, `tx.one("SELECT max(id) AS n`, "db default tx.one SELECT count", "db default tx.one SELECT max"},
		{"mail", `mail.send({to: "ada@example.com", subject: "Hi"`, `mail.send({to: "ada@example.com", subject: "Ho"`, "mail mail.send", "mail mail.send"},
		{"mail", `"123456"`, `"654321"`, "twilio VerificationCheck", "twilio VerificationCheck"},
		{"end", `c.JSON(200, payload)`, `c.JSON(200, {a: 1})`, "answer 200", "answer 200"},
		{"ids", `uuid(), wid`, `wid`, "uuid", "random"},
		{"time", `function main(){`, `function main(){ next = "end"; return;`, "time date", "answer"},
		{"web", `await Promise.all([`, `await Promise.all([new Promise(r => setTimeout(r, 1)), `, "http GET", "still pending"},
	}
}

// in returns the nodes with the change.
func (c replayChange) in(t *testing.T, nodes []string) []string {
	t.Helper()
	changed := make([]string, len(nodes))
	for i, n := range nodes {
		changed[i] = n
		if strings.HasPrefix(n, fmt.Sprintf("%q:", c.node)) {
			changed[i] = strings.Replace(n, inJSON(c.from), inJSON(c.to), 1)
			if changed[i] == n {
				t.Fatalf("%s does not hold %s", c.node, c.from)
			}
		}
	}
	return changed
}

func inJSON(text string) string {
	b, _ := json.Marshal(text)
	return strings.Trim(string(b), `"`)
}

// TestReplayOfRedis is apart, for it needs a server on the machine.
func TestReplayOfRedis(t *testing.T) {
	t.Parallel()
	host := os.Getenv("NFLOW_TEST_REDIS")
	if host == "" {
		host = "127.0.0.1:6379"
	}
	client, err := redis.Dial("tcp", host)
	if err != nil {
		t.Skipf("no Redis server for tests: %v", err)
	}
	key := "nflow-test-replay:" + t.Name() + ":" + time.Now().Format(time.RFC3339Nano)
	t.Cleanup(func() {
		_, _ = client.Do("DEL", key, key+":h")
		_ = client.Close()
	})
	nodes := []string{starter("s", "/x", "n"), js("n", `function main(){ const k = "`+key+`"; redis_hset(k + ":h", "f", "v"); c.JSON(200, [redis.incr(k), redis.get(k), redis.get(k + "none"), redis_hget(k + ":h", "f").val(), redis_hget(k + ":h", "none").err()]) }`)}
	recorder := &replay.Recorder{}
	conf := ConfigWorkspace{RedisConfig: RedisConfig{Host: host}, Session: SessionConfig{Store: "cookie"}}
	first := newWorld(t, setup{app: app(nodes...), config: conf, effects: only(recorder)}).get("/x")
	if first.status != 200 || !strings.HasPrefix(first.body, `[1,"1",null,"v",`) {
		t.Fatalf("%d %s", first.status, first.body)
	}
	replayer := replay.NewReplayer(recorder.Events())
	got := newWorld(t, setup{app: app(nodes...), effects: only(replayer)}).get("/x") // Redis is not even configured
	if d := replayer.Difference(true); d != nil || got.body != first.body {
		t.Errorf("%v\n got %s\nwant %s", d, got.body, first.body)
	}
}
