package server_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/server"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	cert, key := server.WriteCertificate(t, "one")
	s := open(t, server.Options{CertFile: cert, KeyFile: key, Flows: func(c echo.Context) error {
		return c.String(http.StatusOK, c.Scheme()+" "+c.Request().Proto)
	}})
	equal(t, "HTTP/2", s.get("https:/x").body, "https HTTP/2.0")
	old := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}} //nolint:gosec // that is the test
	if c, err := old.DialContext(t.Context(), "tcp", s.addr); err == nil {
		c.Close()
		t.Error("TLS 1.1 was accepted")
	}
	equal(t, "plain HTTP", s.get("/x").StatusCode, http.StatusBadRequest)

	plain := open(t, server.Options{Flows: says("x")})
	a := plain.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	equal(t, "HTTP/2 without TLS is a strange request of HTTP/1", a.StatusCode, http.StatusNotFound)
}

func TestBadCertificate(t *testing.T) {
	t.Parallel()
	cert, _ := server.WriteCertificate(t, "one")
	_, otherKey := server.WriteCertificate(t, "two")
	for _, files := range [][2]string{{cert, otherKey}, {cert, "missing.pem"}, {cert, ""}} {
		_, err := server.New(server.Options{Flows: says("x"), CertFile: files[0], KeyFile: files[1]})
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Kind != fault.Invalid {
			t.Error(files, err)
		}
	}
}
