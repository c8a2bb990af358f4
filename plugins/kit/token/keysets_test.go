package token

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

const (
	setOfOne = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
)

// keyServer serves sets of keys to all runs of a test.
type keyServer struct {
	sets  *keySets
	asked atomic.Int32
	serve func(n int32) (string, error)
}

func newKeyServer(serve func(n int32) (string, error)) *keyServer {
	return &keyServer{sets: newKeySets(), serve: serve}
}

// run is one run that asks for a set.
func (k *keyServer) run(t *testing.T) *hosttest.World {
	t.Helper()
	w := hosttest.NewWorld(t, nil)
	w.Network = true
	return w
}

// find looks for a key as jwt.verify does.
func (k *keyServer) find(w *hosttest.World, kid string) error {
	tokens := &tokens{fetchKeys: func(context.Context, *hostfn.Run, string) ([]byte, error) {
		text, err := k.serve(k.asked.Add(1))
		return []byte(text), err
	}}
	set, err := k.sets.get("https://login.example/keys", &keyFetch{tokens, w.Run, "https://login.example/keys"})
	if err != nil {
		return err
	}
	_, err = set.Pick("EdDSA", kid)
	return err
}

func (k *keyServer) want(t *testing.T, asked int32) {
	t.Helper()
	if n := k.asked.Load(); n != asked {
		t.Errorf("fetched %d times, want %d", n, asked)
	}
}

// TestKeysAreFetchedOnce: those who ask at the same time for a set that nobody has share one fetch.
func TestKeysAreFetchedOnce(t *testing.T) {
	t.Parallel()
	for _, fails := range []error{nil, errors.New("down")} {
		begun, go_ := make(chan struct{}), make(chan struct{})
		k := newKeyServer(func(n int32) (string, error) {
			if n == 1 {
				close(begun)
			}
			<-go_
			return setOfOne, fails
		})
		var all sync.WaitGroup
		var waiting atomic.Int32
		results := make(chan error, 50)
		ask := func() { results <- k.find(k.run(t), "one") }
		all.Go(ask)
		<-begun
		for range 49 {
			all.Go(func() { waiting.Add(1); ask() })
		}
		for waiting.Load() < 49 { // they are on their way: the fetch is held until then
			time.Sleep(time.Millisecond)
		}
		close(go_)
		all.Wait()
		if fails == nil {
			k.want(t, 1)
		}
		for range 50 {
			if err := <-results; (err == nil) != (fails == nil) {
				t.Error(err)
			}
		}
	}
}

// TestKeysOfARunThatEnds: the fetch of a killed run is no result for those who wait for it.
func TestKeysOfARunThatEnds(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	var k *keyServer
	first := newWorld(t)
	ctx, kill := context.WithCancel(t.Context())
	first.Ctx = ctx
	k = newKeyServer(func(n int32) (string, error) {
		if n == 1 {
			close(begun)
			<-ctx.Done()
			return "", ctx.Err()
		}
		return setOfOne, nil
	})
	result := make(chan error, 2)
	go func() { result <- k.find(first.World, "one") }()
	<-begun
	second := k.run(t)
	go func() { result <- k.find(second, "one") }()
	kill()
	a, b := <-result, <-result
	if (a == nil) == (b == nil) {
		t.Errorf("the run that ended and the one that waited got %v and %v", a, b)
	}
	k.want(t, 2)

	// One that waits and is killed comes back, whatever the fetch does.
	hold := make(chan struct{})
	k = newKeyServer(func(int32) (string, error) { <-hold; return setOfOne, nil })
	leader := k.run(t)
	go func() { result <- k.find(leader, "one") }()
	for k.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	follower := k.run(t)
	follower.Ctx, kill = context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer kill()
	if err := k.find(follower, "one"); err == nil {
		t.Error("a run that ended found a key")
	}
	close(hold)
	if err := <-result; err != nil {
		t.Error(err)
	}
}

// TestKeysThatCannotBeFetchedAgain are used for an hour from when they were fetched; the fetch is tried every 30 seconds.
func TestKeysThatCannotBeFetchedAgain(t *testing.T) {
	t.Parallel()
	down := false
	k := newKeyServer(func(int32) (string, error) {
		if down {
			return "<html>503</html>", nil
		}
		return setOfOne, nil
	})
	w := k.run(t)
	began := w.At
	at := func(d time.Duration, ok bool, asked int32) {
		t.Helper()
		w.At = began.Add(d)
		if err := k.find(w, "one"); (err == nil) != ok {
			t.Errorf("after %s: %v", d, err)
		}
		k.want(t, asked)
	}
	at(0, true, 1)
	at(10*time.Minute, true, 1)
	down = true
	at(11*time.Minute, true, 2)
	at(11*time.Minute+20*time.Second, true, 2)
	at(12*time.Minute, true, 3)
	at(time.Hour, true, 4)
	at(time.Hour+time.Second, false, 5)
	at(time.Hour+2*time.Second, false, 6) // without a set each asks, one at a time
	if log := w.Logged.String(); strings.Count(log, "cannot be fetched") != 5 {
		t.Errorf("the log is\n%s", log)
	}
	down = false
	at(time.Hour+3*time.Second, true, 7)
}

// TestUnknownKeyIDs: who makes up key ids causes one fetch in 30 seconds.
func TestUnknownKeyIDs(t *testing.T) {
	t.Parallel()
	k := newKeyServer(func(n int32) (string, error) {
		if n == 4 {
			return strings.Replace(setOfOne, "one", "two", 1), nil
		}
		return setOfOne, nil
	})
	w := k.run(t)
	for round := range 3 {
		for i := range 100 {
			if err := k.find(w, fmt.Sprintf("made-up-%d", i)); err == nil {
				t.Fatal("found a key that is not there")
			}
		}
		k.want(t, int32(round+1))
		w.At = w.At.Add(30 * time.Second)
	}
	if err := k.find(w, "two"); err != nil { // a key that is new
		t.Error(err)
	}
	k.want(t, 4)
}

// TestManyKeySets: those of a hundred URLs are kept.
func TestManyKeySets(t *testing.T) {
	t.Parallel()
	k := newKeyServer(func(int32) (string, error) { return setOfOne, nil })
	w := k.run(t)
	tokens := &tokens{fetchKeys: func(context.Context, *hostfn.Run, string) ([]byte, error) { return []byte(setOfOne), nil }}
	for i := range 3 * maxKeySets {
		if _, err := k.sets.get(fmt.Sprint(i), &keyFetch{tokens, w.Run, fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(k.sets.sets); n > maxKeySets {
		t.Errorf("%d sets are kept", n)
	}
}
