package engine

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/store"
)

// standard is what the package-level functions work on: one configuration, one database, one Runtime of the process.
// Everything else in this module uses Runtime values.
var standard = &defaults{steps: map[string]Step{}}

type defaults struct {
	mu      sync.Mutex
	config  ConfigWorkspace
	store   store.Store
	runtime *Runtime
	steps   map[string]Step // registered before there was a runtime
	plugins []NflowPlugin
}

var errNotInitialized = errors.New("engine: call InitializePlaybookRepository first")

// ConfigRepository holds the configuration of the package-level functions. It is safe for concurrent use.
type ConfigRepository struct{ d *defaults }

// GetConfigRepository returns the configuration of the package-level functions.
func GetConfigRepository() *ConfigRepository { return &ConfigRepository{standard} }

// SetConfig sets the configuration. It counts until GetDB or InitializePlaybookRepository uses it.
func (r *ConfigRepository) SetConfig(c ConfigWorkspace) {
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	r.d.config = c
}

// GetConfig returns a copy of the configuration.
func (r *ConfigRepository) GetConfig() ConfigWorkspace {
	r.d.mu.Lock()
	defer r.d.mu.Unlock()
	return r.d.config
}

// GetDB is the package's GetDB.
func (r *ConfigRepository) GetDB() (*sql.DB, error) { return r.d.openDB() }

// GetDB opens the database that the configuration names, once, and returns it. SQLite without a dsn is
// ./data/nflow.db.
func GetDB() (*sql.DB, error) { return standard.openDB() }

func (d *defaults) openDB() (*sql.DB, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.store == nil {
		s, err := OpenStore(context.Background(), &d.config, "data", slog.Default())
		if err != nil {
			return nil, err
		}
		d.store = s
	}
	return d.store.DB(), nil
}

// InitializePlaybookRepository makes the Runtime of the package-level functions on the database that GetDB returned, and puts
// the demo app into an empty one. A second call keeps the first one's. It panics when the configuration cannot be used,
// or when db is not the one of GetDB: the program cannot continue.
func InitializePlaybookRepository(db *sql.DB) {
	own, err := standard.openDB()
	if err != nil {
		panic(err)
	}
	if db != nil && db != own {
		panic("engine: InitializePlaybookRepository takes the database that GetDB returned; name yours in the configuration")
	}
	if err := standard.build(); err != nil {
		panic(err)
	}
}

func (d *defaults) build() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.runtime != nil {
		return nil
	}
	apps, err := d.store.Apps(context.Background()) // the program may have put its own in by now
	if err == nil && len(apps) == 0 {
		err = Seed(context.Background(), d.store, "app")
	}
	if err != nil {
		return err
	}
	rt, err := New(Options{Store: d.store, Config: d.config, Processes: process.Default(), Environ: os.Environ()})
	if err != nil {
		return err
	}
	for name, s := range d.steps {
		rt.RegisterStep(name, s)
	}
	for _, p := range d.plugins {
		rt.RegisterPlugin(p)
	}
	d.runtime = rt
	return nil
}

// Default returns the Runtime of the package-level functions, nil before InitializePlaybookRepository.
func Default() *Runtime {
	standard.mu.Lock()
	defer standard.mu.Unlock()
	return standard.runtime
}

// Handler serves the requests of an app with the Runtime of the package: e.Any("/*", engine.Handler("app")).
// Changes of the app are taken while it runs.
func Handler(app string) echo.HandlerFunc {
	var follow sync.Once
	return func(c echo.Context) error {
		rt := Default()
		if rt == nil {
			return errNotInitialized
		}
		follow.Do(func() { rt.follow(app) })
		return rt.Handler(app)(c)
	}
}

// GetPlaybookRepository returns the flows of the package's Runtime, nil before InitializePlaybookRepository.
func GetPlaybookRepository() *PlaybookRepository {
	if rt := Default(); rt != nil {
		return rt.Playbooks()
	}
	return nil
}

// GetWorkflow is Runtime.GetWorkflow of the package's Runtime.
func GetWorkflow(c echo.Context, playbooks map[string]*model.Playbook, path, method, app string) (model.Runeable, model.Vars, int, string, error) {
	rt := Default()
	if rt == nil {
		return nil, nil, 503, "", errNotInitialized
	}
	return rt.GetWorkflow(c, playbooks, path, method, app)
}

// RegisterStep adds a type of node to the package's Runtime; it may be called before that exists.
func RegisterStep(name string, s Step) {
	standard.mu.Lock()
	rt := standard.runtime
	if rt == nil {
		if standard.steps[name] != nil {
			standard.mu.Unlock()
			panic("engine: step " + name + " is registered twice")
		}
		standard.steps[name] = s
	}
	standard.mu.Unlock()
	if rt != nil {
		rt.RegisterStep(name, s)
	}
}

// RegisterPlugin adds a plugin to the package's Runtime; it may be called before that exists.
func RegisterPlugin(p NflowPlugin) {
	standard.mu.Lock()
	rt := standard.runtime
	if rt == nil {
		standard.plugins = append(standard.plugins, p)
	}
	standard.mu.Unlock()
	if rt != nil {
		rt.RegisterPlugin(p)
	}
}

// LoadPlugins has nothing left to do: plugins are there once they are registered. Programs call it.
func LoadPlugins() {}

// StartTracker starts the tracker of the package's Runtime with so many writers; 0 means [tracker] workers.
func StartTracker(workers int) {
	if rt := Default(); rt != nil {
		rt.StartTracker(workers)
	}
}

// UpdateQueries reads the named statements of table queries again.
func UpdateQueries() error {
	standard.mu.Lock()
	s := standard.store
	standard.mu.Unlock()
	if s == nil {
		return errNotInitialized
	}
	return s.ReloadQueries(context.Background())
}
