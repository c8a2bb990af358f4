package debug

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/arturoeanton/nflow-runtime/logger"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// pingTime is how long the database may take to answer.
const pingTime = 2 * time.Second

// object is what a page shows.
type object = map[string]any

func (d *pages) routes() map[string]http.HandlerFunc {
	read := func(page func(*http.Request) any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { d.show(w, http.StatusOK, page(r)) }
	}
	routes := map[string]http.HandlerFunc{
		"GET /debug/info":       read(d.info),
		"GET /debug/config":     read(func(*http.Request) any { return d.Config() }),
		"GET /debug/runtime":    read(goRuntime),
		"GET /debug/memory":     read(memory),
		"GET /debug/goroutines": goroutines,
		"GET /debug/repositories": read(func(*http.Request) any {
			return object{"apps": d.Runtime.Loaded(), "runs": d.Runtime.Processes().Live()}
		}),
		"GET /debug/playbooks":                   read(d.playbooks),
		"GET /debug/playbook/{flow...}":          d.playbook,
		"GET /debug/url-cache":                   read(d.urls),
		"GET /debug/cache/stats":                 read(d.cache),
		"POST /debug/cache/invalidate":           d.invalidate,
		"POST /debug/cache/invalidate/{flow...}": d.invalidate,
		"GET /debug/processes": read(func(*http.Request) any {
			return object{"live": d.Runtime.Processes().Live(), "total": d.Runtime.Processes().Total(), "processes": d.processes()}
		}),
		"GET /debug/process/{wid}":        d.process,
		"DELETE /debug/process/{wid}":     d.kill,
		"GET /debug/sessions":             read(d.sessions),
		"GET /debug/vm-pool":              read(d.vmPool),
		"GET /debug/database/stats":       d.database,
		"GET /debug/database/connections": read(func(*http.Request) any { return d.Pool() }),
		"GET /debug/tracker/stats":        read(d.tracker),
		"GET /debug/log":                  d.showLog,
		"POST /debug/log":                 d.setLog,
	}
	if d.Pprof {
		d.addProfiles(routes)
	}
	return routes
}

func (d *pages) info(*http.Request) any {
	host, _ := os.Hostname() // on an error it has no name
	return object{
		"version": d.Version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH, "pid": os.Getpid(), "host": host, "app": d.App,
		"started": d.Started.UTC(), "uptime": time.Since(d.Started).Round(time.Second).String(),
	}
}

func goRuntime(*http.Request) any {
	return object{"goroutines": runtime.NumGoroutine(), "gomaxprocs": runtime.GOMAXPROCS(0), "cpus": runtime.NumCPU(), "version": runtime.Version()}
}

func memory(*http.Request) any {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return object{
		"alloc": m.Alloc, "total_alloc": m.TotalAlloc, "sys": m.Sys, "heap_alloc": m.HeapAlloc, "heap_inuse": m.HeapInuse, "heap_idle": m.HeapIdle,
		"heap_released": m.HeapReleased, "heap_objects": m.HeapObjects, "stack_inuse": m.StackInuse, "gc": m.NumGC, "gc_pause_total_ns": m.PauseTotalNs,
	}
}

func goroutines(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	pprof.Lookup("goroutine").WriteTo(w, 1) //nolint:errcheck // the client is gone
}

func (d *pages) playbooks(*http.Request) any {
	flows := map[string]int{}
	for _, s := range d.Runtime.Starters(d.App) {
		flows[s.Flow]++
	}
	return object{"apps": d.Runtime.Loaded(), "starters_by_flow": flows, "problems": d.Runtime.Problems(d.App)}
}

func (d *pages) playbook(w http.ResponseWriter, r *http.Request) {
	f := d.flow(r.PathValue("flow"))
	if f == nil {
		d.fail(w, http.StatusNotFound, "flow not found")
		return
	}
	page := object{"app": d.App, "name": f.Name}
	if f.Broken != nil {
		page["broken"] = f.Broken.Sentence() // why it does not serve
	}
	nodes := make([]object, len(f.Nodes))
	for i, n := range f.Nodes {
		nodes[i] = object{"id": n.ID, "name": n.Name, "type": n.Type}
		outputs := map[string]string{} // output → id of the node that it leads to
		for _, o := range n.Outputs {
			outputs[o.Name] = o.To
		}
		if len(outputs) > 0 {
			nodes[i]["outputs"] = outputs
		}
	}
	page["nodes"] = nodes
	d.show(w, http.StatusOK, page)
}

// flow returns a flow of the app, nil for none.
func (d *pages) flow(name string) *model.Flow {
	if g := d.Runtime.Graph(d.App); g != nil {
		return g.Flow(name)
	}
	return nil
}

