package jsapi

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func mac(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}

const hooked = "{\"zen\":\"Keep it\",\"id\":1.0}\n\xff"

func with(m map[string]string, name, value string) map[string]string {
	m[name] = value
	return m
}

func github(secret string) map[string]string {
	return map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac(secret, hooked))}
}

// standard are the headers of Standard Webhooks.
func standard(raw, at, before string) map[string]string {
	return map[string]string{
		"webhook-id": "msg_1", "webhook-timestamp": at,
		"webhook-signature": before + "v1," + base64.StdEncoding.EncodeToString(mac(raw, "msg_1."+at+"."+hooked)),
	}
}

// svix names them as Svix does.
func svix(m map[string]string) map[string]string {
	renamed := map[string]string{}
	for name, value := range m {
		renamed[strings.Replace(name, "webhook-", "svix-", 1)] = value
	}
	return renamed
}

// A message counts while its signature is that of its body with the secret, and its time is within the tolerance.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", ed25519.SeedSize)))
	public := "whpk_" + base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	raw := "a key of 24 bytes, so so!"
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(raw))
	now := newWorld(t, nil).now.Unix()
	at := func(ago int64) string { return strconv.FormatInt(now-ago, 10) }
	stripe := func(secret, at string) map[string]string {
		return map[string]string{"Stripe-Signature": "t=" + at + ",v1=" + strings.Repeat("0", 64) + ", v1=" + hex.EncodeToString(mac(secret, at+"."+hooked)) + ",v0=1"}
	}
	slack := func(secret, at string) map[string]string {
		return map[string]string{"X-Slack-Request-Timestamp": at, "X-Slack-Signature": "v0=" + hex.EncodeToString(mac(secret, "v0:"+at+":"+hooked))}
	}
	signed := base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte("msg_1."+at(0)+"."+hooked)))
	for i, tt := range []struct {
		header map[string]string
		call   string
		want   string
	}{
		{github("s"), `"github", "s"`, "true"},
		{github("s"), `"github", "s", {tolerance: 1}`, "true"}, // has no time
		{github("S"), `"github", "s"`, "false"},
		{with(github("s"), "X-Hub-Signature-256", hex.EncodeToString(mac("s", hooked))), `"github", "s"`, "false"},
		{with(github("s"), "X-Hub-Signature-256", "sha256="), `"github", "s"`, "false"},
		{nil, `"github", "s"`, "false"},
		{stripe("s", at(0)), `"stripe", "s"`, "true"},
		{stripe("s", at(300)), `"stripe", "s"`, "true"},
		{stripe("s", at(301)), `"stripe", "s"`, "false"},
		{stripe("s", at(-302)), `"stripe", "s"`, "false"},
		{stripe("s", at(301)), `"stripe", "s", {tolerance: 400}`, "true"},
		{stripe("s", at(50)), `"stripe", "s", {tolerance: 10.5}`, "false"},
		{stripe("t", at(0)), `"stripe", "s"`, "false"},
		{stripe("s", ""), `"stripe", "s"`, "false"},
		{stripe("s", "-1"), `"stripe", "s"`, "false"},
		{stripe("s", at(0)+" "), `"stripe", "s"`, "false"},
		{stripe("s", "99999999999999999999"), `"stripe", "s"`, "false"},
		{slack("s", at(10)), `"slack", "s"`, "true"},
		{slack("s", at(400)), `"slack", "s"`, "false"},
		{with(slack("s", at(10)), "X-Slack-Request-Timestamp", at(9)), `"slack", "s"`, "false"},
		{standard(raw, at(0), ""), fmt.Sprintf(`"standard", %q`, secret), "true"},
		{standard(raw, at(0), "v1,AAAA v1a,AAAA v2,AAAA "), fmt.Sprintf(`"standard", %q`, secret), "true"},
		{standard(raw, at(0), ""), fmt.Sprintf(`"standard", %q`, strings.TrimPrefix(secret, "whsec_")), "true"},
		{svix(standard(raw, at(0), "")), fmt.Sprintf(`"standard", %q`, secret), "true"},
		{standard(raw, at(301), ""), fmt.Sprintf(`"standard", %q`, secret), "false"},
		{standard("another", at(0), ""), fmt.Sprintf(`"standard", %q`, secret), "false"},
		{with(standard(raw, at(0), ""), "webhook-id", "msg_2"), fmt.Sprintf(`"standard", %q`, secret), "false"},
		{with(standard(raw, at(0), ""), "webhook-signature", "v1a,"+signed), fmt.Sprintf(`"standard", %q`, public), "true"},
		{with(standard(raw, at(0), ""), "webhook-signature", "v1,"+signed), fmt.Sprintf(`"standard", %q`, public), "false"},
		{with(standard(raw, at(1), ""), "webhook-signature", "v1a,"+signed), fmt.Sprintf(`"standard", %q`, public), "false"},
	} {
		w := newWorld(t, nil)
		w.body = hooked
		for name, value := range tt.header {
			w.echo.Request().Header.Set(name, value)
		}
		w.eq(`webhook.verify(`+tt.call+`)`, tt.want)
		if t.Failed() {
			t.Fatalf("case %d: %s %v", i, tt.call, tt.header)
		}
	}
}

func TestWebhookMistakesAreThrown(t *testing.T) {
	t.Parallel()
	for call, want := range map[string]string{
		`"gitlab", "s"`: "TypeError: webhook.verify: unknown provider \"gitlab\"; the providers are github, stripe, slack, standard", `undefined, "s"`: "unknown provider",
		`"github"`: "TypeError", `"github", ""`: "TypeError", `"github", null`: "TypeError", `"github", 7`: "TypeError", `"standard", "whsec_"`: "TypeError", `"standard", "whsec_%"`: "TypeError",
		`"standard", "whpk_AAAA"`: "TypeError", `"github", "s", {tolerence: 1}`: "unknown option \"tolerence\"; the options are tolerance", `"stripe", "s", {tolerance: 0}`: "TypeError",
		`"stripe", "s", {tolerance: "5"}`: "TypeError", `"stripe", "s", {tolerance: NaN}`: "TypeError", `"stripe", "s", 5`: "TypeError", `"toString", "s"`: "unknown provider",
	} {
		newWorld(t, nil).throws(`webhook.verify(`+call+`)`, want)
	}
}
