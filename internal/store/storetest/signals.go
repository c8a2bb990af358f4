package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// Listening starts a process that hears signals, and waits until it listens. What it hears waits until it is taken. It
// ends with the test.
func Listening(t *testing.T, st store.Store) <-chan string {
	t.Helper()
	c, cancel := context.WithCancel(context.Background())
	heard, ended := make(chan string), make(chan struct{})
	go func() {
		defer close(ended)
		st.Signals(c, interval, func(what string) {
			select {
			case heard <- what:
			case <-c.Done():
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	hear(t, heard)
	return heard
}

func hear(t *testing.T, heard <-chan string) string {
	t.Helper()
	select {
	case what := <-heard:
		return what
	case <-time.After(deadline):
		t.Fatal("nothing is heard")
		return ""
	}
}

// testSignals has one process hear a request of another, at once or when it looks.
func testSignals(t *testing.T, d Driver) {
	dsn := d.New(t)
	asking, hearing := open(t, d, dsn), open(t, d, dsn)
	heard := Listening(t, hearing)
	must(t, asking.AskKill(ctx(t), "w1"))
	for kills := []string(nil); len(kills) == 0; kills = get[[]string](t)(hearing.KillsAsked(ctx(t))) {
		if what := hear(t, heard); what != "" && what != store.SignalKill {
			t.Errorf("signal %q", what)
		}
	}
}

// testAccountSignals has each way to change users and tokens signalled to another process, and what else is written not
// signalled as that.
func testAccountSignals(t *testing.T, d Driver) {
	dsn := d.New(t)
	changing, hearing := open(t, d, dsn), open(t, d, dsn)
	heard := Listening(t, hearing)
	changes := []struct {
		name string
		do   func() error
	}{
		{"add a user", func() error { return changing.CreateUser(ctx(t), "ana", "r", "h") }},
		{"disable a user", func() error { return changing.SetUserActive(ctx(t), "ana", false) }},
		{"enable a user", func() error { return changing.SetUserActive(ctx(t), "ana", true) }},
		{"another password", func() error { return changing.SetPassword(ctx(t), "ana", "h2") }},
		{"add a token", func() error {
			return changing.AddToken(ctx(t), store.Token{Name: "api", Token: "secret", Active: true})
		}},
		{"revoke a token", func() error { return changing.RevokeToken(ctx(t), "api") }},
	}
	for i, c := range changes {
		noise(t, changing, fmt.Sprint(i))
		// What is heard first may be older; what is heard second reports the noise.
		for n := range 2 {
			must(t, changing.AskKill(ctx(t), fmt.Sprint("w", i, n)))
			if hear(t, heard) == store.SignalAccounts {
				t.Errorf("before %q something else was signalled as a change of accounts", c.name)
			}
		}
		must(t, c.do())
		for hear(t, heard) != store.SignalAccounts {
		}
	}
}

// noise writes to tables that have nothing to do with users and tokens, or nothing that counts.
func noise(t *testing.T, st store.Store, id string) {
	t.Helper()
	must(t, st.Track(ctx(t), []store.TrackRow{{LogID: id}}))
	must(t, st.SaveBlob(ctx(t), id, []byte(id), time.Unix(1, 0)))
	must(t, st.SaveTemplate(ctx(t), store.Template{Name: id}))
	must(t, st.AddCredential(ctx(t), "ben"+id, "h"))
	_, err := st.AddLoginFailure(ctx(t), time.Minute, id)
	must(t, err)
	must(t, st.Beat(ctx(t), store.Instance{ID: id, Started: time.Unix(1, 0), Every: time.Second}, nil))
}
