// Package source finds the parts of an app, in the database or in a folder, and notices when they change.
//
// The engine loads an app through a Source and loads it again when Watch says so; the commands lint, import and export
// use the same reading of folders. The package puts text together and never looks into it: what is wrong with an app is
// the graph's to decide. It does not know what runs the app.
//
// Everything in a folder is hostile until read: files are opened below their folder only, links that leave it are
// refused, and sizes are bounded.
package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/model"
)

// Bundle is an app with everything it needs.
type Bundle = model.Bundle

// Source is where an app comes from. Its methods may be called by several goroutines concurrently.
type Source interface {
	// Load reads the app as it is now. The error is a [fault.Error].
	Load(ctx context.Context) (*Bundle, error)
	// Watch calls changed, never twice at the same time, when the app differs from what was last loaded before Watch
	// was called, and from then on each time it changed again. It blocks until ctx ends and then returns nil.
	Watch(ctx context.Context, changed func()) error
}

// Store is what a Source needs of the database.
type Store interface {
	Snapshot(ctx context.Context, f func(store.Records) error) error
	Watch(ctx context.Context, every time.Duration, changed func()) error
}

// Options say where else than in the database an app's parts are, as the caller read it from the environment.
type Options struct {
	TemplateDir string        // folder of page templates; they win over table template. Defaults to none.
	TriggersDir string        // folder that holds auth.js. Defaults to none.
	Packages    []string      // npm packages that flows may load, by name. Defaults to none.
	Every       time.Duration // how often the database is looked at. Defaults to half a second: a change serves within one.
	Log         *slog.Logger  // defaults to saying nothing
}

// FromEnviron returns the folders of page templates and triggers from the environment ("NAME=value"):
// NFLOW_TEMPLATE_PATH, defaults to ./templates; NFLOW_TRIGGERS_FOLD, in old installations spelled NFLOE_TRIGGERS_FOLD,
// defaults to ./triggers.
func FromEnviron(environ []string, log *slog.Logger) Options {
	o := Options{TemplateDir: "templates", TriggersDir: "triggers", Log: log}
	set := func(name string, to *string) {
		for _, e := range environ {
			if value, ok := strings.CutPrefix(e, name+"="); ok && value != "" {
				*to = value
			}
		}
	}
	set("NFLOW_TEMPLATE_PATH", &o.TemplateDir)
	set("NFLOE_TRIGGERS_FOLD", &o.TriggersDir)
	set("NFLOW_TRIGGERS_FOLD", &o.TriggersDir)
	return o
}

// Of returns the source of an app as the flag -a names it: a path, or a name in the database.
func Of(app string, st Store, o Options) Source {
	if IsPath(app) {
		return File(app, st, o)
	}
	return Database(st, app, o)
}

