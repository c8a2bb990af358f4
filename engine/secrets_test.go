package engine

import (
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/logger"
)

// TestPluginsKeepSecrets has each plugin fail with its password or key in its hands, and looks into answers and log.
func TestPluginsKeepSecrets(t *testing.T) {
	t.Parallel()
	const (
		dsn, mailed, key, redis, stored = "hunter2-of-the-db", "hunter2-of-the-mail", "hunter2-of-the-ai", "hunter2-of-redis", "hunter2-of-the-store"
		otp                             = "hunter2-of-twilio"
	)
	mirror := repeating(t)
	closed := closedAddress(t)
	codes := map[string]string{
		"db":     `db.query("SELECT 1")`,
		"mail":   `mail.send({to: "ada@example.com", subject: "x", text: "y"})`,
		"ai":     `ai.chat({prompt: "x"})`,
		"redis":  `redis.get("k")`,
		"twilio": `send_otp("+34600000000")`,
		"header": `const r = http.get("` + mirror.URL + `", {headers: {Authorization: "Bearer " + secrets.get("stored")}}); console.log(r.body); log.info("got", {body: r.body}); throw new Error(r.body)`,
		"url":    `http.get("http://user:" + secrets.get("stored") + "@` + closed.String() + `/" + secrets.get("stored"))`,
		"throw":  `console.error(btoa(secrets.get("stored"))); throw new Error("with " + secrets.get("stored"))`,
		"rule":   `rules.eval(secrets.get("stored") + " +", {})`,
		"sql":    `try { db.query("SELECT '" + secrets.get("stored") + "'") } catch (e) { console.log(e.message); throw e }`,
	}
	var nodes []string
	for name, code := range codes {
		nodes = append(nodes, starter("s"+name, "/"+name, name), js(name, `function main(){ `+code+`; c.JSON(200, "went through") }`))
	}
	conf := ConfigWorkspace{
		VMPoolConfig: VMPoolConfig{EnableNetwork: true, NetworkAllow: []string{"127.0.0.1"}},
		RedisConfig:  RedisConfig{Host: closed.String(), Password: redis}, Session: SessionConfig{Store: "cookie"},
		ConfigMail: MailConfig{Enabled: true, SMTPHost: "127.0.0.1", SMTPFrom: "a@example.com", SMTPUser: "a", SMTPPassword: mailed},
		DB:         map[string]FlowDatabase{"default": {Driver: "postgres", DSN: "postgres://u:" + dsn + "@" + closed.String() + "/x?sslmode=disable&connect_timeout=2"}},
	}
	conf.ConfigMail.SMTPPort = closed.Port
	conf.AI.Providers = map[string]AIProvider{"openai": {BaseURL: mirror.URL, Model: "m", APIKey: key}}
	conf.TwilioConfig = TwilioConfig{Enable: true, AccountSID: "AC1", AuthToken: otp, VerifyServiceID: "VA1", BaseURL: mirror.URL}
	mask, err := NewMasker(&conf)
	if err != nil {
		t.Fatal(err)
	}
	look := func(kind string, w *world, text func() string) {
		for name := range codes {
			got := w.get("/" + name)
			if got.status < 400 || strings.Contains(got.body, "hunter2") {
				t.Errorf("%s: %s: %d %s", kind, name, got.status, got.body)
			}
		}
		log := text()
		if !strings.Contains(log, "you said") || strings.Count(log, "request failed") != len(codes) {
			t.Errorf("%s: the log does not tell what happened:\n%s", kind, log)
		}
		hidesAll(t, kind, log, dsn, mailed, key, redis, stored, otp)
	}
	prepare := func(rt *Runtime) {
		if err := rt.store.SetSecret(t.Context(), "stored", stored); err != nil {
			t.Fatal(err)
		}
	}
	var out servertest.Record
	log := logger.New(logger.Options{Out: &out, Mask: mask, Level: slog.LevelDebug})
	w := newWorld(t, setup{app: app(nodes...), config: conf, log: log.Logger(), mask: mask, prepare: prepare})
	look("logger", w, func() string { log.Flush(); return out.String() })
	own := newWorld(t, setup{app: app(nodes...), config: conf, prepare: prepare}) // a slog.Logger that knows no secrets
	look("slog", own, own.log.String)
}

// closedAddress is one where nothing listens.
func closedAddress(t *testing.T) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr)
}

// repeating is a server that repeats its input, as a malicious one would.
func repeating(t *testing.T) *httptest.Server {
	t.Helper()
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, password, _ := r.BasicAuth()
		said := "you said " + r.Header.Get("Authorization") + " " + password
		_, _ = w.Write([]byte(`{"error":{"message":"` + said + `"},"code":60200,"message":"` + said + `"}`))
	}))
	t.Cleanup(mirror.Close)
	return mirror
}

// hidesAll fails the test where a log shows one of the secrets.
func hidesAll(t *testing.T, kind, log string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte("AC1:" + secret))} {
			if i := strings.Index(log, form); i >= 0 {
				t.Errorf("%s: the log shows a secret: …%s…", kind, log[max(0, i-200):min(len(log), i+100)])
			}
		}
	}
}
