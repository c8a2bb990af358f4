// Package debug serves /debug/*: pages for the operator of a runtime.
//
// internal/app makes a Handler when [debug] is on and puts it before the flows. It reads the engine and shows no
// payloads, no parameters of nodes and no secrets: all that it says goes through the Masker of the log. It knows nothing
// of how requests arrive.
package debug

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/logger"
)

// Base is the path that all of it lies below.
const Base = "/debug/"

// Options say who has access and what is served. Runtime, App, Client and Token are needed.
type Options struct {
	Runtime *engine.Runtime
	App     string                      // the app that serves
	Client  func(*http.Request) string  // the address of the client
	Token   string                      // Defaults to none: then every request is refused
	Allowed []netip.Prefix              // addresses that may ask. Defaults to all
	Pprof   bool                        // profiles too
	Config  func() map[string]any       // the configuration without its secrets
	Pool    func() any                  // the connections to the nFlow database
	Ping    func(context.Context) error // queries the nFlow database
	Control *logger.Log                 // what POST log changes. Defaults to none
	Mask    *logger.Masker              // Defaults to none
	Log     *slog.Logger
	Version string
	Started time.Time
}

// New makes the handler of /debug/*.
func New(o Options) http.Handler {
	d := &pages{Options: o, token: sha256.Sum256([]byte(o.Token))}
	mux := http.NewServeMux()
	routes := d.routes()
	for pattern, page := range routes {
		mux.HandleFunc(pattern, page)
	}
	index := object{"pages": slices.Sorted(maps.Keys(routes))}
	mux.HandleFunc("GET "+Base+"{$}", func(w http.ResponseWriter, _ *http.Request) { d.show(w, http.StatusOK, index) })
	mux.HandleFunc(Base, func(w http.ResponseWriter, _ *http.Request) { d.fail(w, http.StatusNotFound, "not found") })
	return d.guard(mux)
}

type pages struct {
	Options
	token [sha256.Size]byte
}

// guard lets requests through that carry the token and come from an allowed address.
func (d *pages) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := d.Client(r)
		switch {
		case d.Token == "":
			d.fail(w, http.StatusForbidden, "[debug] auth_token is not set: every request is refused")
		case !d.allowed(client):
			d.Log.Warn("debug: refused an address", "client", client)
			d.fail(w, http.StatusForbidden, "this address is not allowed ([debug] allowed_ips)")
		case !d.knows(r):
			d.Log.Warn("debug: refused a token", "client", client)
			w.Header().Set("WWW-Authenticate", "Bearer")
			d.fail(w, http.StatusUnauthorized, "send [debug] auth_token as X-Debug-Token or Authorization: Bearer")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (d *pages) allowed(client string) bool {
	if len(d.Allowed) == 0 {
		return true
	}
	a, err := netip.ParseAddr(client)
	if err != nil {
		return false
	}
	for _, p := range d.Allowed {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// knows compares the token in a time that reveals nothing of it, not even its length.
func (d *pages) knows(r *http.Request) bool {
	sent := r.Header.Get("X-Debug-Token")
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); sent == "" && ok && strings.EqualFold(scheme, "Bearer") {
		sent = strings.TrimSpace(token)
	}
	sum := sha256.Sum256([]byte(sent))
	return subtle.ConstantTimeCompare(sum[:], d.token[:]) == 1
}

// show writes JSON.
func (d *pages) show(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	var data any
	if err == nil {
		err = json.Unmarshal(text, &data)
	}
	if err == nil {
		text, err = json.MarshalIndent(d.Mask.MaskValue(data), "", "  ")
	}
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"message":"this value cannot be encoded"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(append(text, '\n')) //nolint:errcheck // the client is gone
}

func (d *pages) fail(w http.ResponseWriter, status int, message string) {
	d.show(w, status, map[string]any{"message": message, "code": status})
}
