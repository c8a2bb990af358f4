package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const hello = `mail.send({ to: "ada@example.com", subject: "Hello", text: "Hi Ada" })`

func TestSend(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	w, _ := newWorld(t, p.options())
	w.js(`mail.send({
		to: ["Ada Lovelace <ada@example.com>", "bob@example.com, carol@example.com"], cc: "dan@example.com", bcc: "eve@example.com",
		replyTo: "help@example.com", subject: "Grüße, 1 < 2", text: "plain\n.dot\n", html: "<b>rich</b>", headers: { "X-Order": 7, "x-note": "año" },
		attachments: [{ name: "a b.csv", content: "pens;2", type: "text/csv" }, { name: "b.bin", content: new Uint8Array([0, 255]) }],
	})`)
	got := p.take()
	if want := []string{"ada@example.com", "bob@example.com", "carol@example.com", "dan@example.com", "eve@example.com"}; !slices.Equal(got.to, want) || got.from != "shop@example.com" {
		t.Errorf("from %s to %v", got.from, got.to)
	}
	if strings.Contains(string(got.raw), "eve@") {
		t.Error("the bcc is shown")
	}
	decode := new(mime.WordDecoder)
	for name, want := range map[string]string{
		"From": `"Shop" <shop@example.com>`, "Cc": "<dan@example.com>", "Subject": "Grüße, 1 < 2", "X-Order": "7", "X-Note": "año",
		"Reply-To": "<help@example.com>", "Message-Id": "<11111111-2222-4333-8444-555555555555@example.com>", "User-Agent": "", "X-Mailer": "", "Date": "Wed, 04 Mar 2026 05:06:07 +0000",
	} {
		if text, err := decode.DecodeHeader(got.msg.Header.Get(name)); err != nil || text != want {
			t.Errorf("%s is %q (%v), want %q", name, text, err, want)
		}
	}
	parts := partsOf(t, got.msg.Header.Get("Content-Type"), got.body)
	want := []string{"text/plain: plain\r\n.dot", "text/html: <b>rich</b>", "text/csv (a b.csv): pens;2", "application/octet-stream (b.bin): \x00\xff"}
	if !slices.Equal(parts, want) {
		t.Errorf("parts %q", parts)
	}
}

// partsOf lists the parts of a mail.
func partsOf(t *testing.T, contentType, body string) (list []string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return []string{kind + ": " + strings.TrimSuffix(body, "\r\n")} // the end of the mail is a line's end
	}
	r := multipart.NewReader(strings.NewReader(body), params["boundary"])
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		if part.Header.Get("Content-Transfer-Encoding") == "base64" {
			text = unbase64(t, text)
		}
		if name := part.FileName(); name != "" {
			kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
			list = append(list, fmt.Sprintf("%s (%s): %s", kind, name, text))
			continue
		}
		list = append(list, partsOf(t, part.Header.Get("Content-Type"), string(text))...)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"no host":  {Options{Enabled: true}, "smtp_host"},
		"sender":   {Options{Enabled: true, Host: "h", From: "nobody"}, "[mail] smtp_from"},
		"injected": {Options{Enabled: true, Host: "h", From: "a@example.com\r\nBcc: b@example.com"}, "line break"},
		"allow":    {Options{Allow: []string{"http://x"}}, "network_allow"},
	} {
		if p, err := New(c.options); p != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w, p := newWorld(t, Options{Enabled: false, Host: "127.0.0.1"})
	for _, script := range []string{hello, strings.Replace(hello, "send", "sendAsync", 1), `send_mail("ada@example.com", "s", "b", "", "text")`} {
		w.throws(script, "set [mail] enabled = true")
	}
	if p.Name() != "mail" {
		t.Error(p.Name())
	}
	off, _ := newWorld(t, Options{Enabled: true, Host: "127.0.0.1"})
	off.throws(hello, "set from, or [mail] smtp_from")
}

