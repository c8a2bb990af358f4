package mail

import "testing"

// A mail is UTF-8, which cannot say half a surrogate pair.
func TestHalvesAreRefused(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	w, _ := newWorld(t, p.options())
	w.js(hello)
	p.take()
	for _, part := range []string{`text: h`, `html: h`, `subject: h`, `to: [h]`, `template: "x", data: {a: {[h]: 1}}`, `template: h`, `headers: {"X-A": h}`, `attachments: [{name: h, content: "x"}]`} {
		w.throws(`const h = "\ud83d"; mail.send({to: "ada@example.com", subject: "s", `+part+`})`, "half a surrogate pair")
	}
	w.throws(`send_mail("ada@example.com", "s", "\ud83d")`, "the body holds half a surrogate pair")
	p.none()
}
