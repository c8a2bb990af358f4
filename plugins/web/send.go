package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/retry"
)

const (
	maxRedirects = 20 // as browsers do
	firstPause   = 250 * time.Millisecond
	maxPause     = 10 * time.Second
	maxReading   = 8 // answers of full size that may be read at once
)

// answer is what a server said.
type answer struct {
	status     string // as in "200 OK"
	code       int
	header     http.Header
	body       []byte
	url        string // after redirects
	redirected bool
	held       int64 // bytes that the run holds for body until the VM has it, see hostfn.Run.Beside
}

// recorded is a response as a recording of a run keeps it.
type recorded struct {
	Status     string
	Code       int
	Header     http.Header
	Body       []byte
	URL        string
	Redirected bool
}

// MarshalJSON and UnmarshalJSON let hostfn.Take record it.
func (a *answer) MarshalJSON() ([]byte, error) {
	return json.Marshal(recorded{a.status, a.code, a.header, a.body, a.url, a.redirected})
}

func (a *answer) UnmarshalJSON(text []byte) error {
	var r recorded
	err := json.Unmarshal(text, &r)
	*a = answer{r.Status, r.Code, r.Header, r.Body, r.URL, r.Redirected, 0}
	return err
}

// key returns the key of a call in a recording: headers are left out, they differ from run to run and hold keys.
func (c *call) key() func() string {
	bare := *c.url
	bare.RawQuery, bare.Fragment, bare.User = "", "", nil
	return hostfn.Key(c.method+" "+bare.String(), c.url.RawQuery, string(c.body))
}

// failure is a call without a response. Its text is for the flow's author: it names the host but neither path nor
// address.
type failure struct {
	text  string
	cause error
	final bool // trying again cannot help
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.cause }

var errTimeout = errors.New("timeout")

// send makes a call, again where the call wants retries and the failure may pass. It needs no VM. Errors are a *failure,
// a *fault.Error of the dialer, or the cause of the end of ctx.
func (p *Plugin) send(ctx context.Context, clock hostfn.Clock, c *call) (*answer, error) {
	again := retry.Policy{Retries: c.retries, First: firstPause, Most: maxPause}
	for n := 0; ; n++ {
		a, err := p.attempt(ctx, c)
		if ctx.Err() != nil {
			if a != nil {
				_ = c.beside(-a.held)
			}
			return nil, context.Cause(ctx)
		}
		if n >= again.Retries || !mayPass(a, err) {
			return a, err
		}
		var header http.Header
		if a != nil {
			header = a.header
			_ = c.beside(-a.held)
		}
		if err := again.Wait(ctx, clock, n, header); err != nil {
			return nil, err
		}
	}
}

// mayPass reports whether another attempt may end better.
func mayPass(a *answer, err error) bool {
	if err != nil {
		f, ok := errors.AsType[*failure](err)
		return ok && !f.final
	}
	return retry.MayPass(a.code)
}

