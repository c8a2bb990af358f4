// Package ratelimit counts requests and says which come too often.
//
// internal/server calls a Limiter for each request that is meant for a flow, and writes the response's headers;
// internal/app makes one from [rate_limit]. The package knows neither flows nor sessions: whose a request is, and which
// path counts, functions report it.
//
// Counting is GCRA: each client has one instant, the time at which all its requests would be paid off at an even rate.
// A client may send Requests+Burst in one burst, and Requests per Window on average; nothing starts anew at the turn of a
// minute. Counts are in memory, for one instance, or on Redis for all. While Redis is away each instance counts for
// itself: requests continue, and no client gets more than its limit from one instance.
package ratelimit

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/redisconn"
)

// By is whose requests are counted together.
type By uint8

// The clients that a rule counts.
const (
	Address By = iota // of the client; IPv6 by network /64, which is what one customer has
	Token             // the value of header Authorization; requests without it are not counted
	User              // the logged-in user; other requests are not counted
)

// Rule is a limit for some of the requests.
type Rule struct {
	Path     string        // "/users/:id", where :id stands for any one segment; a * at the end for all below. Defaults to every path
	By       By            // Defaults to Address
	Requests int           // per Window, at least 1
	Window   time.Duration // at least a millisecond
	Burst    int           // additional requests in a burst
}

// Options say what to count. Only Rules is needed.
type Options struct {
	Rules         []Rule
	ExcludedIPs   []netip.Prefix             // clients that no rule counts. Defaults to none
	ExcludedPaths []string                   // as in Rule. Defaults to none
	Endpoint      func(path string) string   // the part of an escaped path that tells flows apart. Defaults to all of it
	User          func(*http.Request) string // the logged-in user, "" for none; called for rules by User only. Defaults to none
	Redis         *redisconn.Client          // where to count. Defaults to none: in memory. It stays the caller's
	Prefix        string                     // of keys on Redis. Defaults to "nflow:limit:"
	CleanEvery    time.Duration              // between two removals of idle clients from memory. Defaults to 10 min
	Now           func() time.Time           // for counts in memory. Defaults to time.Now
	Log           *slog.Logger               // Defaults to saying nothing
}

// Limiter counts. Its method may be called from any goroutine; it starts none.
type Limiter struct {
	opt      Options
	rules    []rule
	excluded []pattern
	memory   *memory
	shared   *shared // nil without Redis
	warned   atomic.Int64
}

type rule struct {
	Rule
	pattern pattern
	limit   limit
	name    string
}

// New makes a Limiter.
func New(o Options) *Limiter {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Endpoint == nil {
		o.Endpoint = func(path string) string { return path }
	}
	if o.CleanEvery <= 0 {
		o.CleanEvery = 10 * time.Minute
	}
	if o.Prefix == "" {
		o.Prefix = "nflow:limit:"
	}
	l := &Limiter{opt: o, memory: newMemory(o.CleanEvery)}
	for _, r := range o.Rules {
		l.rules = append(l.rules, rule{
			Rule: r, pattern: parsePattern(r.Path), limit: newLimit(r),
			name: strings.Join([]string{r.Path, r.Window.String(), string('0' + rune(r.By))}, "\n"),
		})
	}
	for _, p := range o.ExcludedPaths {
		l.excluded = append(l.excluded, parsePattern(p))
	}
	if o.Redis != nil {
		l.shared = newShared(o.Redis, o.Prefix, o.Now())
	}
	return l
}

// Decision is what came of a request. The zero value is of one that nothing counts.
type Decision struct {
	Counted   bool
	Refused   bool
	Limit     int           // requests that an idle client may send in one burst
	Remaining int           // requests that it may still send in one burst
	Reset     time.Time     // when it may send Limit again
	Retry     time.Duration // how long until it may send one; 0 unless Refused
}

