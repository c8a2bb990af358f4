package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long after the last sign of a change the files are read, because an editor's write is several operations and
// a copy several files; unsettled is how long after the first they are read all the same.
const (
	settle    = 100 * time.Millisecond
	unsettled = 600 * time.Millisecond
)

// Watch implements [Source].
func (p *parts) Watch(ctx context.Context, changed func()) error {
	var one sync.Mutex
	serial := func() {
		one.Lock()
		defer one.Unlock()
		changed()
	}
	var database sync.WaitGroup
	var err error
	ctx, stop := context.WithCancel(ctx)
	if p.st != nil {
		database.Go(func() {
			err = p.st.Watch(ctx, p.o.Every, serial)
			stop() // a watch that gave up must not look like a running one
		})
	}
	p.watchFiles(ctx, serial)
	stop()
	database.Wait()
	return err
}

// watchFiles calls changed when the content of the files differs from what it was, until ctx ends.
func (p *parts) watchFiles(ctx context.Context, changed func()) {
	w := newWatcher(p)
	defer w.close()
	p.mu.Lock()
	last := p.loaded
	p.mu.Unlock()
	if last == "" {
		last = p.look()
	}
	check := func() {
		w.arm() // first, so that no change falls between arming and reading
		if seen := p.look(); seen != last {
			last = seen
			changed()
		}
	}
	check()
	var settled <-chan time.Time
	var first time.Time // sign of a change that was not looked at
	sign := func() {
		now := time.Now()
		if settled == nil {
			first = now
		}
		settled = time.After(min(settle, max(0, unsettled-now.Sub(first))))
	}
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-w.events:
			if w.concerns(e.Name) {
				sign()
			}
		case err := <-w.errors: // an overflow: events were lost
			p.o.Log.Warn("files: watching failed; reloading them", "error", err)
			sign()
		case <-w.tick:
			check()
		case <-settled:
			settled = nil
			check()
		}
	}
}

// look returns the fingerprint of the files as they are now.
func (p *parts) look() string {
	f, err := p.read()
	if err != nil {
		return "error: " + err.Error()
	}
	return f.fingerprint()
}

// fingerprint changes with every byte that was read.
func (f onDisk) fingerprint() string {
	h := sha256.New()
	write := func(texts ...string) {
		for _, s := range texts {
			fmt.Fprintf(h, "%d:%s", len(s), s)
		}
	}
	write(string(f.folder.App.JSON), fmt.Sprint(f.folder.HasDefault), f.folder.App.DefaultJS, f.auth, f.packages)
	for _, m := range f.folder.Modules {
		write("module", m.Name, m.Form, m.Mod, m.Code)
	}
	for _, files := range []map[string]string{f.folder.files, f.templates} {
		write("templates")
		for _, name := range slices.Sorted(maps.Keys(files)) {
			write(name, files[name])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// watcher reports changes in the folders of an app, or ticks where the system does not report them.
type watcher struct {
	fs     *fsnotify.Watcher // nil where the system does not report changes
	events chan fsnotify.Event
	errors chan error
	tick   <-chan time.Time
	ticker *time.Ticker

	trees []string        // folders of interest with all below them; they may not exist
	flat  []string        // folders of interest without what is below
	inner map[string]bool // folders of interest that are watched now

	packages func() []string // trees of the npm packages, which links may move
}

func newWatcher(p *parts) *watcher {
	w := &watcher{inner: map[string]bool{}, packages: p.packageDirs}
	add := func(to *[]string, dir string) {
		if dir == "" {
			return
		}
		if abs, err := filepath.Abs(dir); err == nil {
			*to = append(*to, abs)
		}
	}
	if p.path != "" {
		dir, _ := place(p.path)
		add(&w.flat, dir)
		add(&w.trees, filepath.Join(dir, "modules"))
		add(&w.trees, filepath.Join(dir, "templates"))
		if len(p.o.Packages) > 0 {
			add(&w.flat, filepath.Join(dir, "node_modules"))
		}
	}
	add(&w.trees, p.o.TemplateDir)
	add(&w.flat, p.o.TriggersDir)
	if len(w.trees)+len(w.flat) == 0 {
		return w
	}
	fsw, err := fsnotify.NewWatcher()
	if err != nil {
		p.o.Log.Warn("files: the system does not report changes; polling them", "every", p.o.Every, "error", err)
		w.ticker = time.NewTicker(p.o.Every)
		w.tick = w.ticker.C
		return w
	}
	w.fs, w.events, w.errors = fsw, fsw.Events, fsw.Errors
	return w
}

func (w *watcher) close() {
	if w.fs != nil {
		w.fs.Close() //nolint:errcheck // it only ends its watches
	}
	if w.ticker != nil {
		w.ticker.Stop()
	}
}

// arm watches every folder of interest that exists now, and the next folder above each, where it appears and vanishes.
// Watching a folder again is harmless and needed when another has taken its place.
func (w *watcher) arm() {
	if w.fs == nil {
		return
	}
	clear(w.inner)
	for _, dir := range w.flat {
		w.inner[dir] = true
	}
	for _, tree := range slices.Concat(w.trees, w.packages()) {
		if abs, err := filepath.Abs(tree); err == nil {
			tree = abs
		}
		w.inner[tree] = true
		_ = filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				w.inner[path] = true
			}
			return nil // what cannot be read cannot be watched; reading it says so
		})
	}
	for dir := range w.inner {
		_ = w.fs.Add(dir) // it may not exist
	}
	for _, dir := range slices.Concat(w.flat, w.trees) {
		above := filepath.Dir(dir)
		for above != filepath.Dir(above) {
			if info, err := os.Stat(above); err == nil && info.IsDir() {
				break
			}
			above = filepath.Dir(above)
		}
		_ = w.fs.Add(above)
	}
}

// concerns reports whether an event is about a file in a folder of interest, or about a folder that leads to one.
func (w *watcher) concerns(name string) bool {
	if w.inner[filepath.Dir(name)] || w.inner[name] {
		return true
	}
	for dir := range w.inner {
		if rel, err := filepath.Rel(name, dir); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}
