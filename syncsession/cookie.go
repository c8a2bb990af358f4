package syncsession

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Sizes of the cookie's name and value together, in bytes. Browsers keep at least 4096 with the attributes.
const (
	maxCookieBytes = 3800 // written; more goes to a blob
	maxReadBytes   = 4096 // read; more is not ours
)

// grace is how long what a request replaced continues serving the requests that were sent before its response came.
const grace = time.Minute

// Options say how a store works and what its cookie looks like.
type Options struct {
	Keys     [][]byte                 // CookieStore: secrets of at least MinKeyBytes; the first seals, any opens. Needed
	Name     string                   // of the cookie. Defaults to "nflow"
	TTL      time.Duration            // lifetime of a session without requests. Defaults to 30 days
	SameSite http.SameSite            // Defaults to http.SameSiteLaxMode
	Domain   string                   // Defaults to none: the host that set the cookie, and only that
	MaxBytes int                      // most bytes of one session, as JSON. Defaults to DefaultMaxBytes
	MaxTotal int64                    // PostgreSQL: most bytes of all sessions. Defaults to no bound
	Overflow Blobs                    // CookieStore: for what does not fit. Defaults to none: Save then refuses it
	Now      func() time.Time         // Defaults to time.Now
	Secure   func(*http.Request) bool // whether the browser came over TLS. Defaults to r.TLS != nil
	Log      *slog.Logger             // logs at debug level why a cookie was not used. Defaults to none
}

