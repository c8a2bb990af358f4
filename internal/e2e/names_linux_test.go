package e2e

import (
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// namedKinds reach services by names.
var namedKinds = []silentKind{
	{"http", `http.get("http://a.nflow.example/", { retries: 3 })`},
	{"http_get", `http_get("https://b.nflow.example/")`},
	{"fetch", `await fetch("http://c.nflow.example/")`},
	{"jwks", `jwt.verify("eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.e30.AA", { jwks: "http://d.nflow.example/jwks" })`},
	{"mail", `mail.send({ to: "a@example.com", subject: "s", text: "t" })`},
	{"send_mail", `mail_config("e.nflow.example", 25, "a@example.com", "") + send_mail("a@example.com", "s", "t", "", "text")`},
	{"redis", `redis.get("a")`},
	{"postgres", `db("pg").one("SELECT 1")`},
	{"mysql", `db("my").one("SELECT 1")`},
	{"ollama", `ollama("", "", "hi", "m", {})`},
}

const namedConfig = `[vm_pool]
max_execution_seconds = 2
enable_network = true
network_allow = "*.nflow.example"
[admin]
token = "` + silentToken + `"
[mail]
enabled = true
smtp_host = "f.nflow.example"
smtp_from = "a@example.com"
[redis]
host = "g.nflow.example"
[session]
store = "cookie"
[db.pg]
dsn = "postgres://u:p@h.nflow.example/x?sslmode=disable"
[db.my]
driver = "mysql"
dsn = "u:p@tcp(i.nflow.example:3306)/x"
[ai.ollama]
base_url = "http://j.nflow.example"
`

// TestSilentNames: where nobody tells the address of a name, runs end at their time or when they are killed, and other requests
// notice nothing.
func TestSilentNames(t *testing.T) {
	t.Parallel()
	resolver, err := net.ListenPacket("udp", "127.0.0.53:53") // it never answers
	if err != nil {
		t.Skipf("a resolver of the test's own takes port 53, which this user may not have: %v", err)
	}
	defer resolver.Close()
	cmd := command(t, "--addr", "127.0.0.1:0", "-a", "./app.json", "-c", "./config.toml")
	writeFiles(t, cmd.Dir, map[string]string{
		"resolv.conf": "nameserver 127.0.0.53\noptions timeout:20 attempts:2\n",
		"app.json":    silentApp(t, strings.NewReplacer(), namedKinds), "config.toml": namedConfig,
	})
	own := append([]string{"-m", "sh", "-c", `mount --bind "$0" /etc/resolv.conf && exec "$@"`, filepath.Join(cmd.Dir, "resolv.conf")}, cmd.Args...)
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("a file of names of the test's own takes a mount, which this user may not make: %s", out)
	}
	named := exec.Command("unshare", own...)
	named.Dir = cmd.Dir
	s := startCommand(t, named)
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 50}}
	defer client.CloseIdleConnections()
	begun := liveRuns(t, s, client)
	stop := traffic(t, client, s.url)
	ends := silentEnds(t, s, client, begun, namedKinds)
	if n := stop(); n.failed+n.refused > 0 {
		t.Error(n)
	} else {
		t.Log(n)
	}
	wantEnds(t, ends, namedKinds)
}
