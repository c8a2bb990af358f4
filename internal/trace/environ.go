package trace

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// environment is "NAME=value", as os.Environ returns it.
type environment []string

// get returns the last value of a name.
func (e environment) get(name string) (value string) {
	for _, pair := range e {
		if v, ok := strings.CutPrefix(pair, name+"="); ok {
			value = strings.TrimSpace(v)
		}
	}
	return value
}

// otlp reads a variable of the exporter: the one for traces counts before the one for everything.
func (e environment) otlp(name string) string {
	return cmp.Or(e.get("OTEL_EXPORTER_OTLP_TRACES_"+name), e.get("OTEL_EXPORTER_OTLP_"+name))
}

// off reports whether nothing shall be sent.
func (e environment) off() bool {
	exporter := e.get("OTEL_TRACES_EXPORTER")
	return strings.EqualFold(e.get("OTEL_SDK_DISABLED"), "true") || exporter != "" && exporter != "otlp" || e.otlp("ENDPOINT") == ""
}

// endpoint returns the address that spans are posted to. That for traces is taken as it is, the other is a base.
func (e environment) endpoint() (string, error) {
	text := e.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	if text == "" {
		text = strings.TrimSuffix(e.get("OTEL_EXPORTER_OTLP_ENDPOINT"), "/") + "/v1/traces"
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fault.New(fault.Invalid, "the OTLP endpoint is not a URL: set OTEL_EXPORTER_OTLP_ENDPOINT, as in http://127.0.0.1:4318")
	}
	return text, nil
}

// headers reads name=value,name=value with percent escapes.
func (e environment) headers() http.Header {
	h := http.Header{}
	for _, list := range []string{e.get("OTEL_EXPORTER_OTLP_HEADERS"), e.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS")} {
		for pair := range strings.SplitSeq(list, ",") {
			name, value, ok := strings.Cut(pair, "=")
			value, err := url.PathUnescape(strings.TrimSpace(value))
			if name = strings.TrimSpace(name); ok && err == nil && name != "" {
				h.Set(name, value)
			}
		}
	}
	return h
}

// certificates reads the authorities to trust in place of the system's, and the client's own certificate.
func (e environment) certificates() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	trusted, certificate, key := e.otlp("CERTIFICATE"), e.otlp("CLIENT_CERTIFICATE"), e.otlp("CLIENT_KEY")
	if trusted != "" {
		text, err := os.ReadFile(trusted)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "OTEL_EXPORTER_OTLP_CERTIFICATE: %s cannot be read; name a PEM file of certificates", trusted)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, fault.New(fault.Invalid, "OTEL_EXPORTER_OTLP_CERTIFICATE: %s holds no certificate in PEM form", trusted)
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY do not match; name the PEM files of one certificate and its key")
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// timeout is how long sending a batch may take. Defaults to 10 s.
func (e environment) timeout() time.Duration {
	if ms, err := strconv.Atoi(e.otlp("TIMEOUT")); err == nil && ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	return 10 * time.Second
}
