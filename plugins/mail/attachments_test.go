package mail

import (
	"strings"
	"testing"
)

// TestInlineImages: an attachment with a cid stands in a part that goes with the html, one without beside it.
func TestInlineImages(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	w, _ := newWorld(t, p.options())
	w.js(`mail.send({ to: "ada@example.com", subject: "x", html: "<img src=cid:logo>", text: "x",
		attachments: [{ name: "l.png", content: new Uint8Array([1]), type: "image/png", cid: "logo" }, { name: "a.txt", content: "b" }] })`)
	raw := string(p.take().raw)
	for _, want := range []string{"Content-ID: <logo>", "Content-Type: multipart/related", "Content-Disposition: inline; filename=\"l.png\"", "Content-Disposition: attachment; filename=\"a.txt\"", "multipart/alternative", "multipart/mixed"} {
		if strings.Count(raw, want) != 1 {
			t.Errorf("%q is not there once in\n%s", want, raw)
		}
	}
	for attachment, text := range map[string]string{
		`{ name: "l", content: "x", cid: "<logo>" }`:                                   "the cid of an attachment must be a word",
		`{ name: "l", content: "x", cid: "a\r\nX: y" }`:                                "the cid of an attachment must be a word",
		`{ name: "l", content: "x", contentId: "logo" }`:                               `unknown option "contentId"; the options are name, content, type, path, cid`,
		`{ name: "l", content: "x", path: "a.txt" }`:                                   "has content or a path, not both",
		`{ name: "l", content: "x", cid: "a" }, { name: "m", content: "y", cid: "a" }`: `two attachments have the cid "a"`,
		`{ name: "l", content: "x", cid: {} }`:                                         "the cid of an attachment must be text",
		`{ name: "l" }`:                                                                `the content of the attachment "l" is undefined: give text or bytes, or a path`,
		`{ name: "l", content: null }`:                                                 "is null",
		`{ name: "l", content: undefined }`:                                            "is undefined",
		`{ name: "l", content: 5 }`:                                                    "is 5",
		`{ name: "l", content: NaN }`:                                                  "is NaN",
		`{ name: "l", content: true }`:                                                 "is true",
		`{ name: "l", content: 5n }`:                                                   "is 5",
		`{ name: "l", content: {} }`:                                                   "takes text",
		`{ name: "l", content: new Date(0) }`:                                          "takes text",
		`{ name: "l", content: () => "x" }`:                                            "takes text",
		`{ name: "l", content: [1, 256] }`:                                             "element 1 is not one",
		`{ name: "l", content: ["a"] }`:                                                "element 0 is not one",
		`{ name: "l", content: [1, , 2] }`:                                             "element 1 is not one",
		`{ name: "l", content: [1.5] }`:                                                "element 0 is not one",
		`{ name: "l", content: null, path: "a" }`:                                      "has content or a path, not both",
		`null`:                       "must be {name, content, type} or the path of a file",
		`undefined`:                  "must be {name, content, type} or the path of a file",
		`5`:                          "must be {name, content, type} or the path of a file",
		`{ name: {}, content: "x" }`: "the name of an attachment must be text",
	} {
		w.throws(`mail.send({ to: "ada@example.com", html: "x", attachments: [`+attachment+`] })`, text)
	}
	w.throws(`mail.send({ to: "ada@example.com", text: "x", attachments: [{ name: "l", content: "x", cid: "logo" }] })`, "needs html")
}
