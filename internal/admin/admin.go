// Package admin is the runs API: JSON over HTTP, below /nflow/api/v1, about live runs and runs that the history
// keeps, the flows with the counts of their nodes, the problems of the app and the instances.
//
// internal/app makes an API and internal/server passes it the requests below its path; the command line talks to it. It
// reads the store for what is kept and gets everything else as functions; it knows neither the engine nor how runs are
// ended. openapi.json describes it, and a test holds the two together.
//
// A caller sends the token of [admin], or a user's name and password (basic authentication) whose role is ROL_ADMIN or
// ROL_DEV. Sessions of browsers do not count: no page of another site can make a browser ask. Without a token and such
// a user the API is off and says how to turn it on.
package admin

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/history"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// Base is the path of the API.
const Base = "/nflow/api/v1"

//go:embed openapi.json
var document []byte

// Options say what the API works with.
type Options struct {
	Runs  store.History
	Token string // Defaults to none: users only
	Users Users

	Live      func(ctx context.Context) ([]process.Info, error)   // live runs
	Kill      func(ctx context.Context, wid string) (bool, error) // stops a run and reports whether it was live
	Watch     func(ctx context.Context) <-chan history.Event      // begins and ends of runs of this process
	Graph     func() *model.Graph                                 // of the app that serves; nil before it is loaded
	Lost      func() int64                                        // runs that the history lost
	Problems  func() []model.Problem
	Degraded  string // why the sandbox is; "" when limits are kept in full
	Instances func(ctx context.Context) ([]Instance, error)

	Now func() time.Time // Defaults to time.Now
	Log *slog.Logger     // Defaults to saying nothing
}

// Users is what the API needs to know about users.
type Users interface {
	ValidateUser(ctx context.Context, username, password, address string) (bool, error)
	GetUser(ctx context.Context, username string) (store.User, error)
	Users(ctx context.Context) ([]store.User, error)
}

// Instance is a process that serves.
type Instance struct {
	ID      string    `json:"id"`
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	App     string    `json:"app"`
	State   string    `json:"state"`
	Live    int64     `json:"live"` // runs
	Started time.Time `json:"started"`
}

// API serves requests below Base. It may be used from many goroutines.
type API struct {
	opts          Options
	authenticator authenticator
	routes        *http.ServeMux
}

// New makes an API.
func New(o Options) *API {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{opts: o, routes: http.NewServeMux()}
	a.authenticator = newAuthenticator(o)
	for path, methods := range a.endpoints() {
		a.routes.HandleFunc(Base+path, a.guarded(path, methods))
	}
	a.routes.HandleFunc(Base+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, json.RawMessage(document)) })
	return a
}

// endpoints are the handlers of the API by path and method.
func (a *API) endpoints() map[string]map[string]endpoint {
	return map[string]map[string]endpoint{
		"/runs":         {http.MethodGet: a.runs},
		"/runs/live":    {http.MethodGet: a.live},
		"/runs/{wid}":   {http.MethodGet: a.run, http.MethodDelete: a.kill},
		"/flows":        {http.MethodGet: a.flows},
		"/flows/{flow}": {http.MethodGet: a.flow},
		"/problems":     {http.MethodGet: a.problems},
		"/instances":    {http.MethodGet: a.instances},
		"/{$}":          {http.MethodGet: index},
		"/":             nil,
	}
}

// index lists the endpoints.
func index(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]string{
		"openapi": Base + "/openapi.json", "runs": Base + "/runs", "live": Base + "/runs/live", "flows": Base + "/flows",
		"problems": Base + "/problems", "instances": Base + "/instances",
	}, nil
}

// endpoint returns the value of a response, or an error. A nil value was written by the endpoint itself.
type endpoint func(w http.ResponseWriter, r *http.Request) (any, error)

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.routes.ServeHTTP(w, r) }

// guarded authenticates the caller and selects the handler by method.
func (a *API) guarded(path string, methods map[string]endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if status, text := a.authenticator.admit(r); status != 0 {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="nflow"`)
			}
			refuse(w, status, text)
			return
		}
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		serve := methods[method]
		switch {
		case methods == nil:
			refuse(w, http.StatusNotFound, fmt.Sprintf("not found; see %s/openapi.json", Base))
			return
		case serve == nil:
			refuse(w, http.StatusMethodNotAllowed, "method "+r.Method+" is not served at "+path)
			return
		}
		answer, err := serve(w, r)
		if err != nil {
			a.fail(w, r, err)
		} else if answer != nil {
			write(w, http.StatusOK, answer)
		}
	}
}

// fail writes an error response; the log has the details.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	if errors.Is(err, context.Canceled) {
		return // no caller waits for it
	}
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		a.opts.Log.Warn("runs API: a request failed", "path", r.URL.Path, "error", err)
	}
	refuse(w, f.Kind.Status(), f.Text)
}

// refusal is the one shape of errors.
type refusal struct {
	Message string `json:"message"`
	Code    int    `json:"code"`
}

func refuse(w http.ResponseWriter, status int, text string) { write(w, status, refusal{text, status}) }

// write sends JSON that must not be cached or framed.
func write(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"message":"internal error","code":500}`)
	}
	headers(w.Header(), "application/json; charset=UTF-8")
	w.WriteHeader(status)
	w.Write(text) //nolint:errcheck // the client is gone
}

func headers(h http.Header, kind string) {
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
}

func invalid(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }

// brief shortens what a client sent for a text that it gets back.
func brief(s string) string { return strings.ToValidUTF8(clip.Text(s, 60), "�") }
