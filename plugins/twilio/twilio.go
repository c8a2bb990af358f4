// Package twilio is the plugin with which flows send one-time codes to phones and check them, by the HTTP API of Twilio
// Verify. The engine registers it; it knows nothing of the engine, of configuration files or of other plugins.
//
// While it is disabled both functions answer true, so that a flow can be tried without sending anything.
package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

const (
	maxAnswer = 1 << 20 // bytes
	timeout   = 15 * time.Second

	// Codes of Twilio's errors that mean that a code is not right, rather than that the check failed.
	codeNotFound       = 20404 // the verification is over: expired, approved before, or never begun
	codeChecksExceeded = 60202 // too many wrong codes
)

// Options are the section [twilio] of the configuration.
type Options struct {
	Enable          bool   // Defaults to false: both functions answer true
	AccountSID      string // or the SID of an API key
	AuthToken       string // or the secret of the API key
	VerifyServiceID string
	BaseURL         string // Defaults to https://verify.twilio.com/v2
	// Transport makes the calls; the plugin closes its idle connections when it stops. Defaults to one of its own.
	Transport http.RoundTripper
}

// Plugin sends and checks the codes of all runs.
type Plugin struct {
	opts   Options
	client *http.Client
}

var (
	_ hostfn.Plugin   = (*Plugin)(nil)
	_ plugins.Stopper = (*Plugin)(nil)
)

// New makes the plugin. Missing options are reported when a flow first calls a function.
func New(o Options) *Plugin {
	if o.BaseURL == "" {
		o.BaseURL = "https://verify.twilio.com/v2"
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second,
		}
	}
	return &Plugin{opts: o, client: &http.Client{
		Transport: o.Transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}}
}

// Name is "twilio".
func (p *Plugin) Name() string { return "twilio" }

// Functions returns send_otp and check_otp.
func (p *Plugin) Functions() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "send_otp", Sig: "send_otp(to)",
			Doc:     "Sends a one-time code to a phone number (as +34600000000) by Twilio. Returns true, also when Twilio is disabled. Throws when the code cannot be sent.",
			Example: `send_otp("+34600000000")`,
			Bind:    hostfn.Func(p.send),
		},
		{
			Name: "check_otp", Sig: "check_otp(to, code)",
			Doc:     "Reports whether the code is the one that was sent to that number. True when Twilio is disabled.",
			Example: `if (!check_otp("+34600000000", "123456")) { next = "output_2" }`,
			Bind:    hostfn.Func(p.check),
		},
	}
}

// Stop closes the connections that are kept open.
func (p *Plugin) Stop(context.Context) error {
	p.client.CloseIdleConnections()
	return nil
}

func (p *Plugin) send(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	if !p.opts.Enable {
		return r.VM.ToValue(true)
	}
	to := p.recipient(r, "send_otp", call)
	if _, err := p.post(r, "send_otp", "Verifications", url.Values{"To": {to}, "Channel": {"sms"}}); err != nil {
		r.Throw(err)
	}
	return r.VM.ToValue(true)
}

func (p *Plugin) check(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	if !p.opts.Enable {
		return r.VM.ToValue(true)
	}
	to, code := p.recipient(r, "check_otp", call), strings.TrimSpace(hostfn.String(call, 1))
	if len(code) < 4 || len(code) > 10 { // no code of Twilio's: not worth one of the few checks
		return r.VM.ToValue(false)
	}
	v, err := p.post(r, "check_otp", "VerificationCheck", url.Values{"To": {to}, "Code": {code}})
	if err != nil {
		r.Throw(err)
	}
	return r.VM.ToValue(v.Status == "approved")
}

// recipient reads the first argument, after a look whether there is anything to send with.
func (p *Plugin) recipient(r *hostfn.Run, fn string, call goja.FunctionCall) string {
	if p.opts.AccountSID == "" || p.opts.AuthToken == "" || p.opts.VerifyServiceID == "" {
		r.Throw(fault.New(fault.Unavailable, "%s: set [twilio] account_sid, auth_token and verify_service_id", fn))
	}
	to := strings.TrimSpace(hostfn.String(call, 0))
	if to == "" {
		panic(r.VM.NewTypeError("%s takes a phone number, as in +34600000000", fn))
	}
	return to
}

// verification is what Twilio returns to both calls.
type verification struct {
	Status string `json:"status"`
}

// refusal is an error of Twilio's.
type refusal struct {
	HTTP    int    `json:"-"`
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *refusal) Error() string {
	return fmt.Sprintf("Twilio answers %d, code %d: %s", e.HTTP, e.Code, e.Message)
}

// post makes one call of the API while the run waits. A code that Twilio does not know any more is not approved.
func (p *Plugin) post(r *hostfn.Run, fn, resource string, form url.Values) (verification, error) {
	return hostfn.Take(r, "twilio", hostfn.Key(resource, form.Encode()), func(ctx context.Context) (verification, error) {
		v, err := p.attempt(ctx, resource, form)
		if e, ok := errors.AsType[*refusal](err); ok && resource == "VerificationCheck" && (e.Code == codeNotFound || e.Code == codeChecksExceeded) {
			return verification{}, nil
		}
		if err != nil && ctx.Err() == nil {
			err = explain(fn, err)
		}
		return v, err
	})
}

func (p *Plugin) attempt(ctx context.Context, resource string, form url.Values) (v verification, err error) {
	address := strings.TrimSuffix(p.opts.BaseURL, "/") + "/Services/" + url.PathEscape(p.opts.VerifyServiceID) + "/" + resource
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return v, err
	}
	req.SetBasicAuth(p.opts.AccountSID, p.opts.AuthToken)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := p.client.Do(req)
	if err != nil {
		return v, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return v, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		e := &refusal{HTTP: resp.StatusCode}
		_ = json.Unmarshal(body, e) // what is no JSON leaves the status, which says enough
		return v, e
	}
	err = json.Unmarshal(body, &v)
	return v, err
}

// explain makes the error that the flow's author can act on. The cause goes to the log: Twilio's message repeats the number.
func explain(fn string, err error) error {
	say := func(kind fault.Kind, text string) error {
		return &fault.Error{Kind: kind, Text: fn + ": Twilio " + text, Cause: err}
	}
	e, refused := errors.AsType[*refusal](err)
	switch {
	case !refused:
		return say(fault.Unavailable, "cannot be reached")
	case e.HTTP == http.StatusUnauthorized || e.HTTP == http.StatusForbidden:
		return say(fault.Unavailable, "does not accept [twilio] account_sid and auth_token")
	case e.HTTP == http.StatusNotFound:
		return say(fault.Unavailable, "does not know [twilio] verify_service_id")
	case e.HTTP >= 500:
		return say(fault.Unavailable, fmt.Sprintf("failed with status %d", e.HTTP))
	}
	return say(fault.Script, fmt.Sprintf("refused the request (code %d)", e.Code))
}
