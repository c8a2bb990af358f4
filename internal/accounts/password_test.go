package accounts

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

func TestParsePHC(t *testing.T) {
	t.Parallel()
	const tail = "$c2FsdHNhbHQ$a2V5a2V5a2V5"
	if _, err := parsePHC("$argon2id$v=19$m=64,t=1,p=2" + tail); err != nil {
		t.Errorf("parameters that are not ours must be read: %v", err)
	}
	for _, bad := range []string{
		"", "!", "$", strings.Repeat("$", 5), "$argon2i$v=19$m=64,t=1,p=1" + tail, "$argon2id$v=16$m=64,t=1,p=1" + tail,
		"$argon2id$v=19$m=64,t=0,p=1" + tail, "$argon2id$v=19$m=64,t=1,p=0" + tail, "$argon2id$v=19$m=8,t=1,p=2" + tail,
		"$argon2id$v=19$m=131073,t=1,p=1" + tail, "$argon2id$v=19$m=64,t=17,p=1" + tail, "$argon2id$v=19$m=64,t=1,p=17" + tail,
		"$argon2id$v=19$m=4294967360,t=1,p=1" + tail, "$argon2id$v=19$m=-64,t=1,p=1" + tail, "$argon2id$v=19$m=64,t=1,p=257" + tail,
		"$argon2id$v=19$m=64,t=1,p=1 " + tail, "$argon2id$v=19$m=64,t=1,p=1,x=2" + tail,
		"$argon2id$v=19$m=64,t=1,p=1$$a2V5a2V5a2V5", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5=",
		"$argon2id$v=19$m=64,t=1,p=1" + tail + "$", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$" + strings.Repeat("a2V5", 100),
	} {
		if p, err := parsePHC(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, p)
		}
	}
}

// TestVerifyOthers reads a hash that another program made, with parameters of its own.
func TestVerifyOthers(t *testing.T) {
	t.Parallel()
	a := New(Options{})
	p := phc{cost: cost{memory: 32, passes: 3, lanes: 4}, salt: []byte("saltsalt")}
	key, err := a.derive(context.Background(), p.cost, "pw", p.salt, 16)
	if err != nil {
		t.Fatal(err)
	}
	p.key = key
	for password, want := range map[string]bool{"pw": true, "pW": false, "": false} {
		if got, err := a.verify(context.Background(), p.String(), password); err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", password, got, err, want)
		}
	}
}

// TestHashingIsBounded fills all places; the next hash waits until its context ends.
func TestHashingIsBounded(t *testing.T) {
	t.Parallel()
	a := New(Options{})
	for range cap(a.hashing) {
		a.hashing <- struct{}{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := a.hash(ctx, "pw")
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("a hash was computed beyond the bound: %v", err)
	default:
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("a cancelled hash gave no error")
	}
	<-a.hashing
	if _, err := a.hash(context.Background(), "pw"); err != nil {
		t.Error(err)
	}
}

// TestTimeTellsNothing: whatever the reason of a refusal, it takes a hash, which takes all the time there is.
func TestTimeTellsNothing(t *testing.T) {
	t.Parallel()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	a := New(Options{Store: st, Failures: 1})
	for _, name := range []string{"ana", "locked", "off"} {
		if err := a.AddUser(t.Context(), name, "pw", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Disable(t.Context(), "off"); err != nil {
		t.Fatal(err)
	}
	if _, err := st.DB().ExecContext(t.Context(), `INSERT INTO users (username, password, active) VALUES ('old', 'x', 1)`); err != nil {
		t.Fatal(err)
	}
	if right, err := a.ValidateUser(t.Context(), "locked", "wrong", ""); right || err != nil {
		t.Fatal(right, err)
	}
	for range cap(a.hashing) {
		a.hashing <- struct{}{}
	}
	for _, name := range []string{"ana", "locked", "off", "old", "nobody", "", "no\x00body"} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		if _, err := a.ValidateUser(ctx, name, "wrong", ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q was refused without a hash: %v", name, err)
		}
		cancel()
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5")
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$$")
	f.Add("!")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err == nil && (p.String() != s || p.memory > maxMemory || p.passes > maxPasses || p.lanes > maxLanes || len(p.key) > maxBytes) {
			t.Errorf("%q was read as %+v", s, p)
		}
	})
}
