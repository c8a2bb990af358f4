package jsapi

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	usualTolerance = 300 // seconds
	maxSignatures  = 50  // of one message
)

func (a *api) webhookRow() hostfn.Row {
	return hostfn.Row{
		Name: "webhook", Sig: "webhook", Calls: []string{"webhook.verify(provider, secret, {tolerance})"},
		Doc: `Checks that a request is a webhook signed by its provider: verify(provider, secret, {tolerance}) returns true or false. It reads the raw body and compares in constant time. ` +
			`Providers: "github" (X-Hub-Signature-256), "stripe" (Stripe-Signature), "slack" (X-Slack-Signature) and "standard" (Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature, or the same with svix-; ` +
			`the secret is base64 after "whsec_", or a public key after "whpk_"). A message whose time differs by more than tolerance seconds (300) is refused. GitHub sends no time: store X-GitHub-Delivery to detect repeats. ` +
			`An unknown provider or option, or an empty secret, is a TypeError.`,
		Example: `// GitHub, Stripe, Slack, and any service that follows Standard Webhooks:
const github = webhook.verify("github", "the secret of the hook")
const stripe = webhook.verify("stripe", "whsec_abc", { tolerance: 600 })
const slack = webhook.verify("slack", "the signing secret of the app")
const standard = webhook.verify("standard", "whsec_YSBrZXkgb2YgMjQgYnl0ZXMsIHNvIHNvIQ==")
if (!github) { c.Error(401, "the signature is wrong") }`,
		Bind: func(r *hostfn.Run) goja.Value {
			o := r.VM.NewObject()
			hostfn.Define(r, o, "verify", func(call goja.FunctionCall) goja.Value {
				return r.VM.ToValue(a.verifyWebhook(a.scope(r), call))
			})
			return o
		},
	}
}

// message is a webhook as it came.
type message struct {
	header http.Header
	body   []byte
	secret string
	fresh  func(seconds string) bool // whether a time lies within the tolerance
}

// providers check messages by the name of who signs them so. They fail with false, but for a secret that can be none.
func providers() map[string]func(*hostfn.Run, message) bool {
	return map[string]func(*hostfn.Run, message) bool{
		"github": githubSigned, "stripe": stripeSigned, "slack": slackSigned, "standard": standardSigned,
	}
}

func (a *api) verifyWebhook(s *scope, call goja.FunctionCall) bool {
	const fn = "webhook.verify"
	tolerance := s.tolerance(fn, call.Argument(2))
	provider, _ := s.TextOf(call.Argument(0))
	check := providers()[provider]
	if check == nil {
		typeError(s.Run, "%s: unknown provider %.40q; the providers are github, stripe, slack, standard", fn, provider)
	}
	secret, ok := s.TextOf(call.Argument(1))
	if !ok || secret == "" {
		typeError(s.Run, "%s: argument 2 must be the secret, as text: an empty one would let anybody in", fn)
	}
	body, err := s.ex.Body()
	if err != nil {
		s.Throw(err)
	}
	s.Spend(len(body)>>5, 2*int64(len(body)))
	now := s.Now()
	return check(s.Run, message{header: s.requestHeader(), body: body, secret: secret, fresh: func(seconds string) bool {
		at, err := strconv.ParseUint(seconds, 10, 40)
		return err == nil && math.Abs(float64(now.Unix()-int64(at))) <= tolerance
	}})
}

// tolerance reads the options: how many seconds the time of a message may be away.
func (s *scope) tolerance(fn string, v goja.Value) float64 {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return usualTolerance
	}
	o, ok := v.(*goja.Object)
	if !ok {
		typeError(s.Run, "%s: argument 3 must be an object of options", fn)
	}
	s.Only(fn, o, "tolerance")
	given := hostfn.Property(o, "tolerance")
	if goja.IsUndefined(given) {
		return usualTolerance
	}
	seconds := math.NaN()
	switch n := given.Export().(type) {
	case int64:
		seconds = float64(n)
	case float64:
		seconds = n
	}
	if !(seconds > 0) {
		typeError(s.Run, "%s: tolerance must be a number of seconds above 0", fn)
	}
	return seconds
}

// signatureOf is the HMAC of a head and a body with SHA-256.
func signatureOf(key []byte, head string, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(head))
	h.Write(body)
	return h.Sum(nil)
}

// anyHex reports whether one of the signatures, as hexadecimal, is the right one; it compares all.
func anyHex(signatures []string, right []byte) (found bool) {
	for _, text := range signatures[:min(len(signatures), maxSignatures)] {
		given, err := hex.DecodeString(text)
		same := hmac.Equal(given, right)
		found = found || err == nil && same
	}
	return found
}

// Source: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
func githubSigned(_ *hostfn.Run, m message) bool {
	signature, ok := strings.CutPrefix(m.header.Get("X-Hub-Signature-256"), "sha256=")
	return ok && anyHex([]string{signature}, signatureOf([]byte(m.secret), "", m.body))
}

// Source: https://docs.stripe.com/webhooks#verify-manually
func stripeSigned(_ *hostfn.Run, m message) bool {
	at, signatures := "", []string(nil)
	for part := range strings.SplitSeq(m.header.Get("Stripe-Signature"), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			at = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	return m.fresh(at) && anyHex(signatures, signatureOf([]byte(m.secret), at+".", m.body))
}

// Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
func slackSigned(_ *hostfn.Run, m message) bool {
	at := m.header.Get("X-Slack-Request-Timestamp")
	signature, ok := strings.CutPrefix(m.header.Get("X-Slack-Signature"), "v0=")
	return ok && m.fresh(at) && anyHex([]string{signature}, signatureOf([]byte(m.secret), "v0:"+at+":", m.body))
}

// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
func standardSigned(r *hostfn.Run, m message) (found bool) {
	kind, text := "v1", strings.TrimPrefix(m.secret, "whsec_")
	if public, ok := strings.CutPrefix(m.secret, "whpk_"); ok {
		kind, text = "v1a", public
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(key) == 0 || kind == "v1a" && len(key) != ed25519.PublicKeySize {
		typeError(r, `webhook.verify: the secret of "standard" is base64 after "whsec_", or 32 bytes as base64 after "whpk_"`)
	}
	sender := "Webhook-"
	if m.header.Get("Webhook-Id") == "" {
		sender = "Svix-" // where the standard comes from; those who send by Svix keep its names
	}
	id, at := m.header.Get(sender+"Id"), m.header.Get(sender+"Timestamp")
	if id == "" || !m.fresh(at) {
		return false
	}
	signatures := strings.Fields(m.header.Get(sender + "Signature"))
	head := id + "." + at + "."
	right, signed := signatureOf(key, head, m.body), slices.Concat([]byte(head), m.body)
	for _, s := range signatures[:min(len(signatures), maxSignatures)] {
		version, value, _ := strings.Cut(s, ",")
		given, err := base64.StdEncoding.DecodeString(value)
		if err != nil || version != kind {
			continue
		}
		same := kind == "v1" && hmac.Equal(given, right) || kind == "v1a" && ed25519.Verify(key, signed, given)
		found = found || same
	}
	return found
}