func (d *pages) urls(*http.Request) any {
	var list []any
	for _, s := range d.Runtime.Starters(d.App) {
		list = append(list, object{"method": s.Method, "pattern": s.Pattern, "flow": s.Flow, "node": s.Node})
	}
	return object{"urls": list}
}

func (d *pages) cache(*http.Request) any {
	s := d.Runtime.Stats()
	return object{"hits": s.CacheHits, "misses": s.CacheMisses, "apps": d.Runtime.Loaded()}
}

// invalidate reads the app again. All flows of an app are compiled together, so one of them stands for all.
func (d *pages) invalidate(w http.ResponseWriter, r *http.Request) {
	if flow := r.PathValue("flow"); flow != "" {
		if d.flow(flow) == nil {
			d.fail(w, http.StatusNotFound, "flow not found")
			return
		}
	}
	if err := d.Runtime.Load(r.Context(), d.App); err != nil {
		d.Log.Warn("debug: the app could not be reloaded", "error", err)
		d.fail(w, http.StatusConflict, "the app has errors: the previous version keeps serving; see the log")
		return
	}
	d.show(w, http.StatusOK, object{"apps": d.Runtime.Loaded()})
}

func (d *pages) processes() []process.Info { return slices.Clip(d.Runtime.Processes().List()) }

func (d *pages) process(w http.ResponseWriter, r *http.Request) {
	p, ok := d.Runtime.Processes().Get(r.PathValue("wid"))
	if !ok {
		d.fail(w, http.StatusNotFound, "no such running run")
		return
	}
	d.show(w, http.StatusOK, p.Info())
}

func (d *pages) kill(w http.ResponseWriter, r *http.Request) {
	wid := r.PathValue("wid")
	if !d.Runtime.Processes().Kill(wid, process.ErrKilled) {
		d.fail(w, http.StatusNotFound, "no such running run")
		return
	}
	d.Log.Warn("debug: a run was killed", "wid", wid, "client", d.Client(r))
	d.show(w, http.StatusOK, object{"killed": wid})
}

func (d *pages) sessions(*http.Request) any {
	s := d.Runtime.Stats()
	config, _ := d.Config()["session"].(map[string]any)
	return object{"store": config["store"], "loaded": s.SessionsLoaded, "saved": s.SessionsSaved}
}

func (d *pages) vmPool(*http.Request) any {
	s := d.Runtime.Stats()
	return object{
		"in_use": s.PlacesUsed, "max": s.Places, "waiting": s.Waiting,
		"slots": object{"in_use": s.SlotsUsed, "max": s.Slots, "waiting": s.SlotsWaiting}, "limits": d.Config()["vm_pool"],
	}
}

func (d *pages) database(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), pingTime)
	defer cancel()
	began := time.Now()
	out := object{"pool": d.Pool()}
	if err := d.Ping(ctx); err != nil {
		d.Log.Warn("debug: the database does not answer", "error", err)
		out["status"] = "unhealthy"
		d.show(w, http.StatusServiceUnavailable, out)
		return
	}
	out["status"], out["ping_ms"] = "healthy", float64(time.Since(began).Microseconds())/1000
	d.show(w, http.StatusOK, out)
}

func (d *pages) tracker(*http.Request) any {
	s := d.Runtime.Stats()
	return object{"enabled": s.Tracking, "written": s.TrackWritten, "dropped": s.TrackDropped, "waiting": s.TrackWaiting}
}

func (d *pages) showLog(w http.ResponseWriter, _ *http.Request) {
	if d.Control == nil {
		d.fail(w, http.StatusNotFound, "the embedding program owns the log")
		return
	}
	format := "json"
	if d.Control.Format() == logger.Text {
		format = "text"
	}
	d.show(w, http.StatusOK, object{"level": d.Control.Level().String(), "format": format})
}

// setLog takes level and format from the query or a form.
func (d *pages) setLog(w http.ResponseWriter, r *http.Request) {
	if d.Control != nil {
		level, format := d.Control.Level(), d.Control.Format()
		if text := r.FormValue("level"); text != "" && level.UnmarshalText([]byte(text)) != nil {
			d.fail(w, http.StatusBadRequest, "level is debug, info, warn or error")
			return
		}
		switch r.FormValue("format") {
		case "":
		case "text":
			format = logger.Text
		case "json":
			format = logger.JSON
		default:
			d.fail(w, http.StatusBadRequest, "format is text or json")
			return
		}
		d.Control.SetLevel(level)
		d.Control.SetFormat(format)
		d.Log.Log(r.Context(), max(level, slog.LevelInfo), "debug: the log settings were changed", "level", level.String(), "client", d.Client(r))
	}
	d.showLog(w, r)
}
