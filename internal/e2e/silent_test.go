package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// peer serves a protocol badly on a port of its own until the test ends.
func peer(t *testing.T, speak func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.Map
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, nil)
			all.Go(func() {
				defer c.Close()
				speak(c)
				_, _ = io.Copy(io.Discard, c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		for c := range open.Range {
			c.(net.Conn).Close()
		}
		all.Wait()
	})
	return l.Addr().String()
}

// silent accepts, and says nothing.
func silent(net.Conn) {}

// drip says something, and then a byte of more a second.
func drip(first, more string) func(net.Conn) {
	return func(c net.Conn) {
		if strings.HasPrefix(first, "HTTP") {
			_, _ = c.Read(make([]byte, 1))
		}
		_, err := io.WriteString(c, first)
		for tick := time.Tick(time.Second); err == nil; <-tick {
			_, err = io.WriteString(c, more)
		}
	}
}

// postbox takes a mail until the middle of its text.
func postbox(c net.Conn) {
	_, _ = io.WriteString(c, "220 x ESMTP\r\n")
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if lines.Text() == "DATA" {
			_, _ = io.WriteString(c, "354 go\r\n")
			return
		}
		_, _ = io.WriteString(c, "250 x\r\n")
	}
}

// valve passes what goes to a server and back while it is open.
type valve struct{ shut atomic.Bool }

func (v *valve) to(server string) func(net.Conn) {
	return func(c net.Conn) {
		up, err := net.Dial("tcp", server)
		if err != nil {
			return
		}
		go func() { v.pass(c, up); c.Close() }()
		v.pass(up, c)
		up.Close()
	}
}

func (v *valve) pass(to io.Writer, from io.Reader) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		if !v.shut.Load() {
			_, _ = to.Write(piece[:n])
		}
	}
}

// silentKind is a service that stops in the middle, and the code that uses it.
type silentKind struct{ name, code string }

var silentKinds = []silentKind{
	{"mail", `mail.send({ to: "a@example.com", subject: "s", text: "t" })`},
	{"mail_mid_data", `mail_config("127.0.0.1", @DATA@, "a@example.com", "") + send_mail("a@example.com", "s", "t", "", "text")`},
	{"mail_drip", `mail_config("127.0.0.1", @GREETING@, "a@example.com", "") + send_mail("a@example.com", "s", "t", "", "text")`},
	{"redis", `redis.get("a")`},
	{"redis_classic", `redis_hget("a", "b").val()`},
	{"postgres", `db("pg").one("SELECT 1")`},
	{"postgres_open", `db("pg_open").transaction(tx => tx.one("SELECT 1"))`},
	{"mysql", `db("my").one("SELECT 1")`},
	{"mysql_open", `db("my_open").transaction(tx => tx.one("SELECT 1"))`},
	{"http", `http.get("http://@QUIET@/", { retries: 3 })`},
	{"http_head", `http_get("http://@HEAD@/")`},
	{"http_body", `http.get("http://@BODY@/").body`},
	{"http_tls", `http.get("https://@QUIET@/")`},
	{"fetch", `await Promise.all([fetch("http://@BODY@/").then(r => r.text()), fetch("http://@QUIET@/")])`},
	{"chat", `ai.chat({ provider: "openai", model: "m", messages: [{ role: "user", content: "x" }] })`},
	{"openai", `openai("", "", "hi", "m", {})`},
	{"ollama", `ollama("", "", "hi", "m", {})`},
	{"gemini", `gemini("", "hi", "m", {})`},
	{"send_otp", `send_otp("+34600000000")`},
	{"check_otp", `check_otp("+34600000000", "123456")`},
	{"jwks", `jwt.verify("eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.AA", { jwks: "http://@QUIET@/jwks" })`},
}

// silentApp has a flow for each kind, and a good one.
func silentApp(t *testing.T, hosts *strings.Replacer, kinds []silentKind) string {
	t.Helper()
	s := &scenario{files: map[string]string{"good.js": `function main() { c.JSON(200, { n: vars.n, l: 100 }) }`}}
	text := "flow good\nstarter GET /good/:n -> good\ngood js\n"
	for _, k := range kinds {
		text += fmt.Sprintf("flow %[1]s\nstarter GET /%[1]s -> %[1]s\n%[1]s js\n", k.name)
		s.files[k.name+".js"] = "async function main() { c.JSON(200, { got: " + hosts.Replace(k.code) + " }) }"
	}
	s.files["flow.txt"] = text
	app, err := s.app()
	if err != nil {
		t.Fatal(err)
	}
	return string(app)
}

// silentConfig names the services.
const silentConfig = `[vm_pool]
max_execution_seconds = 2
enable_network = true
network_allow = "127.0.0.1"
[admin]
token = "` + silentToken + `"
[mail]
enabled = true
smtp_host = "127.0.0.1"
smtp_port = @QUIETPORT@
smtp_from = "a@example.com"
[redis]
host = "@REDIS@"
[session]
store = "cookie"
[db.pg]
dsn = "postgres://u:p@@QUIET@/x?sslmode=disable"
[db.pg_open]
dsn = "@PG@"
[db.my]
driver = "mysql"
dsn = "u:p@tcp(@QUIET@)/x"
[db.my_open]
driver = "mysql"
dsn = "root@tcp(@MY@)/"
[ai.openai]
base_url = "http://@BODY@/v1"
api_key = "k"
[ai.ollama]
base_url = "http://@BODY@"
[ai.gemini]
base_url = "http://@QUIET@"
api_key = "k"
[twilio]
enable = true
account_sid = "a"
auth_token = "b"
verify_service_id = "c"
base_url = "http://@BODY@"
`

