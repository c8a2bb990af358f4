package retry

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

// clock notes what it is asked to sleep.
type clock struct{ slept []time.Duration }

func (c *clock) Now() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.slept = append(c.slept, d)
	return context.Cause(ctx)
}

func TestPausesGrowUntilTheLongest(t *testing.T) {
	t.Parallel()
	p := Policy{Retries: 10, First: 250 * time.Millisecond, Most: 10 * time.Second}
	different := false
	for n, most := 0, p.First; n < p.Retries; n, most = n+1, min(2*most, p.Most) {
		var c clock
		for range 20 {
			if err := p.Wait(t.Context(), &c, n, http.Header{"Retry-After": {"soon"}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, d := range c.slept {
			different = different || d != c.slept[0]
			if d > most || d < most/2 {
				t.Errorf("pause %d is %s, want %s to %s", n, d, most/2, most)
			}
		}
	}
	if !different {
		t.Error("all callers come back in step")
	}
}

func TestServersAskForPauses(t *testing.T) {
	t.Parallel()
	now := new(clock).Now()
	for text, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "-5": 0, "100000": MaxAsked,
		now.Add(5 * time.Second).Format(http.TimeFormat): 5 * time.Second, now.Add(-time.Hour).Format(http.TimeFormat): 0,
	} {
		var c clock
		if err := (Policy{First: time.Hour, Most: time.Hour}).Wait(t.Context(), &c, 0, http.Header{"Retry-After": {text}}); err != nil || c.slept[0] != want {
			t.Errorf("%q: slept %v, %v; want %s", text, c.slept, err, want)
		}
	}
	for _, text := range []string{"", "soon", "1.5", "99999999999999"} {
		if d, ok := Asked(http.Header{"Retry-After": {text}}, now); ok {
			t.Errorf("%q asks for %s", text, d)
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	over := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(over)
	if err := (Policy{First: time.Second, Most: time.Second}).Wait(ctx, new(clock), 0, nil); !errors.Is(err, over) {
		t.Errorf("got %v", err)
	}
}

func TestOnlyTroubleThatPasses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{200: false, 301: false, 400: false, 404: false, 408: false, 429: true, 500: true, 501: false, 502: true, 503: true, 504: true} {
		if MayPass(status) != want {
			t.Errorf("%d: %v", status, !want)
		}
	}
}
