// Package store is what the runtime keeps in an nFlow database: records and interfaces by table. They are apps, modules,
// templates, users, tokens and tracker rows, and the runtime's own: keys, large sessions, values and secrets of flows, the
// history of runs, and the processes on one database.
//
// engine.OpenStore opens a database, as a [Store]. A Runtime needs less, an engine.Store: a program that keeps some of it
// elsewhere, such as secrets in a vault, embeds the Store of OpenStore in a type with methods of its own.
//
// All methods may be called by several goroutines at once. Texts of errors may be shown, and hold no SQL; a missing record is
// an error that wraps [ErrNotFound]. The package opens nothing and knows no database: internal/store does.
package store

import (
	"errors"
	"time"
)

// ErrNotFound is inside every error that says that a record does not exist; the text of the error around it names the
// record and may be shown.
var ErrNotFound = errors.New("not found")

// App is one row of table nflow.
type App struct {
	Name      string
	JSON      []byte // the designer's export, byte for byte
	DefaultJS string // may define auth() and log(); empty for none
}

// Module is one row of table modules.
type Module struct {
	Name string
	Form string // HTML that the designer shows
	Mod  string // manifest, JSON
	Code string // JavaScript; empty where the database holds NULL
}

// Template is one row of table template.
type Template struct {
	Name    string
	Content string // Go html/template source
}

// User is one row of table users, without its password.
type User struct {
	ID       int64
	Username string
	Role     string
	Active   bool
}

// Token is one row of table api_tokens. Times are unix seconds.
type Token struct {
	ID      int64
	Name    string
	Token   string
	Start   *int64 // nil when unknown
	Expired *int64 // nil: never expires; a value that cannot be read counts as long ago
	Active  bool
	Header  string // defaults to "Authorization"
	Type    string // defaults to "Bearer"
}

// TrackRow is one row of table tracker: one node that a run passed. Texts are made valid UTF-8 and cut to the columns'
// widths when they are written.
type TrackRow struct {
	LogID, BoxID, BoxName, BoxType string
	URL, Username, ConnectionNext  string
	Duration                       string // as "12m" for 12 ms
	OrderBox                       int
	Payload                        string
	IP, RealIP, UserAgent          string
	QueryParam, Hostname, Host     string
}

// Owner is the app that brought a record: Kind is "module" or "template".
type Owner struct{ Kind, Name, App string }

// LoginFailures is how often logins failed, one after the other.
type LoginFailures struct {
	Number int64
	Age    time.Duration // since the last one, by the database's clock
}

// Instance is a process that serves on the database.
type Instance struct {
	ID         string
	Host       string // name of its machine
	PID        int
	Address    string // where it listens, host:port
	Version    string // of the program
	App        string
	AppVersion string // hash of the app's content as it serves now
	State      string // in a word of its own
	Live       int64  // runs
	Started    time.Time
	Every      time.Duration // between two heartbeats, in whole seconds
	Age        time.Duration // since its last one, by the database's clock; not written
}

// LiveRun is a run that has lived for longer than a heartbeat of its instance.
type LiveRun struct {
	Wid, Instance, Parent string
	App, Flow, Node, Kind string
	Started               time.Time
}

// What a signal is about; see [Store].Signals.
const (
	SignalKill     = "kill"     // another instance requested the end of a run
	SignalAccounts = "accounts" // users or tokens changed
)
