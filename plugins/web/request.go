package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/dop251/goja"
	"golang.org/x/net/http/httpguts"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxHeaders = 500       // of a request
	maxHeading = 1 << 20   // bytes of all of them
	maxURL     = 256 << 10 // bytes
	maxParts   = 100_000   // names and values of a query or a form
	maxForm    = 32 << 20  // bytes of a query or a form
	maxRetries = 10
	maxTimeout = 10 * time.Minute
	userAgent  = "nflow-runtime"
)

// call is one request, read from the script's values: what follows needs no VM.
type call struct {
	method   string
	url      *url.URL
	header   http.Header
	body     []byte
	heading  int           // bytes of header
	timeout  time.Duration // of each attempt
	retries  int
	redirect string // follow, manual or error
	as       string // text, json or bytes; "" for what the response is

	beside func(n int64) error // hostfn.Run.Beside of the run
}

// mediaType is the type of a file that a form carries.
var mediaType = regexp.MustCompile(`^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:[ \t]*;[ \t]*[\x20-\x7e]*)?$`)

// ignored headers are the transport's own business; Accept-Encoding too, because a caller that wants gzip has to unpack it.
var ignored = regexp.MustCompile(`(?i)^(accept-encoding|connection|content-length|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$`)

// newCall makes the call of a method and a URL, without headers and body.
func (p *Plugin) newCall(r *hostfn.Run, method, target string) (*call, error) {
	if !httpguts.ValidHeaderFieldName(method) || method == "CONNECT" || method == "TRACE" || method == "TRACK" {
		return nil, fmt.Errorf("the method %.20q cannot be used", method)
	}
	if len(target) > maxURL {
		return nil, fmt.Errorf("the URL is longer than %d KiB: send what is long as body", maxURL>>10)
	}
	u, err := url.Parse(target)
	if err != nil { // its text holds the URL, and that may hold a key
		return nil, fmt.Errorf("the URL cannot be read: it must look like https://example.com/path")
	}
	if u.Scheme = strings.ToLower(u.Scheme); u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("the URL must begin with http:// or https:// and name a host")
	}
	u.RawQuery = escaped(r, u.RawQuery)
	u.Fragment = ""
	c := &call{method: method, url: u, header: http.Header{"User-Agent": {userAgent}}, timeout: p.timeout, redirect: "follow", beside: r.Beside()}
	r.PassTrace(c.header)
	return c, nil
}

