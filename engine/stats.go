package engine

import (
	"database/sql"
	"maps"
	"slices"
	"sync"
)

// Profile says that a CPU profile is being taken, until the function that it answers is called: meanwhile the samples
// carry the labels flow, node and node_id. Without a profile nothing is paid for them.
func (rt *Runtime) Profile() (done func()) {
	rt.profiles.Add(1)
	return sync.OnceFunc(func() { rt.profiles.Add(-1) })
}

// AppInfo tells of an app that is loaded.
type AppInfo struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Flows    int    `json:"flows"`
	Problems int    `json:"problems"`
}

// Loaded lists the apps that serve, by name.
func (rt *Runtime) Loaded() (list []AppInfo) {
	rt.mu.RLock()
	defer rt.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(rt.apps)) {
		if v := rt.apps[name].version.Load(); v != nil {
			list = append(list, AppInfo{name, v.graph.Version, len(v.graph.Flows), len(v.graph.Problems)})
		}
	}
	return list
}

// FlowInfo tells how a flow is built, without the parameters of its nodes.
type FlowInfo struct {
	App    string     `json:"app"`
	Name   string     `json:"name"`
	Broken string     `json:"broken,omitempty"` // why it does not serve
	Nodes  []NodeInfo `json:"nodes"`
}

// NodeInfo is a node of FlowInfo.
type NodeInfo struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Type    string            `json:"type"`
	Outputs map[string]string `json:"outputs,omitempty"` // output → id of the node that it leads to
}

// Flow tells of a flow of a loaded app.
func (rt *Runtime) Flow(app, name string) (info FlowInfo, ok bool) {
	v := rt.app(app).version.Load()
	if v == nil {
		return info, false
	}
	f := v.graph.Flow(name)
	if f == nil {
		return info, false
	}
	info = FlowInfo{App: app, Name: name}
	if f.Broken != nil {
		info.Broken = describe(f.Broken)
	}
	for _, id := range slices.Sorted(maps.Keys(f.Nodes)) {
		n := f.Nodes[id]
		at := NodeInfo{ID: id, Name: n.Label, Type: n.Type, Outputs: map[string]string{}}
		for _, o := range n.Outs {
			at.Outputs[o.Name] = o.To.ID
		}
		info.Nodes = append(info.Nodes, at)
	}
	return info, true
}

// Database tells of the connections to a database of flows, [db.NAME]. All is 0 for one that is not configured.
func (rt *Runtime) Database(name string) sql.DBStats { return rt.databases.Pool(name) }

// Stats are numbers that a Runtime keeps about itself.
type Stats struct {
	Places, PlacesUsed, Waiting    int   // of the admission; Places is 0 without a bound
	Slots, SlotsUsed, SlotsWaiting int   // runs whose scripts may be at work at one moment, are, and wait for that
	MemoryTotal                    int64 // bytes that all VMs together may hold; 0 = no bound
	CacheHits, CacheMisses         int64 // requests that found their app compiled, and those that had to load it
	SessionsLoaded, SessionsSaved  int64

	HistoryDropped int64 // runs that the history lost, and rows that the tracker did
	HistoryFailing bool  // the last write of either failed

	Tracking                   bool // rows of the tracker are written
	TrackWritten, TrackDropped int64
	TrackWaiting               int
}

// Stats tells what a Runtime does now and has done.
func (rt *Runtime) Stats() Stats {
	s := Stats{
		CacheHits: rt.hits.Load(), CacheMisses: rt.misses.Load(), SessionsLoaded: rt.sessionsLoaded.Load(), SessionsSaved: rt.sessionsSaved.Load(),
	}
	_, s.HistoryDropped, _ = rt.history.Stats()
	s.HistoryFailing = rt.history.Failing()
	s.Places, s.PlacesUsed, s.Waiting = rt.places.state()
	s.Slots, s.SlotsUsed, s.SlotsWaiting = rt.slots.state()
	if rt.limits.budget != nil {
		s.MemoryTotal = rt.limits.budget.Total()
	}
	if t := rt.tracker.Load(); t != nil {
		s.Tracking = true
		s.HistoryFailing = s.HistoryFailing || t.Failing()
		s.TrackWritten, s.TrackDropped, s.TrackWaiting = t.Stats()
	}
	s.HistoryDropped += s.TrackDropped
	return s
}
