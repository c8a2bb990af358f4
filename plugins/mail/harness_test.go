package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// post is a real SMTP server.
type post struct {
	t        testing.TB
	port     int
	password string           // of the user shop@example.com; "" offers no login
	refuse   map[string]error // by "FROM", "DATA" or a recipient
	slow     chan struct{}    // when not nil, DATA waits until it is closed
	began    chan struct{}    // a DATA has begun
	roots    *x509.CertPool   // who vouches for it
	mails    chan received    // taken
	server   *smtp.Server
}

type received struct {
	from string
	to   []string
	user string
	tls  bool
	raw  []byte
	msg  *mail.Message
	body string
}

// start begins to serve; mode is "plain", "starttls" or "tls".
func start(t testing.TB, mode string, change func(*post)) *post {
	t.Helper()
	p := &post{t: t, mails: make(chan received, 100), began: make(chan struct{}, 100), refuse: map[string]error{}}
	if change != nil {
		change(p)
	}
	p.server = smtp.NewServer(p)
	p.server.Domain = "localhost"
	p.server.AllowInsecureAuth = true
	p.server.EnableSMTPUTF8 = true
	p.server.ErrorLog = quiet{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	if mode != "plain" {
		s := httptest.NewTLSServer(nil)
		s.Close()
		p.roots = x509.NewCertPool()
		p.roots.AddCert(s.Certificate())
		p.server.TLSConfig = &tls.Config{Certificates: s.TLS.Certificates} //nolint:gosec // of a test
		if mode == "tls" {
			l = tls.NewListener(l, p.server.TLSConfig)
		}
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = p.server.Serve(l) }()
	t.Cleanup(func() { _ = p.server.Close(); <-served })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (p *post) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.TLSConnectionState()
	s := &session{post: p, got: received{tls: secure}}
	if p.password != "" {
		return &authSession{s}, nil
	}
	return s, nil
}

type session struct {
	post *post
	got  received
}

func (s *session) Reset()        { s.got.from, s.got.to = "", nil }
func (s *session) Logout() error { return nil }
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.post.password != "" && s.got.user == "" {
		return smtp.ErrAuthRequired
	}
	s.got.from = from
	return s.post.refuse["FROM"]
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.got.to = append(s.got.to, to)
	return s.post.refuse[to]
}

func (s *session) Data(r io.Reader) error {
	s.post.began <- struct{}{}
	if s.post.slow != nil {
		<-s.post.slow
	}
	if err := s.post.refuse["DATA"]; err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	got := s.got
	got.raw = raw
	if got.msg, err = mail.ReadMessage(bytes.NewReader(raw)); err != nil {
		s.post.t.Errorf("no mail: %v\n%s", err, raw)
		return err
	}
	body, _ := io.ReadAll(got.msg.Body)
	got.body = string(body)
	s.post.mails <- got
	return nil
}

type authSession struct{ *session }

func (s *authSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *authSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "shop@example.com" || password != s.post.password {
			return errors.New("no " + password) // a server that repeats what it was sent
		}
		s.got.user = user
		return nil
	}), nil
}

// world is one run with the plugin.
type world struct {
	t    testing.TB
	vm   *goja.Runtime
	run  *hostfn.Run
	off  map[string]bool
	ctx  context.Context
	kill context.CancelCauseFunc
	log  *servertest.Record
}

func newWorld(t testing.TB, o Options) (*world, *Plugin) {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return another(t, p), p
}

// another is one more run with a plugin.
func another(t testing.TB, p *Plugin) *world {
	t.Helper()
	w := &world{t: t, vm: goja.New(), off: map[string]bool{}, log: &servertest.Record{}}
	w.ctx, w.kill = context.WithCancelCause(context.Background())
	t.Cleanup(func() { w.kill(context.Canceled) })
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})).With("wid", "wid-1", "flow", "orders")
	w.run = &hostfn.Run{
		VM: w.vm, Caps: w, Time: w, Wid: "wid-1", Flow: "orders",
		Host: &hosttest.Host{VM: w.vm, Ctx: func() context.Context { return w.ctx }, Logger: log},
	}
	hosttest.Serve(w.run, p.Functions())
	return w
}

func (w *world) Allow(setting string) error {
	if w.off[setting] {
		return fault.New(fault.Denied, "off")
	}
	return nil
}

func (w *world) Now() time.Time                                   { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
func (w *world) Sleep(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }

func (w *world) js(script string) {
	w.t.Helper()
	if _, err := w.vm.RunScript("flow/node", script); err != nil {
		w.t.Fatalf("%s\nthrew %v", script, err)
	}
}

// throws runs a script that must throw an error with the text.
func (w *world) throws(script, text string) {
	w.t.Helper()
	got := hosttest.Throws(w.t, w.run, script, text)
	for _, leak := range []string{"hunter2", "127.0.0.1", "goroutine", "user unknown here"} {
		if strings.Contains(got, leak) {
			w.t.Errorf("%s\nthe error tells %q: %s", script, leak, got)
		}
	}
}

// take waits for one mail.
func (p *post) take() received {
	p.t.Helper()
	select {
	case got := <-p.mails:
		return got
	case <-time.After(10 * time.Second):
		p.t.Fatal("no mail came")
		panic("unreachable")
	}
}

// none reports that nothing was sent.
func (p *post) none() {
	p.t.Helper()
	select {
	case got := <-p.mails:
		p.t.Errorf("a mail was sent:\n%s", got.raw)
	default:
	}
}

func (p *post) options() Options {
	return Options{Enabled: true, Host: "127.0.0.1", Port: p.port, From: "Shop <shop@example.com>", Password: p.password, RootCAs: p.roots}
}
