package store

import (
	"hash/fnv"
	"io"
	"time"
)

// Run is one run as the history keeps it: a row of table nflow_runs, with its visits. Texts are made valid UTF-8 when
// they are written.
type Run struct {
	ID       int64     // given when it is written; ids grow with time
	Wid      string    // of the run
	Parent   string    // wid of the run that forked or called it; "" for none
	Story    string    // wid of the first run of a form that waited; the runs of one form share it; "" for none
	App      string    //
	Flow     string    //
	Version  string    // of the app
	Instance string    // the process that ran it; "" when there is only one
	Kind     string    // "http", "fork", "callback", "message" or "call"
	Starter  string    // id of the starter
	Method   string    //
	Path     string    // without its query
	User     string    // username in the session, where the run looked at it
	Started  time.Time // to the microsecond, like all times here
	Took     time.Duration
	Status   RunStatus
	Answer   int // HTTP status that the client got; 0 for none

	Operations, PeakMemory int64         // of the sandbox; memory in bytes
	InVM                   time.Duration // in scripts, without what they waited for
	Nodes                  int           // that it visited; Visits may hold fewer

	Error    string // the error text of the user; "" for none
	Stack    string // the cause, with the stack of the script
	FailedAt string // id of the node
	Exceeded string // the limit: "time", "memory" or "operations"

	Input  []byte // JSON of the payload at the start; empty when payloads are not kept
	Bytes  int64  // what it takes, about; given when it is written
	Visits []Visit
}

// RunStatus reports how a run ended.
type RunStatus string

// The statuses. A run that waited for its visitor is OK once a later run of its story is kept.
const (
	RunOK      RunStatus = "ok"
	RunError   RunStatus = "error"
	RunLimit   RunStatus = "limit"
	RunKilled  RunStatus = "killed"
	RunWaiting RunStatus = "waiting"
)

// Visit is one visit of a node: a row of table nflow_run_nodes.
type Visit struct {
	Order   int // from 1
	Place   Place
	At      time.Duration // since the run's start
	Took    time.Duration
	Output  string    // taken; "" at the end of the run
	Status  RunStatus // RunOK, or how it failed
	Changes []byte    // JSON of what the node changed in the payload; empty for nothing
	Logs    []byte    // JSON list of what it logged; empty for nothing
}

// Place is a node as it was called when it was visited.
type Place struct {
	App, Flow, Node, Name, Type string
}

// ID is a hash of the place.
func (p Place) ID() int64 {
	h := fnv.New64a()
	for _, s := range []string{p.App, p.Flow, p.Node, p.Name, p.Type} {
		io.WriteString(h, s) //nolint:errcheck // never fails
		h.Write([]byte{0})
	}
	return int64(h.Sum64() >> 1)
}

// NodeStat counts the visits of one node within an hour whose durations are of one class, by all runs.
type NodeStat struct {
	Place          Place
	Hour           int64 // since 1970
	Class          int   // of duration; what it means is the writer's business
	Visits, Failed int64
}

// RunFilter chooses runs; its zero value all of them. Empty fields do not choose.
type RunFilter struct {
	App, Flow, User string
	Status          RunStatus
	Node            string    // id or name of a node that they visited
	Text            string    // in wid, path, user or error, whatever the case of its letters
	From, To        time.Time // of their ends; To is not included
	Parent, Story   string
	Before          int64 // the cursor: RunPage.Next of the page before
	Limit           int   // Defaults to 50; at most 1000
}

// RunPage is a part of the runs that a filter chooses, the last to end first.
type RunPage struct {
	Runs []Run // without visits, input and stack
	// Next is the cursor of the next page; 0 at the end. A page may be shorter than the limit, or empty, and still have
	// a next one: a search for what is rare is cut into pages, so that each comes immediately.
	Next int64
}

// Retention bounds what is kept of the history. Zero values do not bound.
type Retention struct {
	Before   time.Time // runs that ended earlier go
	MaxRuns  int64
	MaxBytes int64
}

// RunEvent reports that a run of this process began or ended, recorded or not.
type RunEvent struct {
	Began bool
	Run   *Run  // without visits and input; shared: not to be changed
	Lost  int64 // events that the reader was too slow for, before this one
}
