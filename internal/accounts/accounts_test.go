package accounts_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Unix(1_800_000_000, 0)

func setup(t *testing.T) (*accounts.Accounts, store.Store) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return accounts.New(accounts.Options{Store: st, Now: func() time.Time { return now }}), st
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func login(t *testing.T, a *accounts.Accounts, user, password string, want bool) {
	t.Helper()
	got, err := a.ValidateUser(t.Context(), user, password, "192.0.2.1")
	if err != nil || got != want {
		t.Errorf("%q with %q: got %v, %v; want %v", user, password, got, err, want)
	}
}

func oldHash(password string) string {
	sum := sha512.Sum512_256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func insertUser(t *testing.T, st store.Store, name, password string, active any) {
	t.Helper()
	_, err := st.DB().ExecContext(t.Context(), `INSERT INTO users (username, password, rol, active) VALUES ($1, $2, 'ROL_DEV', $3)`,
		name, password, active)
	must(t, err)
}

func TestNewUser(t *testing.T) {
	t.Parallel()
	a, st := setup(t)
	must(t, a.AddUser(t.Context(), "Ana María", "sécret", ""))
	login(t, a, "Ana María", "sécret", true)
	for _, wrong := range []string{"", "!", "secret", "sécret ", strings.Repeat("x", 2000)} {
		login(t, a, "Ana María", wrong, false)
	}
	for _, user := range []string{"", "ana maría", "Ana María ", "nobody", "a\x00b", "\xff", strings.Repeat("x", 5000), "' OR 1=1 --"} {
		login(t, a, user, "sécret", false)
	}
	u, err := a.GetUser(t.Context(), "Ana María")
	must(t, err)
	if u.Role != accounts.DefaultRole || !u.Active {
		t.Errorf("user: %+v", u)
	}
	hash, err := st.Credential(t.Context(), "Ana María")
	must(t, err)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, "sécret") {
		t.Errorf("hash: %s", hash)
	}
	if err := a.AddUser(t.Context(), "Ana María", "other", ""); fault.From(err).Kind != fault.Conflict {
		t.Errorf("name taken: %v", err)
	}
	login(t, a, "Ana María", "other", false)

	must(t, a.SetPassword(t.Context(), "Ana María", "new"))
	login(t, a, "Ana María", "sécret", false)
	login(t, a, "Ana María", "new", true)
	must(t, a.Disable(t.Context(), "Ana María"))
	login(t, a, "Ana María", "new", false)
}

func TestOldUser(t *testing.T) {
	t.Parallel()
	a, st := setup(t)
	insertUser(t, st, "ana", oldHash("pw"), true)
	insertUser(t, st, "upper", strings.ToUpper(oldHash("pw")), "true")
	insertUser(t, st, "off", oldHash("pw"), false)
	insertUser(t, st, "none", "!", true)
	insertUser(t, st, "empty", "", true)
	login(t, a, "off", "pw", false)
	login(t, a, "none", "!", false)
	login(t, a, "none", "", false)
	login(t, a, "empty", "", false)
	login(t, a, "ana", "wrong", false)
	login(t, a, "ana", oldHash("pw"), false)
	for _, user := range []string{"ana", "off", "none"} {
		if _, err := st.Credential(t.Context(), user); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a refused login of %s left a credential: %v", user, err)
		}
	}
	login(t, a, "upper", "pw", true)
	login(t, a, "ana", "pw", true)
	if _, err := st.Credential(t.Context(), "ana"); err != nil {
		t.Errorf("the hash was not upgraded: %v", err)
	}
	if _, password, _ := st.UserWithPassword(t.Context(), "ana"); password != oldHash("pw") {
		t.Error("an upgrade must leave users.password to its other readers")
	}
	// From now on the credential wins.
	_, err := st.DB().ExecContext(t.Context(), `UPDATE users SET password = $1`, oldHash("forged"))
	must(t, err)
	login(t, a, "ana", "forged", false)
	login(t, a, "ana", "pw", true)
}

// noUpgrade is a store that cannot keep credentials.
type noUpgrade struct{ store.Store }

func (noUpgrade) AddCredential(context.Context, string, string) error { return errors.New("disk full") }