// silentServices starts the services of silentConfig, and the process on them.
func silentServices(t *testing.T) (*server, *valve) {
	t.Helper()
	v, quiet := new(valve), peer(t, silent)
	body := peer(t, drip("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n\"", "x"))
	pg, err := url.Parse(servertest.Schema(t))
	if err != nil {
		t.Fatal(err)
	}
	pg.Host = peer(t, v.to(pg.Host))
	port := func(addr string) string { _, p, _ := net.SplitHostPort(addr); return p }
	hosts := strings.NewReplacer("@QUIET@", quiet, "@QUIETPORT@", port(quiet), "@BODY@", body,
		"@HEAD@", peer(t, drip("HTTP/1.1 200 OK\r\nX-A: ", "x")), "@GREETING@", port(peer(t, drip("220", "-"))), "@DATA@", port(peer(t, postbox)),
		"@REDIS@", peer(t, v.to(servertest.Redis(t).Addr)), "@PG@", pg.String(), "@MY@", peer(t, v.to("127.0.0.1:3306")))
	cmd := command(t, "--addr", "127.0.0.1:0", "-a", "./app.json", "-c", "./config.toml")
	writeFiles(t, cmd.Dir, map[string]string{"app.json": silentApp(t, hosts, silentKinds), "config.toml": hosts.Replace(silentConfig)})
	return startCommand(t, cmd), v
}

// TestSilentServices has services stop in the middle of what they say, or before it, with many runs waiting for them: each
// run ends at its time or when it is killed, and other requests notice nothing. Those that come back are used again.
func TestSilentServices(t *testing.T) {
	t.Parallel()
	s, v := silentServices(t)
	b := newBrowser(t, s.url)
	open := []string{"/redis", "/postgres_open", "/mysql_open"}
	for _, path := range open { // a connection that is open already falls silent
		b.expect(b.get(path), 200)
	}
	v.shut.Store(true)
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 50}}
	defer client.CloseIdleConnections()
	begun := liveRuns(t, s, client)
	stop := traffic(t, client, s.url)
	ends := silentEnds(t, s, client, begun, silentKinds)
	if n := stop(); n.failed+n.refused > 0 {
		t.Error(n)
	} else {
		t.Log(n)
	}
	wantEnds(t, ends, silentKinds)
	v.shut.Store(false)
	for _, path := range open {
		b.expect(b.get(path), 200)
	}
}

// silentEnds has 6 runs of each kind at once, one of which is killed, and counts how they end.
func silentEnds(t *testing.T, s *server, client *http.Client, begun <-chan [2]string, kinds []silentKind) map[string]int {
	t.Helper()
	var all sync.WaitGroup
	ends := make(chan string, 1000)
	for _, k := range kinds {
		for range 6 {
			all.Go(func() { ends <- k.name + ": " + endOf(client, s.url+"/"+k.name) })
		}
	}
	killed := map[string]bool{}
	for len(killed) < len(kinds) {
		run := <-begun
		if flow := run[0]; flow != "good" && !killed[flow] {
			killed[flow] = true
			all.Go(func() { ends <- flow + ": " + kill(client, s.url, run[1]) })
		}
	}
	all.Wait()
	close(ends)
	count := map[string]int{}
	for end := range ends {
		count[end]++
	}
	return count
}

// wantEnds demands that one run of each kind was killed, and that the others ended at their time.
func wantEnds(t *testing.T, count map[string]int, kinds []silentKind) {
	t.Helper()
	for _, k := range kinds {
		for end, want := range map[string]int{": 408": 5, ": killed": 1, ": 202": 1} {
			if count[k.name+end] != want {
				t.Errorf("%s%s: %d times, want %d: %v", k.name, end, count[k.name+end], want, count)
			}
		}
	}
}

// endOf requests a URL, and returns the status, or that the run was killed.
func endOf(client *http.Client, url string) string {
	began := time.Now()
	res, err := client.Get(url)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	switch took := time.Since(began); {
	case strings.Contains(string(text), "killed"):
		return "killed"
	case took > 10*time.Second: // of 2 s; the machine may be busy
		return fmt.Sprint("after ", took)
	}
	return fmt.Sprint(res.StatusCode)
}

// silentToken is that of the runs API.
const silentToken = "0123456789abcdef0123456789abcdef"

// askRuns requests something of the runs API.
func askRuns(client *http.Client, method, url string) (*http.Response, error) {
	q, err := http.NewRequest(method, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Authorization", "Bearer "+silentToken)
	return client.Do(q)
}

// kill ends a run, and returns the status.
func kill(client *http.Client, base, wid string) string {
	res, err := askRuns(client, http.MethodDelete, base+"/nflow/api/v1/runs/"+wid)
	if err != nil {
		return err.Error()
	}
	res.Body.Close()
	return fmt.Sprint(res.StatusCode)
}

// liveRuns sends flow and id of each run that begins, while the test runs.
func liveRuns(t *testing.T, s *server, client *http.Client) <-chan [2]string {
	t.Helper()
	res, err := askRuns(client, http.MethodGet, s.url+"/nflow/api/v1/runs/live")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	begun := make(chan [2]string, 10_000)
	go func() {
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			var run struct{ Wid, Flow, Status string }
			text, ok := strings.CutPrefix(lines.Text(), "data: ")
			if ok && json.Unmarshal([]byte(text), &run) == nil && run.Status == "running" {
				begun <- [2]string{run.Flow, run.Wid}
			}
		}
	}()
	t.Cleanup(func() { res.Body.Close() })
	return begun
}
