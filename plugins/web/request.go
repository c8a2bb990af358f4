package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/dop251/goja"
	"golang.org/x/net/http/httpguts"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

const (
	maxHeaders = 500 // of a request
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
	timeout  time.Duration // of each attempt
	retries  int
	redirect string // follow, manual or error
	as       string // text, json or bytes
}

// ignored headers are the transport's own business; Accept-Encoding too, because who asks for gzip has to unpack it.
var ignored = regexp.MustCompile(`(?i)^(accept-encoding|connection|content-length|expect|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$`)

// newCall makes the call of a method and a URL, without headers and body.
func (p *Plugin) newCall(r *plugins.Run, method, target string) (*call, error) {
	method = strings.ToUpper(method)
	if !httpguts.ValidHeaderFieldName(method) || method == "CONNECT" || method == "TRACE" || method == "TRACK" {
		return nil, fmt.Errorf("the method %.20q cannot be used", method)
	}
	u, err := url.Parse(target)
	if err != nil { // its text holds the URL, and that may hold a key
		return nil, fmt.Errorf("the URL cannot be read: it must look like https://example.com/path")
	}
	if u.Scheme = strings.ToLower(u.Scheme); u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("the URL must begin with http:// or https:// and name a host")
	}
	u.RawQuery = escaped(u.RawQuery)
	u.Fragment = ""
	c := &call{method: method, url: u, header: http.Header{"User-Agent": {userAgent}}, timeout: p.timeout, redirect: "follow", as: "text"}
	r.PassTrace(c.header)
	return c, nil
}

// escaped escapes what a script left unescaped in a query, as browsers do.
func escaped(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' {
			fmt.Fprintf(&b, "%%%02X", c)
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
	if ignored.MatchString(name) {
		return nil
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
func (c *call) headers(vm *goja.Runtime, v goja.Value) (err error) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	if _, iterable := goja.AssertFunction(symbol(o, goja.SymIterator)); iterable {
		n := 0
		vm.ForOf(o, func(item goja.Value) bool {
			pair, ok := item.(*goja.Object)
			if n++; !ok || n > maxHeaders {
				err = fmt.Errorf("headers must be at most %d pairs of name and value", maxHeaders)
				return false
			}
			err = c.setHeader(hostfn.Property(pair, "0").String(), hostfn.Property(pair, "1").String())
			return err == nil
		})
		return err
	}
	for _, name := range o.Keys() {
		for _, value := range texts(o.Get(name)) {
			if err := c.setHeader(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// texts gives a value as text, or each item of an array as text.
func texts(v goja.Value) (out []string) {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Array" {
		if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
			return nil
		}
		return []string{v.String()}
	}
	for _, i := range o.Keys() {
		out = append(out, o.Get(i).String())
	}
	return out
}

// parse reads url and options of http.* and fetch. What is wrong with them is a TypeError in the script.
func (p *Plugin) parse(r *plugins.Run, method string, target, options goja.Value) *call {
	o, _ := options.(*goja.Object)
	if o == nil {
		o = r.VM.NewObject()
	}
	if m := hostfn.Property(o, "method"); method == "" && !goja.IsUndefined(m) {
		method = m.String()
	}
	if method == "" {
		method = http.MethodGet
	}
	c, err := p.newCall(r, method, target.String())
	for _, read := range []func(*plugins.Run, *goja.Object) error{
		func(r *plugins.Run, o *goja.Object) error { return c.headers(r.VM, hostfn.Property(o, "headers")) },
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

func (c *call) readQuery(_ *plugins.Run, o *goja.Object) error {
	if more := pairs(hostfn.Property(o, "query")).Encode(); more != "" {
		c.url.RawQuery = strings.TrimPrefix(c.url.RawQuery+"&"+more, "&")
	}
	return nil
}

// pairs reads an object of name to text or array of texts.
func pairs(v goja.Value) url.Values {
	out := url.Values{}
	if o, ok := v.(*goja.Object); ok {
		for _, name := range o.Keys() {
			out[name] = append(out[name], texts(o.Get(name))...)
		}
	}
	return out
}

func (c *call) readBody(r *plugins.Run, o *goja.Object) error {
	body, data, form := hostfn.Property(o, "body"), hostfn.Property(o, "json"), hostfn.Property(o, "form")
	n := 0
	for _, v := range []goja.Value{body, data, form} {
		if !goja.IsUndefined(v) {
			n++
		}
	}
	if n > 1 {
		return fmt.Errorf("give one of body, json and form")
	}
	if !goja.IsUndefined(form) {
		c.body = []byte(pairs(form).Encode())
		c.defaultHeader("Content-Type", "application/x-www-form-urlencoded")
		return nil
	}
	if !goja.IsUndefined(data) {
		text, err := r.Stringify(data)
		if err != nil {
			r.Rethrow(err)
		}
		c.body = text
		c.defaultHeader("Content-Type", "application/json")
		return nil
	}
	if goja.IsUndefined(body) || goja.IsNull(body) {
		return nil
	}
	if bytes, ok := hostfn.Bytes(body); ok {
		c.body = bytes
		return nil
	}
	if o, ok := body.(*goja.Object); ok && o.ClassName() != "String" {
		return fmt.Errorf("body must be text, an ArrayBuffer or a Uint8Array: give objects as json or form")
	}
	c.body = []byte(body.String())
	c.defaultHeader("Content-Type", "text/plain;charset=UTF-8")
	return nil
}

func (c *call) readLimits(_ *plugins.Run, o *goja.Object) error {
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

func (c *call) readChoices(_ *plugins.Run, o *goja.Object) error {
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
