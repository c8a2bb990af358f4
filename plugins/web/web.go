// Package web is the plugin with which flows call other services over HTTP: the functions http_get and its family, the
// object http, and fetch. The engine registers it; it knows nothing of the engine, of configuration files or of other
// plugins.
//
// All calls of a Plugin share one transport, which keeps connections open, verifies certificates and connects by the
// guarded dialer of internal/hostfn: redirects and names that resolve to private addresses end there. Scripts, the URLs
// they get and what servers answer are hostile: sizes, counts and times are bounded, and answers reach a script
// as plain copies.
package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/netpolicy"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

// setting is the switch that opens all functions of the plugin.
const setting = "enable_network"

// Options say what a Plugin may reach and how much it may take. The zero value reaches every public host.
type Options struct {
	Allow   []string      // [vm_pool] network_allow: see netpolicy.New. Defaults to every public host
	CAFile  string        // [http] ca_file: PEM with authorities to trust besides the system's. Defaults to none
	MaxBody int64         // bytes of one response, after decompression. Defaults to 32 MiB
	Timeout time.Duration // of one attempt where the call sets none. Defaults to 30 s

	// Fetch makes the function fetch of what sends a request and of what throws where the run may not: see nodejs.Modules.
	Fetch func(r *hostfn.Run, send, check goja.Value) goja.Value
}

// Plugin makes the HTTP calls of all runs.
type Plugin struct {
	transport *http.Transport
	maxBody   int64
	timeout   time.Duration
	reading   atomic.Int64 // bytes of responses that are being read
	fetch     func(r *hostfn.Run, send, check goja.Value) goja.Value
}

var (
	_ hostfn.Plugin   = (*Plugin)(nil)
	_ plugins.Stopper = (*Plugin)(nil)
)

// New makes the plugin. Its errors name the setting that is wrong.
func New(o Options) (*Plugin, error) {
	dialer, err := netpolicy.New(o.Allow)
	if err != nil {
		return nil, err
	}
	roots, err := authorities(o.CAFile)
	if err != nil {
		return nil, err
	}
	p := &Plugin{maxBody: o.MaxBody, timeout: o.Timeout, fetch: o.Fetch}
	if p.maxBody <= 0 {
		p.maxBody = 32 << 20
	}
	if p.timeout <= 0 {
		p.timeout = 30 * time.Second
	}
	p.transport = &http.Transport{ // no Proxy: it would connect where the dialer must not
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
	return p, nil
}

// authorities returns the system's certificate authorities and those of a file; nil, which means the system's, without
// a file.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.InvalidSetting("http.ca_file", err, "[http] ca_file names a file that cannot be read; it is a path from where the server was started")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.InvalidSetting("http.ca_file", nil, "[http] ca_file holds no certificate in PEM form")
	}
	return pool, nil
}

// Name is "http".
func (p *Plugin) Name() string { return "http" }

// Functions returns http, fetch and the family of http_get.
func (p *Plugin) Functions() []hostfn.Row {
	return slices.Concat(p.classicRows(), []hostfn.Row{p.httpRow(), p.fetchRow()})
}

// Stop closes the connections that are kept open.
func (p *Plugin) Stop(context.Context) error {
	p.transport.CloseIdleConnections()
	return nil
}
