package engine

import (
	"database/sql"
	"maps"
	"slices"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// Profile says that a CPU profile is being taken, until the function that it returns is called: meanwhile the samples
// carry the labels flow, node and node_id. Without a profile nothing is paid for them.
func (rt *Runtime) Profile() (done func()) { return rt.loop.Profile() }

// AppInfo describes a loaded app.
type AppInfo struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Flows    int    `json:"flows"`
	Problems int    `json:"problems"`
}

// Loaded lists the apps that serve, by name.
func (rt *Runtime) Loaded() (list []AppInfo) {
	loaded := rt.apps.Loaded()
	for _, name := range slices.Sorted(maps.Keys(loaded)) {
		g := loaded[name].Graph
		list = append(list, AppInfo{name, g.Version, len(g.Flows), len(g.Problems)})
	}
	return list
}

// Database describes the connections to a database of flows, [db.NAME]. All is 0 for one that is not configured.
func (rt *Runtime) Database(name string) sql.DBStats { return rt.databases.Pool(name) }

// Stats are numbers that a Runtime keeps about itself.
type Stats struct {
	Places, PlacesUsed, Waiting    int   // of the admission; Places is 0 without a bound
	Slots, SlotsUsed, SlotsWaiting int   // runs whose scripts may be at work at one moment, are, and wait for that
	MemoryTotal                    int64 // bytes that all VMs together may hold; 0 = no bound
	CacheHits, CacheMisses         int64 // requests that found their app compiled, and those that had to load it
	SessionsLoaded, SessionsSaved  int64

	SandboxDegraded string // what the sandbox does not know of the linked goja; "" when limits are kept in full

	HistoryDropped int64 // runs that the history lost, and rows that the tracker did
	HistoryFailing bool  // the last write of either failed

	Tracking                   bool // rows of the tracker are written
	TrackWritten, TrackDropped int64
	TrackWaiting               int
}

// Stats reports what a Runtime does now and has done.
func (rt *Runtime) Stats() Stats {
	var s Stats
	s.CacheHits, s.CacheMisses = rt.apps.Stats()
	s.SessionsLoaded, s.SessionsSaved = rt.loop.Sessions()
	_, s.HistoryDropped, _ = rt.history.Stats()
	s.HistoryFailing = rt.history.Failing()
	s.SandboxDegraded = sandbox.Degraded()
	s.Places, s.PlacesUsed, s.Waiting = rt.places.State()
	s.Slots, s.SlotsUsed, s.SlotsWaiting = rt.slots.State()
	if rt.limits.VM.Budget != nil {
		s.MemoryTotal = rt.limits.VM.Budget.Total()
	}
	if t := rt.loop.Tracker(); t != nil {
		s.Tracking = true
		s.HistoryFailing = s.HistoryFailing || t.Failing()
		s.TrackWritten, s.TrackDropped, s.TrackWaiting = t.Stats()
	}
	s.HistoryDropped += s.TrackDropped
	return s
}
