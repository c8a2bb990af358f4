package server_test

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/ratelimit"
	"github.com/arturoeanton/nflow-runtime/internal/server"
)

func limits(rules ...ratelimit.Rule) *ratelimit.Limiter {
	return ratelimit.New(ratelimit.Options{Rules: rules})
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	ran := 0
	s := open(t, server.Options{
		Flows:          func(c echo.Context) error { ran++; return c.String(http.StatusOK, "flow") },
		Limits:         limits(ratelimit.Rule{Requests: 2, Window: time.Hour}),
		LimitText:      "slow down",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		HealthPath:     "/health", Health: func(context.Context) server.Report { return server.Report{Status: server.Healthy} },
	})
	for i := range 2 {
		a := s.get("/x", "X-Forwarded-For", "192.0.2.1")
		if a.StatusCode != 200 || a.Header.Get("X-RateLimit-Limit") != "2" || a.Header.Get("X-RateLimit-Remaining") != strconv.Itoa(1-i) ||
			a.Header.Get("Retry-After") != "" {
			t.Errorf("request %d: %d %v", i+1, a.StatusCode, a.Header)
		}
		reset, err := strconv.ParseInt(a.Header.Get("X-RateLimit-Reset"), 10, 64)
		if wait := time.Until(time.Unix(reset, 0)); err != nil || wait < time.Duration(i+1)*30*time.Minute-long || wait > time.Duration(i+1)*30*time.Minute+2*time.Second {
			t.Errorf("reset %d is in %s", reset, wait)
		}
	}
	a := s.get("/x", "X-Forwarded-For", "192.0.2.1")
	retry := a.Header.Get("Retry-After")
	if a.StatusCode != 429 || a.body != `{"error":"slow down","retry_after":`+retry+`}` || a.Header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("%d %s %v", a.StatusCode, a.body, a.Header)
	}
	if n, err := strconv.Atoi(retry); err != nil || n < 1770 || n > 1800 {
		t.Errorf("Retry-After: %q", retry)
	}
	if ran != 2 {
		t.Errorf("the flow ran %d times", ran)
	}
	if a := s.get("/health", "X-Forwarded-For", "192.0.2.1"); a.StatusCode != 200 || a.Header.Get("X-RateLimit-Limit") != "" {
		t.Errorf("health is counted: %d", a.StatusCode)
	}
	if a := s.get("/x", "X-Forwarded-For", "192.0.2.2"); a.StatusCode != 200 {
		t.Errorf("another client: %d", a.StatusCode)
	}
	// Who is no trusted proxy cannot choose whom its requests are counted for.
	direct := open(t, server.Options{
		Flows: func(c echo.Context) error { return c.NoContent(http.StatusNoContent) }, HideRetry: true,
		Limits: limits(ratelimit.Rule{Requests: 1, Window: time.Hour}),
	})
	direct.get("/x", "X-Forwarded-For", "192.0.2.1")
	a = direct.get("/x", "X-Forwarded-For", "192.0.2.2")
	if a.StatusCode != 429 || a.Header.Get("Retry-After") != "" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
}