func TestFailingUpgradeLogsIn(t *testing.T) {
	t.Parallel()
	_, st := setup(t)
	insertUser(t, st, "ana", oldHash("hunter2"), true)
	var log bytes.Buffer
	a := accounts.New(accounts.Options{Store: noUpgrade{st}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	login(t, a, "ana", "hunter2", true)
	if !strings.Contains(log.String(), "disk full") || strings.Contains(log.String(), "hunter2") {
		t.Errorf("log: %s", log.String())
	}
}

func TestBrokenCredential(t *testing.T) {
	t.Parallel()
	a, st := setup(t)
	insertUser(t, st, "ana", oldHash("pw"), true)
	must(t, st.AddCredential(t.Context(), "ana", "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$a2V5a2V5a2V5"))
	ok, err := a.ValidateUser(t.Context(), "ana", "pw", "")
	if ok || err == nil || fault.From(err).Kind != fault.Internal {
		t.Errorf("got %v, %v; want an Internal error", ok, err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	a, _ := setup(t)
	for _, name := range []string{"", " a", "a ", "a\nb", "a\x00", "\xff", "a'b", "a\u202eb", "a/b", "<a>", strings.Repeat("a", 129)} {
		if err := a.AddUser(t.Context(), name, "pw", ""); err == nil || fault.From(err).Kind != fault.Invalid {
			t.Errorf("user %q: got %v, want Invalid", name, err)
		}
		if _, err := a.AddToken(t.Context(), name, time.Time{}); err == nil || fault.From(err).Kind != fault.Invalid {
			t.Errorf("token %q: got %v, want Invalid", name, err)
		}
	}
	for _, bad := range [][2]string{{"", ""}, {strings.Repeat("x", 1025), ""}, {"pw", "ROL\n"}} {
		if err := a.AddUser(t.Context(), "ana", bad[0], bad[1]); err == nil || fault.From(err).Kind != fault.Invalid {
			t.Errorf("password of %d bytes, role %q: got %v, want Invalid", len(bad[0]), bad[1], err)
		}
	}
	if users, err := a.Users(t.Context()); err != nil || len(users) != 0 {
		t.Errorf("users: %v %v", users, err)
	}
	for _, name := range []string{"", "nobody", "\xff"} {
		if _, err := a.GetUser(t.Context(), name); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("GetUser %q: %v", name, err)
		}
	}
}

func TestValidateToken(t *testing.T) {
	t.Parallel()
	a, st := setup(t)
	past, future := now.Unix(), now.Unix()+1
	for _, tok := range []store.Token{
		{Name: "api", Token: "good", Active: true},
		{Name: "api", Token: "later", Active: true, Expired: &future},
		{Name: "api", Token: "late", Active: true, Expired: &past},
		{Name: "api", Token: "off"},
		{Name: "api", Token: "", Active: true},
		{Name: "api", Token: "own", Active: true, Header: "x-key", Type: "Key"},
		{Name: "other", Token: "foreign", Active: true},
	} {
		must(t, st.AddToken(t.Context(), tok))
	}
	for _, c := range []struct {
		name, header, value string
		want                bool
	}{
		{"api", "Authorization", "Bearer good", true},
		{"api", "Authorization", "Bearer later", true},
		{"api", "X-Key", "Key own", true},
		{"api", "Authorization", "Key own", false},
		{"api", "X-Key", "Bearer good", false},
		{"api", "Authorization", "bearer good", false},
		{"api", "Authorization", "good", false},
		{"api", "Authorization", "Bearer goo", false},
		{"api", "Authorization", "Bearer good ", false},
		{"api", "Authorization", "Bearer late", false},
		{"api", "Authorization", "Bearer off", false},
		{"api", "Authorization", "Bearer ", false},
		{"api", "Authorization", "", false},
		{"api", "Authorization", "Bearer foreign", false},
		{"other", "Authorization", "Bearer foreign", true},
		{"", "Authorization", "Bearer good", false},
		{"nobody", "Authorization", "Bearer good", false},
		{"\xff", "Authorization", "Bearer good", false},
	} {
		got, err := a.ValidateToken(t.Context(), c.name, http.Header{c.header: {c.value}}, now)
		if err != nil || got != c.want {
			t.Errorf("%s, %s: %q: got %v, %v; want %v", c.name, c.header, c.value, got, err, c.want)
		}
	}
	if got, err := a.ValidateToken(t.Context(), "api", nil, now); got || err != nil {
		t.Errorf("no headers: %v %v", got, err)
	}
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	a, _ := setup(t)
	first, err := a.AddToken(t.Context(), "api", now.Add(time.Minute))
	must(t, err)
	second, err := a.AddToken(t.Context(), "api", time.Time{})
	must(t, err)
	if first == second || len(first) != 43 {
		t.Errorf("secrets %q, %q", first, second)
	}
	if _, err := a.AddToken(t.Context(), "api", now); err == nil {
		t.Error("a token that is expired already was made")
	}
	valid := func(secret string, at time.Time) bool {
		ok, err := a.ValidateToken(t.Context(), "api", http.Header{"Authorization": {"Bearer " + secret}}, at)
		must(t, err)
		return ok
	}
	if !valid(first, now) || valid(first, now.Add(time.Minute)) || !valid(second, now.Add(24*time.Hour)) {
		t.Error("expiry is not kept")
	}
	must(t, a.RevokeToken(t.Context(), "api"))
	if valid(second, now) {
		t.Error("a revoked token is valid")
	}
}

// TestCancelled shows that a caller who left does not wait for a place.
func TestCancelled(t *testing.T) {
	t.Parallel()
	a, _ := setup(t)
	must(t, a.AddUser(t.Context(), "ana", "pw", ""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := a.ValidateUser(ctx, "ana", "pw", ""); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v; want context.Canceled", ok, err)
	}
}

// TestOldUserTogether lets one old user log in many times at once: all succeed and one credential is kept.
func TestOldUserTogether(t *testing.T) {
	t.Parallel()
	a, st := setup(t)
	insertUser(t, st, "ana", oldHash("pw"), true)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() { login(t, a, "ana", "pw", true) })
	}
	wg.Wait()
	login(t, a, "ana", "pw", true)
}
