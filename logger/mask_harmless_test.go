package logger_test

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/logger"
)

// harmless holds a text on each line that tells no secret, however it is read.
const harmless = `run
GET /orders/17/lines 200 1.5ms 12345 bytes
flow orders, node 550e8400-e29b-41d4-a716-446655440000 answered 200 in 1.5ms
2026-11-29T16:12:14.903522914Z
a=1&b=2&c=%20&d=a+b
/search?q=hello+world%21&page=2
{"a":1,"b":[true,false,null],"c":"\u00e9\n\t\"quoted\""}
{\"escaped\":\"twice\",\"n\":12345}
C:\Users\ana\Documents\new\table.txt
\\server\share\folder
<p class="x">5 &lt; 6 &amp;&amp; 7 &gt; 2</p>
&#39;quoted&#39; &quot;text&quot;
sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
md5 d41d8cd98f00b204e9800998ecf8427e
etag "33a64df551425fcc55e4d42a148795d9f25f89d4"
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
SGVsbG8sIHdvcmxkIQ==
TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNvbnNlY3RldHVyIGFkaXBpc2NpbmcgZWxpdA
Authorization: Basic
eyJhbGciOiJIUzI1NiJ9
the password was changed
hunter is a word, and so is hunting
correct horse
battery horse correct staple
a correct answer of the horse
pin 7 and pin8
1234567
12345 678
1,234,567.89
87654321
-12345
3.14159265358979
0x1f4 0b1010 0o755
[1 2 3 4 5 6 7 8]
[104,101,108,108,111]
<Buffer 68 65 6c 6c 6f>
68:65:6c:6c:6f:20:77:6f:72:6c:64
00:1a:2b:3c:4d:5e
fe80::1ff:fe23:4567:890a
192.168.100.200:8080
postgres://localhost:5432/nflow?sslmode=disable
postgres://ana@localhost/db
https://example.com/a/b/c?x=1&y=2#top
mailto:ana@example.com?subject=hello%20there
=?utf-8?Q?caf=C3=A9?=
Content-Type: text/plain; charset=3Dutf-8
soft line break of mail=
SELECT * FROM users WHERE name = 'O''Brien' AND n = $1
INSERT INTO t VALUES ('it''s', "a ""b"" c")
regexp ^\d{3}-\d{4}$ and \w+@\w+\.com
TypeError: Cannot read properties of undefined (reading 'x') at main (orders.js:12:34)
goroutine 17 [running]: main.main() /src/main.go:12 +0x1d
panic: runtime error: index out of range [5] with length 3
sk_test_ is how keys begin
p@ss is no word
p at ssw0rd
100% sure, 50%25 off
%d items, %s and %v
50% 41 42 43
caf%C3%A9 and caf\u00e9
日本語のテキスト
秘密 is Japanese for secret
Привет, мир
🔑 is a key
line 1\nline 2\r\nline 3
tab\tseparated\tvalues
"\x1b[31mred\x1b[0m"
\101\102\103
{"level":"INFO","msg":"serving","address":"127.0.0.1:8080"}
{"user":"ana","roles":["admin","dev"],"n":17.5}
boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW
------WebKitFormBoundary7MA4YWxkTrZu0gW--
-----BEGIN CERTIFICATE-----
-----END PRIVATE KEY-----
==================================================
----------------------------------------
++++++++++++++++++++++++++++
""""""""
''''''''
\\\\\\\\\\\\\\\\
%%%%%%%%
&&&&&&&&
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
abcdefghijklmnopqrstuvwxyz
ABCDEFGHIJKLMNOPQRSTUVWXYZ9876543210+/
The quick brown fox jumps over the lazy dog
true false null undefined none
true
Sun, 29 Nov 2026 16:12:14 GMT
Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
text/html,application/xhtml+xml;q=0.9,*/*;q=0.8
gzip, deflate, br
W/"0815"
v1.26.8-rc.1+build.5
module example.com/x/y/v2
k8s-app=frontend,tier=web,release!=canary
cron 0 */15 * * 1-5
arn:aws:s3:::bucket/key
00000000-0000-0000-0000-000000000000
AB12 3CD
EUR 1.234,56`