// escaped escapes what a script left unescaped in a query, as browsers do.
func escaped(r *hostfn.Run, query string) string {
	const hex = "0123456789ABCDEF"
	r.Spend(len(query)>>4, 6*int64(len(query)))
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// setHeader adds one header, or says why it cannot be sent.
func (c *call) setHeader(name, value string) error {
	if !httpguts.ValidHeaderFieldName(name) {
		return fmt.Errorf("the header name %.40q cannot be sent", name)
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return fmt.Errorf("the value of header %s cannot be sent: line breaks and control characters are refused", name)
	}
	if value == "[object Object]" {
		return fmt.Errorf("the value of header %s is an object: make a text of it", name)
	}
	if len(name) > 256 {
		return fmt.Errorf("the header name %.40q cannot be sent", name)
	}
	if ignored.MatchString(name) {
		return nil
	}
	if c.heading += len(name) + len(value); c.heading > maxHeading {
		return fmt.Errorf("the headers of a request have at most %d KiB", maxHeading>>10)
	}
	if len(c.header) >= maxHeaders || len(c.header[http.CanonicalHeaderKey(name)]) >= maxHeaders {
		return fmt.Errorf("a request has at most %d headers", maxHeaders)
	}
	switch http.CanonicalHeaderKey(name) {
	case "Traceparent":
		c.header.Del("Tracestate") // it belongs to the other one
		fallthrough
	case "User-Agent", "Tracestate":
		c.header.Set(name, value)
		return nil
	}
	c.header.Add(name, value)
	return nil
}

// defaultHeader sets a header that the script did not set.
func (c *call) defaultHeader(name, value string) {
	if len(c.header.Values(name)) == 0 {
		c.header.Set(name, value)
	}
}

// headers reads an object of name to text or array of texts, an array of pairs, or anything that iterates over pairs.
func (c *call) headers(r *hostfn.Run, v goja.Value) (err error) {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return nil
	}
	o, ok := v.(*goja.Object)
	if !ok {
		return errors.New("headers must be an object of names and values, as in {Accept: \"text/html\"}")
	}
	if _, iterable := goja.AssertFunction(symbol(o, goja.SymIterator)); iterable {
		n := 0
		hostfn.ForOf(r.VM, o, func(item goja.Value) bool {
			pair, ok := item.(*goja.Object)
			if n++; !ok || n > maxHeaders {
				err = fmt.Errorf("headers must be at most %d pairs of name and value", maxHeaders)
				return false
			}
			err = c.setHeader(r.Text(hostfn.Property(pair, "0")), r.Text(hostfn.Property(pair, "1")))
			return err == nil
		})
		return err
	}
	for _, name := range r.Keys(o) {
		values, err := texts(r, o.Get(name), maxHeaders, maxHeading)
		if err != nil {
			return fmt.Errorf("the headers of a request are at most %d, of %d KiB", maxHeaders, maxHeading>>10)
		}
		for _, value := range values {
			if err := c.setHeader(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// texts returns a value as text, or each item of an array as text: so many at most, of so many bytes together, for a text
// that items share counts for each of them.
func texts(r *hostfn.Run, v goja.Value, most, size int) (out []string, err error) {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Array" {
		if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
			return nil, nil
		}
		return []string{r.Text(v)}, nil
	}
	for _, i := range r.Keys(o) {
		text := r.Text(o.Get(i))
		r.Spend(3, 32)
		if size -= len(text); size < 0 || len(out) == most {
			return nil, fmt.Errorf("there are more than %d texts, or they are too long together", most)
		}
		out = append(out, text)
	}
	return out, nil
}

// What a call takes: its options are the words of httpOptions; http.request and fetch take a method, and only http.* returns
// the body as something else than text.
const (
	bodyOptions  = "body json form multipart data"
	httpOptions  = "headers query params " + bodyOptions + " timeout retries redirect as"
	requestWords = "method " + httpOptions
	fetchWords   = "method headers query params " + bodyOptions + " timeout retries redirect signal"
)

// signature writes a function with its options for the manual.
func signature(fn, words string) string {
	return fn + "(url, {" + strings.Join(strings.Fields(words), ", ") + "})"
}

// parse reads url and options of http.* and fetch, where fn takes the words as options. What is wrong with them is a TypeError
// in the script.
func (p *Plugin) parse(r *hostfn.Run, fn, words, method string, target, options goja.Value) *call {
	o, _ := options.(*goja.Object)
	if o == nil {
		if !goja.IsUndefined(options) && !goja.IsNull(options) {
			panic(r.VM.NewTypeError("%s takes an object of options second, as in {body: \"text\"}", fn))
		}
		o = r.VM.NewObject()
	}
	r.Only(fn, o, strings.Fields(words)...)
	if m := hostfn.Property(o, "method"); method == "" && !goja.IsUndefined(m) {
		method = r.Text(m)
	}
	if method == "" {
		method = http.MethodGet
	}
	if fn != "fetch" { // which says itself what is written otherwise
		method = strings.ToUpper(method)
	}
	c, err := p.newCall(r, method, r.Text(target))
	for _, read := range []func(*hostfn.Run, *goja.Object) error{
		func(r *hostfn.Run, o *goja.Object) error { return c.headers(r, hostfn.Property(o, "headers")) },
		c.readQuery, c.readBody, c.readLimits, c.readChoices,
	} {
		if err == nil {
			err = read(r, o)
		}
	}
	if err != nil {
		panic(r.VM.NewTypeError("%s", err.Error()))
	}
	if c.retries > 0 && (c.method == http.MethodPost || c.method == http.MethodPatch) {
		c.defaultHeader("Idempotency-Key", r.IdempotencyKey())
	}
	return c
}

func (c *call) readLimits(_ *hostfn.Run, o *goja.Object) error {
	if v := hostfn.Property(o, "timeout"); !goja.IsUndefined(v) {
		ms := v.ToFloat()
		if !(ms >= 1 && ms <= float64(maxTimeout/time.Millisecond)) { // NaN too
			return fmt.Errorf("timeout must be 1 to %d milliseconds", maxTimeout/time.Millisecond)
		}
		c.timeout = time.Duration(ms * float64(time.Millisecond))
	}
	if v := hostfn.Property(o, "retries"); !goja.IsUndefined(v) {
		n := v.ToFloat()
		if !(n >= 0 && n <= maxRetries) {
			return fmt.Errorf("retries must be 0 to %d", maxRetries)
		}
		c.retries = int(n)
	}
	return nil
}

func (c *call) readChoices(_ *hostfn.Run, o *goja.Object) error {
	if v := hostfn.Property(o, "redirect"); !goja.IsUndefined(v) {
		switch c.redirect = v.String(); c.redirect {
		case "follow", "manual", "error":
		default:
			return fmt.Errorf(`redirect must be "follow", "manual" or "error"`)
		}
	}
	if v := hostfn.Property(o, "as"); !goja.IsUndefined(v) {
		switch c.as = v.String(); c.as {
		case "text", "json", "bytes":
		default:
			return fmt.Errorf(`as must be "text", "json" or "bytes"`)
		}
	}
	return nil
}

func symbol(o *goja.Object, s *goja.Symbol) goja.Value {
	if v := o.GetSymbol(s); v != nil {
		return v
	}
	return goja.Undefined()
}
