// Package syncsession keeps what a browser's visitor carries from request to request.
//
// All named sessions of one browser (auth_session, nflow_form, …) travel together as one [Session]. The engine loads it
// at most once per run, when the flow first uses it, lets the run read and change its own copy without any lock, and
// returns it to the [Store] once, before the first byte of the response goes out. A run that touches no session costs
// nothing here.
//
// [CookieStore] is the default store: everything is in one signed and encrypted cookie, and what is too large for a
// cookie goes to the database through [Blobs]. [ServerStore] keeps sessions in Redis or PostgreSQL, and an id in the
// cookie.
//
// The package knows requests, headers and JSON values. It must not know flows, nodes, JavaScript or who is logged in.
package syncsession

import (
	"context"
	"net/http"
	"time"
)

// Store reads and writes sessions. Its methods are safe for concurrent use; the Session is not.
type Store interface {
	// Load returns the session of the request; a request without a usable one gets a new, empty session and no error.
	// An error means that the place where sessions are kept cannot be reached: fault.Unavailable.
	Load(ctx context.Context, r *http.Request) (*Session, error)

	// Save writes what has to be written and adds Set-Cookie to header, which has to happen before the header is sent.
	// It does nothing for a session that neither changed nor wants a refresh, so a caller saves whatever it loaded.
	// On an error header is untouched and the session is as it was: fault.TooLarge when it holds too much,
	// fault.Unavailable when the place where sessions are kept cannot be reached.
	Save(ctx context.Context, header http.Header, r *http.Request, s *Session) error
}

// Blobs keeps the sessions that do not fit into a cookie. What it gets is sealed already.
type Blobs interface {
	// LoadBlob returns the data last saved under id. An unknown id is a fault.NotFound; an expired one may be.
	LoadBlob(ctx context.Context, id string) ([]byte, error)
	// SaveBlob keeps data under id, replacing what was there, at least until expires.
	SaveBlob(ctx context.Context, id string, data []byte, expires time.Time) error
	// DeleteBlob forgets id; an unknown id is no error.
	DeleteBlob(ctx context.Context, id string) error
}
