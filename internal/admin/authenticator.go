package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

const (
	// remembered is how long a verified password is cached, and whether there is any user with access.
	remembered = 30 * time.Second
	maxKnown   = 100 // right passwords
)

const (
	offText = "the runs API is off: set token in [admin] of config.toml (or NFLOW_ADMIN_TOKEN), or add a user who may use it " +
		"(nflow-runtime user add NAME --role ROL_ADMIN)"
	askText = "authentication required: send the token of [admin] as Authorization: Bearer TOKEN, or log in as a user of role ROL_ADMIN or ROL_DEV by basic authentication"
)

// authenticator admits callers that may use the API.
type authenticator struct {
	users Users
	token [sha256.Size]byte
	open  bool // there is a token
	now   func() time.Time
	*visitors
}

// visitors is what the authenticator remembers.
type visitors struct {
	salt [32]byte

	mu     sync.Mutex
	known  map[[sha256.Size]byte]time.Time // user and password → when they were last looked at
	anyone bool
	asked  time.Time // when anyone was
}

func newAuthenticator(o Options) authenticator {
	d := authenticator{users: o.Users, now: o.Now, open: o.Token != "", visitors: &visitors{known: map[[sha256.Size]byte]time.Time{}}}
	d.token = sha256.Sum256([]byte(o.Token))
	rand.Read(d.salt[:]) // never fails
	return d
}

// admit returns 0 for an authorized caller, else status and text of the refusal.
func (d *authenticator) admit(r *http.Request) (status int, text string) {
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(credential)))
	if d.open && strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], d.token[:]) == 1 {
		return 0, ""
	}
	if user, password, ok := r.BasicAuth(); ok {
		right, err := d.right(r.Context(), user, password, peer(r))
		if err != nil {
			return http.StatusServiceUnavailable, "authentication is unavailable; try again"
		}
		if right {
			return 0, ""
		}
	}
	if !d.open {
		anyone, err := d.anyoneMay(r.Context())
		if err != nil {
			return http.StatusServiceUnavailable, "authentication is unavailable; try again"
		}
		if !anyone {
			return http.StatusForbidden, offText
		}
	}
	return http.StatusUnauthorized, askText
}

// peer is the address that a request came from, for counting failures: behind a proxy that of the proxy.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// right reports whether a user may come in with a password. What was right lately is not looked up again: hashing takes
// time on purpose.
func (d *authenticator) right(ctx context.Context, user, password, address string) (bool, error) {
	key := sha256.Sum256([]byte(string(d.salt[:]) + user + "\x00" + password))
	d.mu.Lock()
	at, known := d.known[key]
	d.mu.Unlock()
	if known && d.now().Sub(at) < remembered {
		return true, nil
	}
	right, err := d.users.ValidateUser(ctx, user, password, address)
	if err != nil || !right {
		return false, err
	}
	u, err := d.users.GetUser(ctx, user)
	if errors.Is(err, store.ErrNotFound) || err == nil && !mayUse(u) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxKnown {
		clear(d.known)
	}
	d.known[key] = d.now()
	return true, nil
}

func mayUse(u store.User) bool { return u.Active && (u.Role == "ROL_ADMIN" || u.Role == "ROL_DEV") }

// anyoneMay reports whether any user may come in.
func (d *authenticator) anyoneMay(ctx context.Context) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); now.Sub(d.asked) >= remembered {
		users, err := d.users.Users(ctx)
		if err != nil {
			return false, err
		}
		d.asked, d.anyone = now, false
		for _, u := range users {
			d.anyone = d.anyone || mayUse(u)
		}
	}
	return d.anyone, nil
}