// Take counts a request of a client. Of several rules that count it, the Decision is that of the first that refuses, else of
// the one that leaves least; a rule after one that refuses does not count it.
func (l *Limiter) Take(r *http.Request, client string) Decision {
	address, err := netip.ParseAddr(client)
	if err == nil {
		address = address.Unmap().WithZone("")
		if slices.ContainsFunc(l.opt.ExcludedIPs, func(p netip.Prefix) bool { return p.Contains(address) }) {
			return Decision{}
		}
	}
	path := splitPath(l.opt.Endpoint(r.URL.EscapedPath()))
	if slices.ContainsFunc(l.excluded, func(p pattern) bool { return p.match(path) }) {
		return Decision{}
	}
	now := l.opt.Now()
	var tightest Decision
	for i := range l.rules {
		at := &l.rules[i]
		if !at.pattern.match(path) {
			continue
		}
		who := l.whose(at.By, r, address, client)
		if who == "" {
			continue
		}
		d := l.take(r.Context(), at, who, now)
		if d.Refused {
			return d
		}
		if !tightest.Counted || d.Remaining < tightest.Remaining {
			tightest = d
		}
	}
	return tightest
}

// whose names the client that a request is counted for; "" for none.
func (l *Limiter) whose(by By, r *http.Request, address netip.Addr, client string) string {
	switch by {
	case Token:
		return strings.TrimSpace(r.Header.Get("Authorization"))
	case User:
		if l.opt.User == nil {
			return ""
		}
		return l.opt.User(r)
	}
	if !address.IsValid() {
		return "unknown " + client // all requests without an address are one client
	}
	if address.Is6() {
		network, _ := address.Prefix(64)
		return network.String()
	}
	return address.String()
}

// key is by which a client is counted: a hash, because tokens and addresses are nothing to leave lying about.
type key [16]byte

func (l *Limiter) take(ctx context.Context, at *rule, who string, now time.Time) Decision {
	sum := sha256.Sum256([]byte(at.name + "\n" + who))
	k := key(sum[:16])
	var left time.Duration // until all is paid off
	var allowed bool
	if l.shared == nil || !l.shared.usable(now) {
		left, allowed = l.memory.take(k, at.limit, now)
	} else if some, ok, err := l.shared.take(ctx, k, at.limit); err != nil {
		if ctx.Err() == nil {
			l.shared.failed(now)
			l.warn(now, err)
		}
		left, allowed = l.memory.take(k, at.limit, now)
	} else {
		l.shared.answered()
		left, allowed = some, ok
	}
	return at.limit.decide(left, allowed, now)
}

// warn logs at most every ten seconds that Redis is away.
func (l *Limiter) warn(now time.Time, err error) {
	last := l.warned.Load()
	if at := int64(now.Sub(l.shared.made)/time.Second) + 1; (last == 0 || at-last >= 10) && l.warned.CompareAndSwap(last, at) {
		l.opt.Log.Warn("rate limits: Redis does not answer; until it does, each instance counts alone", "error", err)
	}
}

// limit is a rule in the terms of GCRA.
type limit struct {
	each time.Duration // between two requests at the even rate
	most int           // concurrent requests
}

func newLimit(r Rule) limit {
	requests := max(1, r.Requests)
	each := max(1, r.Window/time.Duration(requests))
	return limit{each: each, most: min(requests+max(0, r.Burst), int(math.MaxInt64/2/each))}
}

// decide returns the state of a client that will be paid off after left.
func (l limit) decide(left time.Duration, allowed bool, now time.Time) Decision {
	d := Decision{Counted: true, Refused: !allowed, Limit: l.most, Reset: now.Add(left)}
	if allowed {
		used := math.Ceil(float64(left)/float64(l.each) - 1e-3) // a float of Redis is not exact
		d.Remaining = max(0, l.most-int(used))
	} else {
		d.Retry = max(1, left-time.Duration(l.most-1)*l.each)
	}
	return d
}