// complete sets the defaults and refuses what no browser would go along with.
func (o *Options) complete() error {
	o.Name = cmp.Or(o.Name, "nflow")
	o.TTL = cmp.Or(o.TTL, 30*24*time.Hour)
	o.SameSite = cmp.Or(o.SameSite, http.SameSiteLaxMode)
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Secure == nil {
		o.Secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	if err := (&http.Cookie{Name: o.Name, Domain: o.Domain}).Valid(); err != nil {
		return fmt.Errorf("session cookie: name %q, domain %q: %w", o.Name, o.Domain, err)
	}
	switch {
	case o.TTL < time.Minute:
		return fmt.Errorf("session cookie: a TTL of %s is too short, at least a minute is needed", o.TTL)
	case o.MaxBytes < 0:
		return fmt.Errorf("session cookie: %d is not a size", o.MaxBytes)
	}
	return nil
}

// cookie writes the Set-Cookie line; without a value the browser drops the cookie.
func (o *Options) cookie(r *http.Request, value string) string {
	c := http.Cookie{
		Name: o.Name, Value: value, Path: "/", Domain: o.Domain,
		MaxAge: int(o.TTL / time.Second), HttpOnly: true, Secure: o.Secure(r), SameSite: o.SameSite,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c.String()
}

// CookieStore keeps each session in its visitor's browser: in a cookie that is encrypted and signed, HttpOnly, for all
// paths, and Secure when the request came over TLS. A session too large for that is sealed into Blobs, and the cookie
// holds its random id; once it fits again, it goes back and the blob is deleted.
//
// Of two requests of one visitor that change the session at the same time, the one answered last wins, with all names
// and keys. A cookie copied elsewhere stays good until it expires: logout makes the browser forget, it revokes nothing.
//
// A session that is read when half its TTL is over, or that an old key sealed, is saved anew, so that visitors who
// come back stay logged in, also over a change of keys.
type CookieStore struct {
	opt     Options
	owner   Owner
	cookies sealer
	blobs   sealer
}

var _ Store = (*CookieStore)(nil)

// NewCookie makes a cookie store. It refuses options that no browser would go along with.
func NewCookie(opt Options) (*CookieStore, error) {
	if err := opt.complete(); err != nil {
		return nil, err
	}
	if len(opt.Keys) == 0 {
		return nil, errors.New("session cookie: a key is needed")
	}
	cookies, err := newSealer(opt.Keys, "cookie")
	if err != nil {
		return nil, err
	}
	blobs, err := newSealer(opt.Keys, "blob")
	if err != nil {
		return nil, err
	}
	return &CookieStore{opt: opt, cookies: cookies, blobs: blobs}, nil
}

// Load implements Store. A cookie that is malformed, expired, tampered with or sealed by an unknown key counts as none.
func (cs *CookieStore) Load(ctx context.Context, r *http.Request) (*Session, error) {
	s := &Session{limit: cs.opt.MaxBytes}
	if len(r.Header["Cookie"]) == 0 {
		return s, nil
	}
	// A neighbour under the same domain may have planted cookies of this name beside ours.
	for _, c := range r.CookiesNamed(cs.opt.Name) {
		s.cookie = true
		if err := cs.read(ctx, s, cs.sealName(), c.Value); err != nil {
			return nil, unavailable(err, "read")
		}
		if s.found {
			break
		}
	}
	return s, cs.readOld(ctx, r, s)
}

// readOld looks for a session that names no owner and is this one's.
func (cs *CookieStore) readOld(ctx context.Context, r *http.Request, s *Session) error {
	if cs.owner.Old == "" {
		return nil
	}
	for _, c := range r.CookiesNamed(cs.owner.Old) {
		old := &Session{limit: s.limit}
		if err := cs.read(ctx, old, cs.owner.Old, c.Value); err != nil {
			return unavailable(err, "read")
		}
		if !old.found {
			continue
		}
		if !s.found {
			old.cookie, old.refresh, old.moving = s.cookie, true, true
			*s = *old
		}
		s.old = true
		return nil
	}
	return nil
}

// read fills s from a cookie's value that is sealed under a name, or leaves it as it is.
func (cs *CookieStore) read(ctx context.Context, s *Session, name, value string) error {
	var rec record
	old, reason := false, ""
	if len(value) > maxReadBytes {
		reason = "too long"
	} else {
		rec, old, reason = cs.unseal(cs.cookies, name, value)
	}
	blob := rec.Blob
	if reason == "" && blob != "" {
		var data []byte
		if cs.opt.Overflow != nil {
			var err error
			if data, err = cs.opt.Overflow.LoadBlob(ctx, blob); err != nil && !isNotFound(err) {
				return err
			}
		}
		if len(data) == 0 {
			reason = "its data is gone"
		} else {
			var oldBlob bool
			rec, oldBlob, reason = cs.unseal(cs.blobs, blob, string(data))
			old = old || oldBlob
		}
	}
	if reason != "" {
		cs.opt.Log.DebugContext(ctx, "session cookie not used", "reason", reason)
		return nil
	}
	age := cs.opt.Now().Sub(time.Unix(rec.Saved, 0))
	s.values, s.size, s.blob = rec.Values, 0, blob
	for name, m := range rec.Values {
		s.size += sizeOfKey(name) + sizeOf(m)
	}
	s.found, s.refresh = true, old || age > cs.opt.TTL/2
	return nil
}

// unseal opens a record that is not expired, or says why not.
func (cs *CookieStore) unseal(with sealer, name, sealed string) (rec record, old bool, reason string) {
	plain, old, ok := with.open(name, sealed)
	if !ok {
		return record{}, false, "malformed or sealed by another key"
	}
	if rec, ok = decodeRecord(plain); !ok {
		return record{}, false, "of another version"
	}
	if cs.opt.Now().Sub(time.Unix(rec.Saved, 0)) >= cs.opt.TTL {
		return record{}, false, "expired"
	}
	return rec, old, ""
}

// Save implements Store.
func (cs *CookieStore) Save(ctx context.Context, header http.Header, r *http.Request, s *Session) error {
	if !s.Changed() && !s.refresh {
		return nil
	}
	value, blob := "", ""
	if len(s.values) > 0 {
		var err error
		if value, blob, err = cs.write(ctx, s); err != nil {
			return err
		}
	}
	if s.blob != "" && s.blob != blob {
		if err := cs.retire(ctx, s); err != nil {
			// The visitor has lost nothing: the blob is of no use and goes when it expires.
			cs.opt.Log.WarnContext(ctx, "an outdated session could not be deleted", "error", err)
		}
	}
	if value != "" || s.cookie {
		header.Add("Set-Cookie", cs.opt.cookie(r, value))
	}
	cs.opt.dropOld(header, r, cs.owner, s)
	s.saved(value != "", blob)
	return nil
}

// retire drops the blob that a session was read from. One that has moved into the cookie stays for a minute as it is
// now, for requests that were sent with the old cookie; one that ended or has a new id goes immediately.
func (cs *CookieStore) retire(ctx context.Context, s *Session) error {
	if len(s.values) == 0 || s.renew {
		return cs.opt.Overflow.DeleteBlob(ctx, s.blob)
	}
	// So old that it expires in a minute.
	saved := cs.opt.Now().Add(grace - cs.opt.TTL)
	plain, err := record{Saved: saved.Unix(), Values: s.values}.encode()
	if err != nil {
		return err
	}
	data, err := cs.blobs.seal(s.blob, plain)
	if err != nil {
		return err
	}
	return cs.opt.Overflow.SaveBlob(ctx, s.blob, []byte(data), cs.opt.Now().Add(grace))
}

// write seals a session that is not empty: all into the cookie's value, or into a blob that the value names.
func (cs *CookieStore) write(ctx context.Context, s *Session) (value, blob string, err error) {
	now := cs.opt.Now()
	plain, err := record{Saved: now.Unix(), Values: s.values}.encode()
	if err != nil {
		return "", "", fault.Wrap(fault.Internal, err, "the session cannot be saved")
	}
	if len(plain) > cs.opt.MaxBytes {
		return "", "", tooLarge(s, len(plain), cs.opt.MaxBytes)
	}
	room := maxCookieBytes - len(cs.opt.Name) - len("=")
	if len(plain) < room {
		value, err = cs.cookies.seal(cs.sealName(), plain)
		if err != nil {
			return "", "", fault.Wrap(fault.Internal, err, "the session cannot be saved")
		}
		if len(value) <= room {
			return value, "", nil
		}
	}
	if cs.opt.Overflow == nil {
		return "", "", tooLarge(s, len(plain), room/2)
	}
	if blob = s.blob; blob == "" || s.renew {
		blob = newID()
	}
	data, err := cs.blobs.seal(blob, plain)
	if err != nil {
		return "", "", fault.Wrap(fault.Internal, err, "the session cannot be saved")
	}
	if err := cs.opt.Overflow.SaveBlob(ctx, blob, []byte(data), now.Add(cs.opt.TTL)); err != nil {
		return "", "", unavailable(err, "saved")
	}
	pointer, err := record{Saved: now.Unix(), Blob: blob}.encode()
	if err == nil {
		value, err = cs.cookies.seal(cs.sealName(), pointer)
	}
	if err != nil {
		return "", "", fault.Wrap(fault.Internal, err, "the session cannot be saved")
	}
	return value, blob, nil
}

// tooLarge names the largest sessions, so that the author of the flow sees what to move.
func tooLarge(s *Session, size, limit int) error {
	names := slices.SortedFunc(maps.Keys(s.values), func(a, b string) int {
		return cmp.Compare(sizeOf(s.values[b]), sizeOf(s.values[a]))
	})
	var parts []string
	for _, name := range names[:min(len(names), 5)] {
		parts = append(parts, fmt.Sprintf("%s about %d", shortName(name), sizeOf(s.values[name])))
	}
	return fault.New(fault.TooLarge, "the session holds %d bytes and may hold about %d (%s); %s",
		size, limit, strings.Join(parts, ", "), keepElsewhere)
}

// unavailable is not for fault.Wrap to make: whatever the database says went wrong, the visitor is to come again rather
// than to continue without the session.
func unavailable(err error, done string) error {
	return &fault.Error{
		Kind: fault.Unavailable, Text: "the session cannot be " + done + " at the moment; try again soon",
		Cause: err, Retry: 5 * time.Second,
	}
}

func isNotFound(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return ok && f.Kind == fault.NotFound
}

// newID returns 256 random bits as text.
func newID() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}
