package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// Bounds of guessing. A user is locked out for one address after Options.Failures failed logins from there, each within
// Options.Window of the one before; after wider times as many for all addresses, and an address for all users. Only
// waiting helps then, for Options.Window; the right password is refused like a wrong one.
const (
	DefaultFailures = 10
	DefaultWindow   = 15 * time.Minute

	wider = 10
)

// places is how many logins are checked at once, at most one of a user from one address: else many guesses at once
// would count as one.
const places = 64

// client is what failures count for: ids in the database, which holds neither names nor addresses.
type client struct {
	pair, user, address string
	place               int
}

func newClient(username, address string) client {
	if a, err := netip.ParseAddr(address); err == nil {
		a = a.Unmap().WithZone("")
		if a.Is6() {
			network, _ := a.Prefix(64) // what one customer has
			address = network.String()
		} else {
			address = a.String()
		}
	}
	id := func(kind, of string) string {
		sum := sha256.Sum256([]byte("nflow login " + kind + "\n" + of))
		return hex.EncodeToString(sum[:16])
	}
	c := client{pair: id("pair", address+"\n"+username), user: id("user", username)}
	if address != "" {
		c.address = id("address", address)
	}
	c.place = int(c.pair[0])<<4 ^ int(c.pair[1])
	return c
}

func (c client) ids() []string {
	if c.address == "" {
		return []string{c.pair, c.user}
	}
	return []string{c.pair, c.user, c.address}
}

// failures is what is known of one id.
type failures struct {
	number int64
	last   time.Time
}

func (a *Accounts) limit(id string, c client) int64 {
	if id == c.pair {
		return int64(a.failures)
	}
	return int64(a.failures) * wider
}

// locked reports whether the client has failed too often.
func (a *Accounts) locked(ctx context.Context, c client) (bool, error) {
	if a.failures < 0 {
		return false, nil
	}
	now := a.now()
	var known map[string]store.LoginFailures // queried once, when something is not known
	for _, id := range c.ids() {
		f, err := a.failed.get(ctx, id, now, func(ctx context.Context) (failures, error) {
			if known == nil {
				var err error
				if known, err = a.store.LoginFailures(ctx, c.ids()...); err != nil {
					return failures{}, err
				}
			}
			return failures{known[id].Number, now.Add(-known[id].Age)}, nil
		})
		if err != nil {
			return false, err
		}
		if f.number >= a.limit(id, c) && now.Sub(f.last) < a.window {
			return true, nil
		}
	}
	return false, nil
}

// fail counts a failed login, for all processes.
func (a *Accounts) fail(ctx context.Context, c client, username, address string) error {
	if a.failures < 0 {
		return nil
	}
	known, err := a.store.AddLoginFailure(ctx, a.window, c.ids()...)
	if err != nil {
		return err
	}
	now := a.now()
	for id, f := range known {
		a.failed.set(id, failures{f.Number, now.Add(-f.Age)}, now)
		if f.Number == a.limit(id, c) {
			a.log.Warn("accounts: too many failed logins: refused from now on", "user", clip.Text(username, maxName), "address", address,
				"all_users", id == c.address, "all_addresses", id == c.user, "for", a.window.String())
		}
	}
	return nil
}

// succeed counts anew for a user at one address.
func (a *Accounts) succeed(ctx context.Context, c client) {
	now := a.now()
	f, err := a.failed.get(ctx, c.pair, now, func(context.Context) (failures, error) { return failures{}, nil })
	if err != nil || f.number == 0 {
		return
	}
	if err := a.store.ForgetLoginFailures(ctx, c.pair); err != nil {
		a.log.Warn("accounts: failed logins could not be reset after a successful one", "error", err)
		return
	}
	a.failed.set(c.pair, failures{}, now)
}

// alone waits for the client's turn; leave ends it.
func (a *Accounts) alone(ctx context.Context, c client) (leave func(), err error) {
	place := a.turns[c.place%places]
	select {
	case place <- struct{}{}:
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
