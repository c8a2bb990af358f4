package mail

import (
	"bytes"
	"encoding/base64"
	"net/mail"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

func unbase64(t *testing.T, text []byte) []byte {
	t.Helper()
	out, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzHeaders: whatever a flow puts into addresses, subject, headers and names of attachments, the mail that is written
// has the headers that were meant, and no more recipients.
func FuzzHeaders(f *testing.F) {
	f.Add("ada@example.com", "Hello", "X-Order", "7", "a.txt", "text/plain")
	f.Add("Ada <ada@example.com>, bob@example.com", "Grüße", "x-note", "año\t=?utf-8?q?=0D=0A?=", "ü\".txt", "")
	f.Add("\"a\\\" b\" <ada@example.com>", "=?utf-8?q?a=0D=0ABcc:_eve@evil.example?=", "List-Unsubscribe", "<https://example.com/>", "../a", "a/b")
	f.Add("a@b\r\nBcc: eve@evil.example", "a\r\n\r\nbody", "X\r\nBcc", "\r\nBcc: eve@evil.example", "\"\r\nBcc: x", "text/plain\r\nBcc: x")
	f.Add("g: eve@evil.example;", "\u2028Bcc: x", "Bcc", "eve@evil.example", "\x85", "t/p; x=y")
	p, err := New(Options{Enabled: true, Host: "127.0.0.1", From: "shop@example.com"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to, subject, name, value, file, kind string) {
		w := another(t, p)
		var j *job
		ex := w.vm.Try(func() {
			j = p.compose(w.run, "mail.send", &message{
				to: []string{to}, subject: subject, text: "text", headers: map[string]string{name: value},
				attachments: []attachment{{name: file, kind: kind, content: []byte("x")}},
			})
		})
		if ex != nil {
			if _, ok := ex.Value().(*goja.Object); !ok {
				t.Fatalf("threw %v", ex)
			}
			return
		}
		var raw bytes.Buffer
		if _, err := j.message.msg.WriteTo(&raw); err != nil {
			t.Fatal(err)
		}
		got, err := mail.ReadMessage(&raw)
		if err != nil {
			t.Fatalf("no mail: %v\n%s", err, raw.String())
		}
		known := map[string]bool{
			"Date": true, "Mime-Version": true, "Message-Id": true, "Subject": true, "From": true, "To": true,
			"Content-Type": true, "Content-Transfer-Encoding": true, strings.ToLower(name): true,
		}
		for header, values := range got.Header {
			if !known[header] && !known[strings.ToLower(header)] || len(values) != 1 {
				t.Errorf("header %q: %q\nin\n%s", header, values, raw.String())
			}
		}
		recipients, err := j.message.msg.GetRecipients()
		if err != nil || len(recipients) != j.message.recipients {
			t.Errorf("recipients %q, counted %d: %v", recipients, j.message.recipients, err)
		}
		for _, r := range recipients {
			r = strings.TrimSuffix(strings.TrimPrefix(r, "<"), ">")
			if strings.ContainsAny(r, " <>\r\n\x00\"") || strings.Count(r, "@") != 1 {
				t.Errorf("recipient %q", r)
			}
		}
	})
}