func TestSecurity(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"starttls", "tls"} {
		p := start(t, mode, func(p *post) { p.password = "hunter2" })
		o := p.options()
		o.UseTLS = mode == "tls"
		w, _ := newWorld(t, o)
		w.js(hello)
		if got := p.take(); !got.tls || got.user != "shop@example.com" {
			t.Errorf("%s: TLS %v, user %q", mode, got.tls, got.user)
		}
		o.RootCAs = nil
		w, _ = newWorld(t, o)
		w.throws(hello, "certificate of the mail server of [mail] is not trusted")
		p.none()
	}
	plain := start(t, "plain", nil)
	o := plain.options()
	o.UseTLS = true
	w, _ := newWorld(t, o)
	w.throws(hello, "does not speak TLS")
	o.UseTLS, o.Password = false, "hunter2"
	w, _ = newWorld(t, o)
	w.throws(hello, "no safe way to log in")
	plain.none()
}

// TestReadablePassword: without TLS a password is sent inside the machine only.
func TestReadablePassword(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", func(p *post) { p.password = "hunter2" })
	w, _ := newWorld(t, p.options())
	w.js(hello)
	if got := p.take(); got.user == "" {
		t.Error("not logged in")
	}
	for host, want := range map[string]bool{"localhost": true, "::1": true, "127.0.0.1": true, "localhost.example.com": false, "10.0.0.1": false, "127.0.0.1.": false} {
		if loopback(host) != want {
			t.Errorf("loopback(%q) is %v", host, !want)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	refusal := &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "user unknown here"}
	for at, want := range map[string]string{
		"FROM": "refused the sender (code 550)", "ada@example.com": "refused the recipients (code 550)", "DATA": "refused the mail (code 550)",
	} {
		p := start(t, "plain", func(p *post) { p.refuse[at] = refusal })
		w, _ := newWorld(t, p.options())
		w.throws(hello, want)
		p.none()
	}
	p := start(t, "plain", func(p *post) { p.password = "other" })
	o := p.options()
	o.Password = "hunter2"
	w, _ := newWorld(t, o)
	w.throws(hello, "does not accept user and password of [mail]")
	plugin, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w = another(t, plugin)
	w.js(strings.Replace(hello, "send", "sendAsync", 1))
	if err := plugin.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	log := w.log.String()
	for _, want := range []string{"mail not sent", "wid=wid-1", "flow=orders", "does not accept user and password"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "hunter2") {
		t.Errorf("the log holds the password:\n%s", log)
	}
	_ = p.server.Close()
	w, _ = newWorld(t, o)
	w.throws(hello, fmt.Sprintf("refuses connections on port %d", p.port))
}

func TestInjection(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	w, _ := newWorld(t, p.options())
	for part, want := range map[string]string{
		`subject: "a\r\nBcc: eve@example.com"`:               "line break",
		`subject: "a\nb"`:                                    "line break",
		`subject: "a\u0000b"`:                                "line break",
		`subject: "a".repeat(3000)`:                          "too long",
		`to: "ada@example.com\r\nRCPT TO:<eve@example.com>"`: "line break",
		`to: "ada@example.com eve@example.com"`:              "no address",
		`to: '"ada> NOTIFY=NEVER <x"@example.com'`:           "not a plain address",
		`to: "ada@[127.1.1.1]"`:                              "address",
		`to: "ada@example..com"`:                             "address",
		`to: "all: ada@example.com, eve@example.com"`:        "address",
		`to: []`:                                 "no recipient",
		`to: [1]`:                                "not text",
		`to: 1`:                                  "must be text",
		`to: ""`:                                 "no address",
		`subject: {}`:                            "subject must be text, not an object",
		`text: ["a"]`:                            "text must be text, not an object",
		`html: { a: 1 }`:                         "html must be text, not an object",
		`to: Array(101).fill("ada@example.com")`: "up to 100",
		`cc: Array(100).fill("ada@example.com")`: "101 recipients",
		`from: "Shop\nX: y <a@example.com>"`:     "line break",
		`from: "a@example.com, b@example.com"`:   "one address",
		`from: '=?utf-8?q?a=0D=0ABcc:_eve@example.com?= <a@example.com>'`: "holds no address",
		`replyTo: "x"`: "replyTo holds no address",
		`headers: { "X\r\nBcc": "eve@example.com" }`:                          "cannot be set",
		`headers: { "X-A": "1\r\nBcc: eve@example.com" }`:                     "line break",
		`headers: { bcc: "eve@example.com" }`:                                 "cannot be set",
		`headers: { "Content-Type": "text/html" }`:                            "cannot be set",
		`headers: { "X A": "1" }`:                                             "cannot be set",
		`headers: { "X-A": {} }`:                                              "must be text",
		`headers: "X: 1"`:                                                     "must be an object",
		`attachments: [{ name: "a\"\r\nX: y", content: "" }]`:                 "line break",
		`attachments: [{ name: "a", type: "text/csv\r\nX: y", content: "" }]`: "media type",
		`attachments: [{ name: "a", type: "text/csv; name=x", content: "" }]`: "media type",
		`attachments: [{ content: "x" }]`:                                     "needs a name",
		`attachments: "x"`:                                                    "must be an array",
		`attachments: Array(21).fill({ name: "a", content: "" })`:             "too many",
		`attachments: [{ name: "a", content: {} }]`:                           "takes text",
		`attachments: [{ name: "a", content: new Uint8Array(26 << 20) }]`:     "larger than 25 MiB",
		`subjet: "x"`: `unknown option "subjet"`,
		`get subject() { throw new Error("mine") }`: "mine",
	} {
		script := `mail.send(Object.assign(Object.create(null), { to: "ada@example.com", subject: "s", text: "t" }, { ` + part + ` }))`
		w.throws(script, want)
	}
	w.throws(`mail.send("x")`, "TypeError: mail.send takes an object")
	p.none()
}

func TestClassic(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	w, _ := newWorld(t, p.options())
	for script, want := range map[string]string{
		`send_mail("ada@example.com", "s", "<p>b</p>", "", "html")`:                          "text/html: <p>b</p>",
		`send_mail("ada@example.com", "s", "<p>b</p>", "html", "")`:                          "text/html: <p>b</p>",
		`send_mail("ada@example.com", "s", "b", "text")`:                                     "text/plain: b",
		`send_mail("ada@example.com", "s", "b")`:                                             "text/plain: b",
		`send_mail("ada@example.com", "s", "b", "text", { name: "a.txt", content: "file" })`: "text/plain: b|text/plain (a.txt): file",
		`send_mail("ada@example.com", "s", "b", { name: "a.txt", content: "file" }, "html")`: "text/html: b|text/plain (a.txt): file",
		`send_mail_async(["ada@example.com"], "s", "b", null, "text")`:                       "text/plain: b",
	} {
		w.js(script)
		got := p.take()
		if parts := strings.Join(partsOf(t, got.msg.Header.Get("Content-Type"), got.body), "|"); parts != want {
			t.Errorf("%s\n got %q\nwant %q", script, parts, want)
		}
	}
	w.throws(`send_mail("ada@example.com", "s", "b", "", "pdf")`, `"html" or "text"`)
}

func TestConfigOfARun(t *testing.T) {
	t.Parallel()
	p, other := start(t, "plain", func(p *post) { p.password = "hunter2" }), start(t, "plain", nil)
	o := other.options()
	o.Allow = []string{"127.0.0.1"}
	w, plugin := newWorld(t, o)
	w.js(fmt.Sprintf(`mail_config("127.0.0.1", %d, "shop@example.com", "hunter2"); %s`, p.port, hello))
	if got := p.take(); got.user != "shop@example.com" {
		t.Errorf("user %q", got.user)
	}
	another(t, plugin).js(hello)
	other.take() // the next run is not touched
	w.off[network] = true
	w.throws(`mail_config("127.0.0.1", 25, "a@example.com", "")`, "set [vm_pool] enable_network = true")
	w.off[network] = false
	for script, want := range map[string]string{
		`mail_config("", 25, "a@example.com", "")`:       "name or address",
		`mail_config("h\r\nx", 25, "a@example.com", "")`: "name or address",
		`mail_config("h", 0, "a@example.com", "")`:       "port",
		`mail_config("h", 25, "a", "")`:                  "the sender holds no address",
	} {
		w.throws(script, want)
	}
	guarded, _ := newWorld(t, Options{})
	guarded.js(fmt.Sprintf(`mail_config("127.0.0.1", %d, "a@example.com", "")`, p.port))
	v, err := guarded.vm.RunString(`(() => { try { ` + hello + ` } catch (e) { return e.message } })()`)
	if err != nil || !strings.Contains(v.String(), "[vm_pool] network_allow") {
		t.Errorf("%v %v", v, err)
	}
	p.none()
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	o := p.options()
	o.Render = func(_ *hostfn.Run, name string, data any) (string, error) {
		if name != "order" {
			return "", fault.New(fault.Script, "template %q not found", name)
		}
		return fmt.Sprintf("<p>%v</p>", data), nil
	}
	w, _ := newWorld(t, o)
	w.js(`mail.send({ to: "ada@example.com", subject: "s", template: "order", data: { id: 7 } })`)
	if got := p.take(); got.body != "<p>map[id:7]</p>\r\n" {
		t.Errorf("%q", got.body)
	}
	w.throws(`mail.send({ to: "ada@example.com", template: "none" })`, `template "none" not found`)
	w.throws(`mail.send({ to: "ada@example.com", template: "order", html: "x" })`, "not both")
	w, _ = newWorld(t, p.options())
	w.throws(`mail.send({ to: "ada@example.com", template: "order" })`, "no templates")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("file"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	p := start(t, "plain", nil)
	o := p.options()
	o.Files = root
	w, _ := newWorld(t, o)
	for _, script := range []string{
		`send_mail("ada@example.com", "s", "b", "a.txt", "text")`, `send_mail("ada@example.com", "s", "b", "text", "a.txt")`,
		`mail.send({ to: "ada@example.com", text: "b", attachments: [{ path: "a.txt" }] })`,
	} {
		w.js(script)
		got := p.take()
		if parts := partsOf(t, got.msg.Header.Get("Content-Type"), got.body); len(parts) != 2 || parts[1] != "text/plain (a.txt): file" {
			t.Errorf("%s: %q", script, parts)
		}
	}
	w.throws(`send_mail("ada@example.com", "s", "b", "b.txt", "text")`, "does not exist")
	w.throws(`send_mail("ada@example.com", "s", "b", "../a.txt", "text")`, "cannot be attached")
	w.throws(`send_mail("ada@example.com", "s", "b", "/etc/passwd", "text")`, "cannot be attached")
	w.throws(`send_mail("ada@example.com", "s", "b", ".", "text")`, "cannot be attached")
	w.off[filesystem] = true
	w.throws(`send_mail("ada@example.com", "s", "b", "a.txt", "text")`, "enable_filesystem")
	w, _ = newWorld(t, p.options())
	w.throws(`send_mail("ada@example.com", "s", "b", "a.txt", "text")`, "filesystem_root")
	p.none()
}

func TestExamples(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	w, plugin := newWorld(t, p.options())
	for _, f := range plugin.Functions() {
		if f.Sig == "" || f.Doc == "" || f.Example == "" {
			t.Errorf("%s is not documented", f.Name)
		}
		if f.Name == "mail_config" { // names a port that nothing listens on
			another(t, plugin).js(f.Example)
			continue
		}
		w.js(f.Example)
		p.take()
	}
}
