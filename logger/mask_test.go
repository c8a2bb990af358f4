package logger_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/logger"
)

func masker(tb testing.TB, o logger.MaskOptions) *logger.Masker {
	tb.Helper()
	m, err := logger.NewMasker(o)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func allKinds() []string {
	return []string{logger.Email, logger.Phone, logger.SSN, logger.CreditCard, logger.APIKey, logger.JWT}
}

// aJWT is signed by nobody.
var aJWT = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"7"}`)) + ".c2lnbmF0dXJl"

func TestMaskHidesWhatItKnowsByForm(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Kinds: allKinds(), Patterns: map[string]string{"order": `ORD-\d+`}, ShowType: true})
	for _, c := range []struct{ text, want string }{
		{"write to ana.perez+x@mail.example.com.", "write to [email:********]."},
		{"a@b.co,c@d.org", "[email:********],[email:********]"},
		{"card 4111 1111 1111 1111 12/26", "card [credit_card:********] 12/26"},
		{"card 4111-1111-1111-1111", "card [credit_card:********]"},
		{"card4111111111111111", "card[credit_card:********]"},
		{"amex 378282246310005!", "amex [credit_card:********]!"},
		{"ssn 123-45-6789.", "ssn [ssn:********]."},
		{"ssn 123 45 6789", "ssn [ssn:********]"},
		{"call +34 912 345 678 now", "call [phone:********] now"},
		{"call +5491143215678", "call [phone:********]"},
		{"call (212) 555-0123", "call [phone:********]"},
		{"call 1-212-555-0123", "call [phone:********]"},
		{"call 212.555.0123", "call [phone:********]"},
		{"call 0034 912345678", "call [phone:********]"},
		{"call 011 4321-5678", "call [phone:********]"},
		{"jwt " + aJWT + " sent", "jwt [jwt:********] sent"},
		{"key sk-proj-abcdefghijklmnop1234", "key [api_key:********]"},
		{"AKIAIOSFODNN7EXAMPLE", "[api_key:********]"},
		{"ghp_0123456789abcdefghijABCDEFGHIJ456789", "[api_key:********]"},
		{`{"api_key":"abcdef12","n":1}`, `{"api_key":"[api_key:********]","n":1}`},
		{`{"Password": "hunter22"}`, `{"Password": "[api_key:********]"}`},
		{"password=hunter22&user=ana", "password=[api_key:********]&user=ana"},
		{"Authorization: Bearer abcdef.ghijkl", "Authorization: Bearer [api_key:********]"},
		{`{"Cookie":"sid=abcdefgh; theme=dark","n":1}`, `{"Cookie":"[api_key:********]","n":1}`},
		{"Set-Cookie: sid=abcdefgh; Path=/", "Set-Cookie: [api_key:********]"},
		{`{"password":["abcdefgh","ijkl"],"n":1}`, `{"password":["[api_key:********]"],"n":1}`},
		{"{ password: [ 'abcdefgh', 'ijkl' ], n: 1 }", "{ password: [ '[api_key:********]' ], n: 1 }"},
		{"sent Bearer 0123456789abcdef0", "sent Bearer [api_key:********]"},
		{"postgres://ana:s3cr3t@localhost/db", "postgres://ana:[api_key:********]@localhost/db"},
		{"for ORD-12345 only", "for [order:********] only"},
	} {
		if got := m.Mask(c.text); got != c.want {
			t.Errorf("%q became %q, want %q", c.text, got, c.want)
		}
	}
}

func TestMaskLeavesTheRest(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Kinds: allKinds()})
	for _, text := range []string{
		"", "run", "550e8400-e29b-41d4-a716-446655440000", "12345678-1234-4123-8123-123456789012",
		"2026-11-23 17:51:14", "2026-11-23T17:51:14.123Z", "23-11-2026 17:51", "1700000000", "1700000000123", "1700000000123456789",
		"192.168.100.200:8080", "10.0.0.1", "took 0.1234567891 s", "3.14159265358979", "1.2.3", "line 12, column 34",
		"4111 1111 1111 1112", "41111111111111111111111111111111", // no card: Luhn, length
		"000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "123-45-0000", "123-45-67890", "1123-45-6789", // nobody's number
		"a@b", "@user", "user@", "me@localhost", "x = a @ b.c",
		"eyJhbGciOiJIUzI1NiJ9", "eyJub3QiOiJqd3QifQ.e30.x", // no signature; no alg
		"token", "max_tokens: 1024", `"secret": true`, "password=", "the token is: long", "basic: yes", "bearer of news",
		"sk-short", "http://localhost:8080/a@b:c", "GET /flow/:id 200 1.5ms 12345 bytes", "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	} {
		if got := m.Mask(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestMaskHidesSecretsWhateverTheirForm(t *testing.T) {
	t.Parallel()
	secret := `p@ss "word"/ñ`
	m := masker(t, logger.MaskOptions{Secrets: []string{secret, "abc"}})
	for _, text := range []string{
		secret, "x" + secret + "y", url.QueryEscape(secret), "/" + url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), `"p@ss \"word\"/ñ"`,
	} {
		got := m.Mask(text)
		if got == text || strings.Contains(got, "word") || strings.Contains(got, "p@ss") {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := m.Mask("abc is too short, ana@mail.com is no secret"); got != "abc is too short, ana@mail.com is no secret" {
		t.Errorf("more than the secrets was hidden: %q", got)
	}
	m.AddSecret("later-on", "later-on")
	if got := m.Mask("a later-on b"); got != "a ******** b" {
		t.Errorf("a secret that was added is shown: %q", got)
	}
}

func TestMaskHidesOverlappingSecretsWhole(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Secrets: []string{"abcdef", "defghi", "abcd", "ghijkl"}})
	if got := m.Mask("<abcdefghijkl>"); got != "<********>" {
		t.Errorf("%q", got)
	}
}

func TestMaskWritesAsAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o    logger.MaskOptions
		want string
	}{
		{logger.MaskOptions{}, "a ******** b"},
		{logger.MaskOptions{Char: '•'}, "a •••••••• b"},
		{logger.MaskOptions{PreserveLength: true}, "a ******* b"},
		{logger.MaskOptions{PreserveLength: true, ShowType: true, Char: '#'}, "a [secret:#######] b"},
	} {
		c.o.Secrets = []string{"secreñ7"}
		if got := masker(t, c.o).Mask("a secreñ7 b"); got != c.want {
			t.Errorf("%+v wrote %q, want %q", c.o, got, c.want)
		}
	}
}

func TestMaskerRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for _, o := range []logger.MaskOptions{{Kinds: []string{"shoe size"}}, {Patterns: map[string]string{"bad": "("}}} {
		if m, err := logger.NewMasker(o); err == nil || m != nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func TestNilMaskerHidesNothing(t *testing.T) {
	t.Parallel()
	var m *logger.Masker
	m.AddSecret("secret-1")
	if m.Mask("secret-1") != "secret-1" || m.MaskValue("secret-1") != "secret-1" {
		t.Error("something was hidden")
	}
}

func TestMaskValueGoesThroughData(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Secrets: []string{"secret-1"}})
	in := map[string]any{"a": []any{"x secret-1", 7.0, nil, true}, "secret-1": map[string]any{"b": "secret-1"}}
	got, _ := m.MaskValue(in).(map[string]any)
	list, _ := got["a"].([]any)
	inner, _ := got["********"].(map[string]any)
	if list[0] != "x ********" || list[1] != 7.0 || list[2] != nil || list[3] != true || inner["b"] != "********" {
		t.Errorf("%v", got)
	}
	named := masker(t, logger.MaskOptions{Kinds: []string{logger.APIKey}}).MaskValue(map[string]any{
		"password": "x", "apiKey": 7.0, "token": true, "secret": []any{"a"}, "authorization": nil, "name": "x",
	})
	if got := fmt.Sprint(named); got != "map[apiKey:******** authorization:<nil> name:x password:******** secret:******** token:true]" {
		t.Errorf("by name: %s", got)
	}
	if _, kept := in["secret-1"]; !kept {
		t.Error("the data of the caller changed")
	}
}

func TestMaskerTakesSecretsWhileItMasks(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{})
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 50 {
				secret := strings.Repeat(string(rune('a'+i)), 4) + strings.Repeat("x", j)
				m.AddSecret(secret)
				if strings.Contains(m.Mask("<"+secret+">"), secret) {
					t.Errorf("%q is shown", secret)
				}
			}
		})
	}
	all.Wait()
}

func TestMaskOfAPlainTextAllocatesNothing(t *testing.T) {
	m := masker(t, logger.MaskOptions{Kinds: allKinds(), Secrets: []string{"secret-1"}})
	text := "flow orders, node 550e8400-e29b-41d4-a716-446655440000 answered 200 in 1.5ms"
	if n := testing.AllocsPerRun(100, func() { m.Mask(text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"ana@mail.com 4111111111111111", "eyJ.eyJ.", "password=\"", "://:@", "+1(212)555-0123", "a@" + aJWT, "\xff@\xfe.\xfd"} {
		f.Add(s, "secret-1")
	}
	f.Fuzz(func(t *testing.T, text, secret string) {
		m := masker(t, logger.MaskOptions{Kinds: allKinds(), Secrets: []string{secret}})
		got := m.Mask(text + secret + text)
		// The white space around a value, and its line breaks, are no part of the secret.
		if plain := strings.TrimSpace(secret); len(plain) >= 4 && strings.Contains(got, plain) && !strings.ContainsAny(plain, "*\r\n") {
			t.Errorf("%q is still in %q", plain, got)
		}
		if plain := masker(t, logger.MaskOptions{}); plain.Mask(text) != text {
			t.Error("a masker that knows nothing changed a text")
		}
		if utf8.ValidString(text) && utf8.ValidString(secret) && !utf8.ValidString(got) {
			t.Errorf("%q is no UTF-8 any more", got)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	text := "flow orders, node 550e8400-e29b-41d4-a716-446655440000 answered 200 in 1.5ms for GET /orders/17/lines"
	hundred := make([]string, 100)
	for i := range hundred {
		sum := sha256.Sum256([]byte{byte(i)})
		hundred[i] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	for name, o := range map[string]logger.MaskOptions{
		"secrets": {Secrets: []string{"a-password", "another-key", "postgres://ana:pw@host/db"}},
		"hundred": {Secrets: hundred},
		"kinds":   {Kinds: allKinds()},
	} {
		m := masker(b, o)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Mask(text)
			}
		})
	}
}
