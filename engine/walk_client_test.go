package engine

import (
	"fmt"
	"net/http"
	"strings"
)

// walkClient is a kind of hostile request.
type walkClient struct {
	name  string
	media string                     // of the body; "" for none
	write func(n int) string         // the body, of about n bytes
	query func(n int) string         // nil for none
	head  func(h http.Header, n int) // nil for none
}

// request makes a request of about n bytes.
func (c *walkClient) request(url string, n int) *http.Request {
	body := ""
	if c.write != nil {
		body = c.write(n)
	}
	q, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	if c.query != nil {
		q.URL.RawQuery = c.query(n)
	}
	if c.media != "" {
		q.Header.Set("Content-Type", c.media)
	}
	if c.head != nil {
		c.head(q.Header, n)
	}
	return q
}

// walkReaders are what a flow does with a request.
var walkReaders = []string{
	`Object.keys(payload).length`, `post_data`, `JSON.stringify(post_data)`, `c.Bind()`, `c.Body()`, `c.BodyText()`, `c.FormParams()`, `c.QueryParams()`, `c.QueryString()`,
	`c.MultipartForm()`, `c.FormFile("f").text()`, `c.Cookies()`, `c.Cookie("a")`, `c.Request().Cookies()`, `c.Request().Header.Get("X-A")`, `c.Request().json()`,
	`c.Request().text()`, `[...c.Request().headers]`, `c.Request().URL.Query()`, `console.log(c.Request())`, `verify_webhook("secret")`, `form.Values("a")`, `log.info("x", payload)`,
	`(fork_payload => { payload.break = true })()`,
}

const (
	mediaForm  = "application/x-www-form-urlencoded"
	mediaJSON  = "application/json"
	mediaParts = "multipart/form-data; boundary=x"
)

// written writes a piece of text for each number, until there are n bytes.
func written(n int, format string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// repeated returns what writes a text again and again, between others.
func repeated(before, text, after string) func(n int) string {
	return func(n int) string { return before + strings.Repeat(text, n/len(text)) + after }
}

// numbered is repeated with a number in each.
func numbered(before, format, after string) func(n int) string {
	return func(n int) string { return before + written(n, format) + after }
}

// walkClients are the kinds of hostile requests.
var walkClients = []walkClient{
	{name: "many headers", head: func(h http.Header, n int) {
		for i := range n / 20 {
			h.Add(fmt.Sprintf("X-%d", i), "v")
		}
	}},
	{name: "one header many times", head: func(h http.Header, n int) {
		for range n / 10 {
			h.Add("X-A", "v")
		}
	}},
	{name: "long header", head: func(h http.Header, n int) { h.Set("X-A", strings.Repeat("é", n/2)) }},
	{name: "many cookies", head: func(h http.Header, n int) { h.Set("Cookie", written(n, "a%d=b; ")) }},
	{name: "one cookie many times", head: func(h http.Header, n int) { h.Set("Cookie", strings.Repeat("a=b; ", n/5)) }},
	{name: "a session of nobody", head: func(h http.Header, n int) { h.Set("Cookie", strings.Repeat("nflow=", n/6)) }},
	{name: "accepted languages", head: func(h http.Header, n int) {
		for _, name := range []string{"Accept", "Accept-Language", "Accept-Encoding", "Range", "If-None-Match", "X-Forwarded-For", "Traceparent", "Tracestate", "Authorization"} {
			h.Set(name, strings.Repeat("a,", n/20))
		}
	}},
	{name: "many parameters", query: numbered("", "k%d=v&", "")},
	{name: "one parameter many times", query: repeated("", "a=b&", "")},
	{name: "escaped parameters", query: repeated("a=", "%C3%B1", "")},
	{name: "many fields", media: mediaForm, write: numbered("", "k%d=v&", "")},
	{name: "one field many times", media: mediaForm, write: repeated("", "a=b&", "")},
	{name: "empty fields", media: mediaForm, write: repeated("", "&", "")},
	{name: "escaped fields", media: mediaForm + "; charset=utf-16", write: repeated("a=", "%C3", "")},
	{name: "deep JSON", media: mediaJSON, write: repeated("", "[", "")},
	{name: "closed deep JSON", media: mediaJSON, write: func(n int) string { return strings.Repeat(`{"a":`, n/6) + "1" + strings.Repeat("}", n/6) }},
	{name: "JSON of empty objects", media: mediaJSON, write: repeated("[", "{},", "1]")},
	{name: "JSON of empty lists", media: mediaJSON, write: repeated(`{"a":[`, "[],", "1]}")},
	{name: "JSON of many keys", media: mediaJSON, write: numbered("{", `"k%d":1,`, `"z":1}`)},
	{name: "JSON of one key", media: mediaJSON, write: repeated("{", `"a":1,`, `"z":1}`)},
	{name: "JSON of escapes", media: mediaJSON, write: repeated(`{"a":"`, `\u00f1`, `"}`)},
	{name: "JSON of halves", media: mediaJSON, write: repeated(`{"a":"`, `\ud800`, `"}`)},
	{name: "JSON of a long number", media: mediaJSON, write: repeated(`{"a":`, "9", "}")},
	{name: "JSON of blanks", media: mediaJSON, write: repeated("", " ", "1")},
	{name: "many parts", media: mediaParts, write: numbered("", "--x\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\nv\r\n", "--x--\r\n")},
	{name: "many files", media: mediaParts, write: repeated("", "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\nv\r\n", "--x--\r\n")},
	{name: "a part with a long head", media: mediaParts, write: repeated("--x\r\nContent-Disposition: form-data; name=\"f\"\r\nX-A: ", "v", "\r\n\r\nv\r\n--x--\r\n")},
	{name: "a part with many heads", media: mediaParts, write: numbered("--x\r\nContent-Disposition: form-data; name=\"f\"\r\n", "X-%d: v\r\n", "\r\nv\r\n--x--\r\n")},
	{name: "a part of boundaries", media: mediaParts, write: repeated("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n", "\r\n--", "\r\n--x--\r\n")},
	{name: "text of no charset", media: "text/plain; charset=utf-16", write: repeated("", "ñ", "")},
	{name: "XML", media: "application/xml", write: repeated("", "<a>", "")},
}
