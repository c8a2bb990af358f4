package accounts_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// asked counts the questions to the database.
type asked struct {
	store.Store
	users, credentials, tokens, failures atomic.Int32
}

func (a *asked) UserWithPassword(ctx context.Context, name string) (store.User, string, error) {
	a.users.Add(1)
	return a.Store.UserWithPassword(ctx, name)
}

func (a *asked) Credential(ctx context.Context, name string) (string, error) {
	a.credentials.Add(1)
	return a.Store.Credential(ctx, name)
}

func (a *asked) Tokens(ctx context.Context, name string) ([]store.Token, error) {
	a.tokens.Add(1)
	return a.Store.Tokens(ctx, name)
}

func (a *asked) LoginFailures(ctx context.Context, ids ...string) (map[string]store.LoginFailures, error) {
	a.failures.Add(1)
	return a.Store.LoginFailures(ctx, ids...)
}

func (a *asked) String() string {
	return fmt.Sprint(a.users.Load(), a.credentials.Load(), a.tokens.Load(), a.failures.Load())
}

// process is what one of several processes on the database has, with a clock of its own.
type process struct {
	*accounts.Accounts
	asked *asked
	now   atomic.Int64
}

func newProcess(st store.Store, change func(*accounts.Options)) *process {
	p := &process{asked: &asked{Store: st}}
	p.now.Store(now.UnixNano())
	o := accounts.Options{Store: p.asked, Now: func() time.Time { return time.Unix(0, p.now.Load()) }, Failures: 3}
	if change != nil {
		change(&o)
	}
	p.Accounts = accounts.New(o)
	return p
}

func (p *process) wait(d time.Duration) { p.now.Add(int64(d)) }

func (p *process) login(t *testing.T, name, password, address string, want bool) {
	t.Helper()
	got, err := p.ValidateUser(t.Context(), name, password, address)
	if err != nil || got != want {
		t.Errorf("%q with %q from %q: got %v, %v; want %v", name, password, address, got, err, want)
	}
}

func (p *process) costs(t *testing.T, want string) {
	t.Helper()
	if got := p.asked.String(); got != want {
		t.Errorf("questions for users, credentials, tokens, failures: %s, want %s", got, want)
	}
}

// TestCached: within five seconds the database is asked once for each name, known or not, and a change made here counts
// at once.
func TestCached(t *testing.T) {
	t.Parallel()
	_, st := setup(t)
	p := newProcess(st, nil)
	must(t, p.AddUser(t.Context(), "ana", "pw", ""))
	secret, err := p.AddToken(t.Context(), "api", time.Time{})
	must(t, err)
	valid := func(want bool) {
		t.Helper()
		got, err := p.ValidateToken(t.Context(), "api", http.Header{"Authorization": {"Bearer " + secret}}, now)
		if err != nil || got != want {
			t.Errorf("token: %v, %v", got, err)
		}
	}
	for range 50 {
		p.login(t, "ana", "pw", "192.0.2.1", true)
		valid(true)
		if _, err := p.GetUser(t.Context(), "ana"); err != nil {
			t.Error(err)
		}
		if _, err := p.GetUser(t.Context(), "nobody"); err == nil {
			t.Error("nobody is known")
		}
	}
	p.costs(t, "2 2 1 1")
	p.wait(5 * time.Second)
	p.login(t, "ana", "pw", "192.0.2.1", true)
	valid(true)
	p.costs(t, "3 3 2 2")

	must(t, p.SetPassword(t.Context(), "ana", "new"))
	p.login(t, "ana", "pw", "192.0.2.1", false)
	p.login(t, "ana", "new", "192.0.2.1", true)
	must(t, p.Disable(t.Context(), "ana"))
	p.login(t, "ana", "new", "192.0.2.1", false)
	must(t, p.RevokeToken(t.Context(), "api"))
	valid(false)

	// Another process changes things: at the latest after five seconds, at once when told.
	_, err = p.AddToken(t.Context(), "api", time.Time{})
	must(t, err)
	must(t, st.SetUserActive(t.Context(), "ana", true))
	p.login(t, "ana", "new", "192.0.2.2", false)
	p.Forget()
	p.login(t, "ana", "new", "192.0.2.2", true)
}

// TestManyNames fills the cache with names that a stranger chose; it stays small and right.
func TestManyNames(t *testing.T) {
	t.Parallel()
	_, st := setup(t)
	p := newProcess(st, nil)
	must(t, p.AddUser(t.Context(), "ana", "pw", ""))
	for i := range 10_100 {
		if _, err := p.GetUser(t.Context(), fmt.Sprint("n", i)); err == nil {
			t.Fatal("a stranger is known")
		}
	}
	if _, err := p.GetUser(t.Context(), "ana"); err != nil {
		t.Error(err)
	}
}

