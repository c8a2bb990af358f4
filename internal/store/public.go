package store

import "github.com/arturoeanton/nflow-runtime/store"

// App and the other records, and the interfaces by table, have their home in the public package.
type (
	App           = store.App
	Module        = store.Module
	Template      = store.Template
	User          = store.User
	Token         = store.Token
	TrackRow      = store.TrackRow
	Owner         = store.Owner
	LoginFailures = store.LoginFailures
	Instance      = store.Instance
	LiveRun       = store.LiveRun

	Run       = store.Run
	RunStatus = store.RunStatus
	Visit     = store.Visit
	Place     = store.Place
	NodeStat  = store.NodeStat
	RunFilter = store.RunFilter
	RunPage   = store.RunPage
	Retention = store.Retention
	RunEvent  = store.RunEvent

	Store        = store.Store
	Records      = store.Records
	Transactions = store.Transactions
	Users        = store.Users
	Failures     = store.Failures
	Tokens       = store.Tokens
	Tracks       = store.Tracks
	Keys         = store.Keys
	Blobs        = store.Blobs
	KV           = store.KV
	Secrets      = store.Secrets
	History      = store.History
	Watcher      = store.Watcher
	Instances    = store.Instances
	Kills        = store.Kills
	Signals      = store.Signals
	Database     = store.Database
)

// Their words.
const (
	RunOK      = store.RunOK
	RunError   = store.RunError
	RunLimit   = store.RunLimit
	RunKilled  = store.RunKilled
	RunWaiting = store.RunWaiting

	SignalKill     = store.SignalKill
	SignalAccounts = store.SignalAccounts
)

// ErrNotFound is that of the public package.
var ErrNotFound = store.ErrNotFound