// attempt makes one request and reads its response.
func (p *Plugin) attempt(ctx context.Context, c *call) (*answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	var sent io.Reader
	if c.body != nil {
		sent = bytes.NewReader(c.body)
	}
	req, err := http.NewRequestWithContext(ctx, c.method, c.url.String(), sent)
	if err != nil {
		return nil, &failure{text: "the request cannot be made", cause: err, final: true}
	}
	req.Header = c.header.Clone()
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	if c.method != http.MethodHead && req.Header.Get("Range") == "" { // a part of a compressed body cannot be read
		req.Header.Set("Accept-Encoding", body.Codings)
	}
	client := http.Client{Transport: p.transport, CheckRedirect: c.checkRedirect}
	resp, err := client.Do(req)
	if err != nil {
		return nil, p.explain(ctx, c, err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := p.read(resp, c)
	if err != nil {
		return nil, p.explain(ctx, c, err)
	}
	return &answer{
		held:   held(data),
		status: resp.Status, code: resp.StatusCode, header: resp.Header, body: data,
		url: shown(resp.Request.URL), redirected: resp.Request != req,
	}, nil
}

// shown is a URL without user and password.
func shown(u *url.URL) string {
	c := *u
	c.User = nil
	return c.String()
}

// held returns what a body counts of its run's memory: it is copied whenever it outgrows its place.
func held(body []byte) int64 { return 2 * int64(len(body)) }

// read takes the body, decoded. What a compressed body becomes counts, so that a small one cannot fill the memory: it
// counts for the run, and all responses that are being read count together.
func (p *Plugin) read(resp *http.Response, c *call) (body []byte, err error) {
	tooLarge := &failure{text: fmt.Sprintf("the response of %s is larger than %d MiB", c.url.Host, p.maxBody>>20), final: true}
	if resp.ContentLength > p.maxBody {
		return nil, tooLarge
	}
	in := decode(resp, c)
	var data bytes.Buffer
	counted := int64(0)
	defer func() {
		p.reading.Add(-counted)
		if err != nil {
			_ = c.beside(-2 * counted)
		}
	}()
	for {
		n, err := io.CopyN(&data, in, min(64<<10, p.maxBody+1-counted))
		counted += n
		if stopped := c.beside(2 * n); stopped != nil {
			return nil, stopped
		}
		if all := p.reading.Add(n); all > maxReading*p.maxBody {
			return nil, &failure{text: "too many large responses are being read at the same time"}
		}
		if counted > p.maxBody {
			return nil, tooLarge
		}
		if errors.Is(err, io.EOF) {
			return data.Bytes(), nil
		}
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Invalid {
			return nil, &failure{text: fmt.Sprintf("the response of %s is not in the encoding that it names", c.url.Host), cause: f.Cause, final: true}
		}
		if err != nil {
			return nil, err
		}
	}
}

// decode returns the body of a response without its content codings, which then are no longer in its headers. With one that
// is not known it stays as it is, and the flow sees the header.
func decode(resp *http.Response, c *call) io.Reader {
	if c.method == http.MethodHead {
		return resp.Body
	}
	out, err := body.Decode(resp.Body, resp.Header.Values("Content-Encoding"), 0)
	if err != nil || out == resp.Body {
		return resp.Body
	}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	return out
}

// again makes the request after a redirect as fetch does: a 303 makes a GET of every method but HEAD, a 301 or 302 of POST
// only, and all else keeps method and body, where Go's client would turn a PUT into a GET that looks like success.
// Source: https://fetch.spec.whatwg.org/#http-redirect-fetch, step 12
func (c *call) again(req, before *http.Request) {
	req.Method = before.Method
	status := req.Response.StatusCode
	ofBody := []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"}
	toGet := status == http.StatusSeeOther && before.Method != http.MethodHead ||
		(status == http.StatusMovedPermanently || status == http.StatusFound) && before.Method == http.MethodPost
	if toGet {
		req.Method = http.MethodGet
	}
	if toGet || before.GetBody == nil {
		req.Body, req.GetBody, req.ContentLength = nil, nil, 0
		for _, name := range ofBody {
			req.Header.Del(name)
		}
		return
	}
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.body)), nil }
	req.Body, _ = req.GetBody()
	req.ContentLength = int64(len(c.body))
	for _, name := range ofBody {
		if v := c.header.Values(name); len(v) > 0 {
			req.Header[name] = slices.Clone(v)
		}
	}
}

// secret matches the names of headers that prove who the caller is: they stay with the host they were meant for.
var secret = regexp.MustCompile(`(?i)auth|cookie|credential|key|secret|session|token`)

// checkRedirect follows a redirect or not. Where it leads is judged by the dialer.
func (c *call) checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case c.redirect == "manual":
		return http.ErrUseLastResponse
	case c.redirect == "error":
		return &failure{text: fmt.Sprintf(`%s redirects, and redirect is "error"`, c.url.Host), final: true}
	case len(via) > maxRedirects:
		return &failure{text: fmt.Sprintf("%s redirects more than %d times", c.url.Host, maxRedirects), final: true}
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return &failure{text: fmt.Sprintf("%s redirects to a URL that is not http or https", c.url.Host), final: true}
	}
	c.again(req, via[len(via)-1])
	left := origin(req.URL) != origin(via[0].URL)
	for _, before := range via {
		left = left || origin(before.URL) != origin(via[0].URL)
	}
	if !left {
		return nil
	}
	for name := range req.Header {
		if secret.MatchString(name) || name == "Referer" {
			delete(req.Header, name)
		}
	}
	return nil
}

// origin is scheme, host and port of a URL.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + u.Hostname() + ":" + port
}

// explain makes a *failure of what net/http returns; faults of the dialer stay.
func (p *Plugin) explain(ctx context.Context, c *call, err error) error {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	host, f := c.url.Host, &failure{cause: err}
	var timeout net.Error
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		f.text = fmt.Sprintf("%s did not answer within %s", host, c.timeout)
	case isType[*net.DNSError](err):
		f.text = fmt.Sprintf("host %q cannot be found", c.url.Hostname())
	case isType[*tls.CertificateVerificationError](err):
		f.text, f.final = fmt.Sprintf("the certificate of %s is not trusted; [http] ca_file adds authorities", host), true
	case errors.Is(err, syscall.ECONNREFUSED):
		f.text = fmt.Sprintf("%s refuses connections", host)
	case errors.As(err, &timeout) && timeout.Timeout():
		f.text = fmt.Sprintf("%s cannot be reached in time", host)
	default:
		f.text = fmt.Sprintf("the call to %s failed: %v", host, inner(err))
	}
	return f
}

func isType[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// inner strips the layers that contain URL and addresses.
func inner(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if o, ok := errors.AsType[*net.OpError](err); ok {
		err = o.Err
	}
	return err
}