func TestLockedOut(t *testing.T) {
	t.Parallel()
	_, st := setup(t)
	one, two := newProcess(st, nil), newProcess(st, nil)
	must(t, one.AddUser(t.Context(), "ana", "pw", ""))
	must(t, one.AddUser(t.Context(), "eva", "pw", ""))

	// A right password counts anew.
	one.login(t, "ana", "w", "192.0.2.1", false)
	one.login(t, "ana", "w", "192.0.2.1", false)
	one.login(t, "ana", "pw", "192.0.2.1", true)
	one.login(t, "ana", "w", "192.0.2.1", false)
	two.login(t, "ana", "w", "192.0.2.1", false)
	one.login(t, "ana", "pw", "192.0.2.1", true)

	// The third failure locks out, whichever process sees it, for this user and address alone.
	for _, p := range []*process{one, two, one} {
		p.login(t, "ana", "w", "2001:db8::1", false)
	}
	two.wait(5 * time.Second) // what it has seen itself
	for _, p := range []*process{one, two} {
		p.login(t, "ana", "pw", "2001:db8::1", false)
		p.login(t, "ana", "pw", "2001:db8::ffff", false) // the same customer
		p.login(t, "ana", "pw", "2001:db8:0:1::1", true)
		p.login(t, "ana", "pw", "192.0.2.1", true)
		p.login(t, "eva", "pw", "2001:db8::1", true)
	}
	var ids int
	must(t, st.DB().QueryRowContext(t.Context(), `SELECT count(*) FROM nflow_login_failures WHERE id LIKE '%ana%' OR id LIKE '%db8%'`).Scan(&ids))
	if ids != 0 {
		t.Error("the database tells who failed")
	}

	// Only waiting helps: attempts meanwhile neither succeed nor prolong it.
	_, err := st.DB().ExecContext(t.Context(), `UPDATE nflow_login_failures SET last = last - 800`)
	must(t, err)
	one.Forget()
	one.login(t, "ana", "pw", "2001:db8::1", false)
	_, err = st.DB().ExecContext(t.Context(), `UPDATE nflow_login_failures SET last = last - 101`)
	must(t, err)
	one.Forget()
	one.login(t, "ana", "pw", "2001:db8::1", true)
	one.login(t, "ana", "w", "2001:db8::1", false)
	one.login(t, "ana", "pw", "2001:db8::1", true)
}

// TestLockedOutWidely: many users from one address, and one user from many.
func TestLockedOutWidely(t *testing.T) {
	t.Parallel()
	_, st := setup(t)
	p := newProcess(st, func(o *accounts.Options) { o.Failures = 1 })
	must(t, p.AddUser(t.Context(), "ana", "pw", ""))
	must(t, p.AddUser(t.Context(), "eva", "pw", ""))
	for i := range 10 {
		p.login(t, fmt.Sprint("nobody", i), "w", "192.0.2.1", false)
	}
	p.login(t, "ana", "pw", "192.0.2.1", false)
	p.login(t, "ana", "pw", "192.0.2.2", true)
	for i := range 10 {
		p.login(t, "eva", "w", fmt.Sprint("198.51.100.", i), false)
	}
	p.login(t, "eva", "pw", "192.0.2.3", false)
	p.login(t, "ana", "pw", "192.0.2.3", true)

	off := newProcess(st, func(o *accounts.Options) { o.Failures = -1 })
	off.login(t, "eva", "w", "192.0.2.3", false)
	off.login(t, "eva", "pw", "192.0.2.3", true)
}

// TestGuessesAtOnce: guesses that come together count one by one.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()
	_, st := setup(t)
	p := newProcess(st, nil)
	must(t, p.AddUser(t.Context(), "ana", "pw", ""))
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() { p.login(t, "ana", "w", "192.0.2.1", false) })
	}
	wg.Wait()
	var n int
	must(t, st.DB().QueryRowContext(t.Context(), `SELECT max(failures) FROM nflow_login_failures`).Scan(&n))
	if n != 3 {
		t.Errorf("%d guesses were looked at", n)
	}
}

// TestQuestionsTellNothing: the database is asked the same for every name.
func TestQuestionsTellNothing(t *testing.T) {
	t.Parallel()
	_, st := setup(t)
	setUp := newProcess(st, nil)
	must(t, setUp.AddUser(t.Context(), "ana", "pw", ""))
	insertUser(t, st, "old", oldHash("pw"), true)
	insertUser(t, st, "off", oldHash("pw"), false)
	for _, name := range []string{"ana", "nobody", "old", "off"} {
		p := newProcess(st, nil)
		p.login(t, name, "w", "192.0.2.1", false)
		p.costs(t, "1 1 0 1")
	}
}