// ordinary are secrets as a server has a handful of.
func ordinary() []string {
	return append([]string{
		"correct horse battery staple", "p@ssw0rd", "pin7", "12345678", "true", "none", "postgres://ana:s3cr3t@localhost/db",
		"-----BEGIN PRIVATE KEY-----\n" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("some key", 20))) + "\n-----END PRIVATE KEY-----",
	}, someSecrets[:8]...)
}

func TestMaskLeavesHarmlessTextsAlone(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Secrets: ordinary()})
	list := strings.Split(harmless, "\n")
	if len(list) < 100 {
		t.Errorf("only %d texts", len(list))
	}
	for _, text := range append(list, harmless, strings.Repeat(harmless, 20)) {
		if got := m.Mask(text); got != text {
			t.Errorf("%.200q became %.200q", text, got)
		}
	}
}

// A secret in a text that is looked at in parts is found wherever it stands.
func TestMaskOfALongText(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Secrets: []string{"hunter2-Abc9"}})
	for at := 60 << 10; at < 66<<10; at += 97 {
		text := strings.Repeat("x", at) + `hunter2\u002dAbc9` + strings.Repeat("y", 70<<10)
		if got := m.Mask(text); got != strings.Repeat("x", at)+"********"+strings.Repeat("y", 70<<10) {
			t.Fatalf("shown at %d", at)
		}
	}
}

func TestNumbersThatAreSecretsAreHidden(t *testing.T) {
	t.Parallel()
	for _, format := range []logger.Format{logger.JSON, logger.Text} {
		var out bytes.Buffer
		l := logger.New(logger.Options{Out: &out, Format: format, Mask: masker(t, logger.MaskOptions{Secrets: []string{"48151623", "4.8151623"}})})
		l.Logger().Info("pin", "a", 48151623, "b", uint64(48151623), "c", 48151623.0, "d", 4.8151623, "n", 4815,
			"fields", map[string]any{"e": 48151623, "f": []any{4.8151623}}, slog.Group("g", "h", int64(48151623)))
		l.Close()
		if got := out.String(); strings.Contains(got, "8151623") || strings.Count(got, "********") != 7 || !strings.Contains(got, "4815") {
			t.Error(got)
		}
	}
}

// FuzzMaskForms: no way to write a secret, or two after each other, leaves it readable.
func FuzzMaskForms(f *testing.F) {
	for i := range encodings {
		f.Add("hunter2-Abc9", "user:", i, i%len(afterwards))
		f.Add(`p@ss "word"/ñ\<&>%41+=`, `{"a":"`, i, 0)
	}
	for _, before := range unfinished {
		f.Add("abc def/ghi", before, 8, 0)
	}
	f.Fuzz(func(t *testing.T, secret, before string, first, second int) {
		if len(strings.TrimSpace(secret)) < 8 || len(secret) > 64 || strings.ContainsAny(secret, "\r\n*\ufffd") || strings.TrimSpace(secret) != secret ||
			strings.Count(secret, `"`)+strings.Count(secret, "'") > 3 || // each may stand for itself or for a half: such are read in so many ways only
			first < 0 || first >= len(encodings) || second < 0 || second >= len(afterwards) {
			t.Skip("no secret of a form that is masked")
		}
		m := masker(t, logger.MaskOptions{Secrets: []string{secret}})
		if m.Mask(secret) == secret {
			t.Skip("a word such as undefined")
		}
		text := encodings[first].of(secret)
		got := m.Mask(before + text)
		if strings.Contains(got, text) {
			t.Errorf("%s: %q is in %q", encodings[first].name, text, got)
		}
		if second >= 7 || strings.ContainsAny(secret, `\%&=`) { // escapes of a secret's own that are of the same layer
			return
		}
		text = afterwards[second].of(text)
		if got = m.Mask(text); strings.Contains(got, text) {
			t.Errorf("%s %s: %q", encodings[first].name, afterwards[second].name, text)
		}
	})
}