// IsPath reports whether an app is named by a path and not by its name in the database.
func IsPath(app string) bool {
	return strings.HasSuffix(app, ".json") || strings.ContainsAny(app, `/\`) || app == "." || app == ".."
}

// Database returns the app of that name in the database.
func Database(st Store, name string, o Options) Source {
	return &parts{name: name, st: st, o: withDefaults(o)}
}

// File returns the app of a folder, or of an app.json with the files beside it. What the folder lacks comes from the
// database; st may be nil.
func File(path string, st Store, o Options) Source {
	return &parts{name: appName(path), path: path, st: st, o: withDefaults(o)}
}

func withDefaults(o Options) Options {
	if o.Every <= 0 {
		o.Every = time.Second / 2
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// appName is what an app of a file is called: the file's name, and "app" for the app.json of a folder.
func appName(path string) string {
	if name, ok := strings.CutSuffix(filepath.Base(path), ".json"); ok && name != "" {
		return name
	}
	return "app"
}

// parts is a Source: a folder if it has a path, the directories of templates and triggers, the database.
type parts struct {
	name string
	path string // of the folder or app file; "" for an app of the database
	st   Store  // may be nil where there is a path
	o    Options

	mu     sync.Mutex
	loaded string // fingerprint of the files at the last Load
}

// Load implements [Source]. Later layers win: the catalog, the database, the folder.
func (p *parts) Load(ctx context.Context) (*Bundle, error) {
	f, err := p.readSettled(ctx)
	if err != nil {
		return nil, err
	}
	b := &Bundle{App: graph.App{Name: p.name, AuthJS: f.auth, Modules: map[string]string{}}, Templates: map[string]string{}}
	for _, m := range catalog.Modules() {
		b.App.Modules[m.Name] = m.Code
	}
	if p.st != nil {
		if err := p.st.Snapshot(ctx, func(r store.Records) error { return p.database(ctx, r, b) }); err != nil {
			return nil, err
		}
	}
	maps.Copy(b.Templates, byName(f.templates))
	if p.path != "" {
		b.App.JSON = f.folder.App.JSON
		if f.folder.HasDefault {
			b.App.DefaultJS = f.folder.App.DefaultJS
		}
		for _, m := range f.folder.Modules {
			b.App.Modules[m.Name] = m.Code
		}
		maps.Copy(b.Templates, byName(f.folder.files))
		b.Dir, _ = place(p.path)
		b.Packages = f.packages
	}
	b.App.Version = VersionOf(b)
	p.mu.Lock()
	p.loaded = f.fingerprint()
	p.mu.Unlock()
	return b, nil
}

// VersionOf returns a hash of all that the bundle holds.
func VersionOf(b *Bundle) string {
	h := sha256.New()
	write := func(s string) { fmt.Fprintf(h, "%d:%s", len(s), s) }
	write(string(b.App.JSON))
	write(b.App.DefaultJS)
	write(b.App.AuthJS)
	for _, texts := range []map[string]string{b.App.Modules, b.Templates} {
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			write(name)
			write(texts[name])
		}
		write("")
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// database puts what the database holds into the bundle.
func (p *parts) database(ctx context.Context, r store.Records, b *Bundle) error {
	app, err := r.App(ctx, p.name)
	if err != nil && (p.path == "" || !errors.Is(err, store.ErrNotFound)) {
		return err
	}
	b.App.JSON, b.App.DefaultJS = app.JSON, app.DefaultJS
	modules, err := r.Modules(ctx)
	if err != nil {
		return err
	}
	for _, m := range modules {
		b.App.Modules[m.Name] = m.Code
	}
	templates, err := r.Templates(ctx)
	if err != nil {
		return err
	}
	for _, t := range templates {
		b.Templates[t.Name] = t.Content
	}
	for _, t := range templates { // a folder's welcome.html is the row welcome once it is imported
		if _, ok := b.Templates[t.Name+".html"]; !ok {
			b.Templates[t.Name+".html"] = t.Content
		}
	}
	return nil
}

// byName returns template files the names that flows use. For one name, name.html comes before name.tmpl, then name.
func byName(files map[string]string) map[string]string {
	named := maps.Clone(files)
	if named == nil {
		named = map[string]string{}
	}
	for _, ending := range []string{".tmpl", ".html"} {
		for name, text := range files {
			if short, ok := strings.CutSuffix(name, ending); ok && short != "" {
				named[short] = text
			}
		}
	}
	return named
}

// onDisk is what the files say, without the database.
type onDisk struct {
	folder    Folder
	templates map[string]string // of TemplateDir, by path in it
	auth      string
	packages  string // stamp
}

// maxReads bounds how often files that keep changing are read.
const maxReads = 5

// readSettled reads the files until two readings agree: another program may be writing several of them, and a file that was read
// before its change does not go with one that was read after. What keeps changing is taken as it is; Watch reports the
// rest.
func (p *parts) readSettled(ctx context.Context) (onDisk, error) {
	f, err := p.read()
	for range maxReads - 1 {
		again, errAgain := p.read()
		if err == nil && errAgain == nil && f.fingerprint() == again.fingerprint() || err != nil && errAgain != nil {
			return again, errAgain
		}
		f, err = again, errAgain
		if pause := store.Pause(ctx, settle/2); pause != nil {
			return f, pause
		}
	}
	return f, err
}

func (p *parts) read() (f onDisk, err error) {
	if p.path != "" {
		if f.folder, err = ReadFolder(p.path); err != nil {
			return f, err
		}
	}
	if f.templates, err = readTree(p.o.TemplateDir); err != nil {
		return f, err
	}
	f.packages = p.stamp()
	f.auth, err = readAuth(p.o.TriggersDir)
	return f, err
}

// place returns folder and file name of an app that is named by a folder or a file.
func place(path string) (dir, file string) {
	if info, err := os.Stat(path); err == nil && info.IsDir() || err != nil && !strings.HasSuffix(path, ".json") {
		return filepath.Clean(path), "app.json"
	}
	return filepath.Dir(path), filepath.Base(path)
}
