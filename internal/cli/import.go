package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func (s *shell) imports() *cobra.Command {
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:   "import DIR|FILE",
		Short: "Put the app of a folder into the database",
		Long: `Put the app of a folder into the database, under the name that -a gives: app.json, and where they are there default.js,
modules.csv, modules/NAME.js and templates/NAME.html. What the database has already is replaced, without a copy: export
before is the way back. What the folder lacks stays. A server that runs takes the new app by itself. An app whose JSON is
broken is refused before anything is written.`,
		Example: `  nflow-runtime import shop -a shop
  nflow-runtime import shop/app.json --dry-run`,
		Args: named("DIR or FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if source.IsPath(s.app) {
				return misused(cmd, "-a %.64q is no name for an app in the database", s.app)
			}
			return s.importFolder(cmd.Context(), args[0], dryRun, asJSON)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be done")
	cmd.Flags().BoolVar(&asJSON, "json", false, "answer in JSON")
	return cmd
}

func (s *shell) importFolder(ctx context.Context, path string, dryRun, asJSON bool) error {
	folder, err := source.ReadFolder(path)
	if err != nil {
		return at(path, err)
	}
	open := s.store
	if dryRun {
		open = s.existing
	}
	if err := s.checkImport(ctx, path, folder); err != nil {
		return err
	}
	st, err := open(ctx)
	if err != nil {
		return err
	}
	in := &importer{st: st, dryRun: dryRun}
	if st != nil {
		defer st.Close()
		if err := in.standardModules(ctx, folder); err != nil {
			return err
		}
		if in.before, err = s.served(ctx, st); err != nil {
			return err
		}
	}
	err = in.folder(ctx, s.app, folder)
	return errors.Join(s.showImport(in, asJSON), err)
}

// checkImport refuses an app whose JSON is broken, and tells how many other errors there are.
func (s *shell) checkImport(ctx context.Context, path string, folder source.Folder) error {
	problems, err := s.problems(ctx, path, true, nil)
	if err != nil {
		return err
	}
	for _, p := range problems {
		if p.Rule == "syntax" {
			return fault.New(fault.Invalid, "%s: line %d, column %d: %s; nothing was written", path, p.Line, p.Column, p.Text)
		}
	}
	if n := count(problems, graph.LevelError); n > 0 {
		s.say("warning: the app has %s; see: %s lint %s", plural(n, "error"), program, asPath(path))
	}
	return nil
}

// appVersion is an app of the database as a server would serve it.
type appVersion struct {
	Version string `json:"version"` // as in the header Nflow-Version
	Flows   int    `json:"flows"`
}

// served tells of the app that the database holds under the name of -a; nil when there is none.
func (s *shell) served(ctx context.Context, st store.Store) (*appVersion, error) {
	bundle, err := source.Database(st, s.app, engine.SourceOptions(s.environ, s.log())).Load(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var text struct{ Drawflow map[string]json.RawMessage }
	_ = json.Unmarshal(bundle.App.JSON, &text) // what is broken has no flows
	return &appVersion{bundle.App.Version, len(text.Drawflow)}, nil
}

func (s *shell) showImport(in *importer, asJSON bool) error {
	if asJSON {
		return s.json(map[string]any{"app": s.app, "dry_run": in.dryRun, "replaced": in.replaced, "items": append([]item{}, in.items...)})
	}
	counts := map[string]int{}
	rows := [][]string{}
	for _, it := range in.items {
		counts[it.Did]++
		rows = append(rows, []string{it.Did, it.Kind, it.Name})
	}
	if err := s.table(rows); err != nil {
		return err
	}
	note := ""
	if in.dryRun {
		note = " (dry run: nothing was written)"
	}
	_, err := fmt.Fprintf(s.out, "%d created, %d updated, %d unchanged%s\n%s", counts[created], counts[updated], counts[unchanged], note, s.replacedLine(in))
	return err
}

// replacedLine says which app was replaced and how to come back to it; of an app that is new it says so only in a dry run.
func (s *shell) replacedLine(in *importer) string {
	if in.replaced == nil {
		if in.dryRun && in.before == nil {
			return fmt.Sprintf("app %q is new\n", s.app)
		}
		return ""
	}
	keep := fmt.Sprintf("%s export DIR -a %s", program, s.app)
	what := fmt.Sprintf("app %q, version %s with %s", s.app, in.replaced.Version, plural(in.replaced.Flows, "flow"))
	if in.dryRun {
		return fmt.Sprintf("it would replace %s; to keep that, first: %s\n", what, keep)
	}
	return fmt.Sprintf("replaced %s, without a copy; to have one before the next import: %s\n", what, keep)
}

// item is one record and what was done with it.
type item struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Did  string `json:"did"`
}

const (
	created   = "created"
	updated   = "updated"
	unchanged = "unchanged"
)

// importer writes records that differ from the database's and notes what it did.
type importer struct {
	st     store.Store // nil: there is no database yet, and it is a dry run
	dryRun bool
	items  []item

	before   *appVersion // what the database held; nil for none
	replaced *appVersion // before, once another app is in its place, or would be
}

// standardModules gives a fresh database the modules that the designer offers, as a first start would, but for those
// that the folder holds whole.
func (in *importer) standardModules(ctx context.Context, f source.Folder) error {
	if in.dryRun || !in.st.Fresh() {
		return nil
	}
	for _, m := range catalog.Modules() {
		if slices.ContainsFunc(f.Modules, func(own source.Module) bool { return own.Name == m.Name && !own.CodeOnly }) {
			continue
		}
		if err := in.st.SaveModule(ctx, store.Module(m)); err != nil {
			return err
		}
	}
	return nil
}

// folder writes the app last, so that a server which sees it sees its modules and templates too.
func (in *importer) folder(ctx context.Context, name string, f source.Folder) error {
	for _, m := range f.Modules {
		if err := in.module(ctx, m); err != nil {
			return err
		}
	}
	for _, t := range f.Templates {
		err := put(in, "template", t.Name, func(old store.Template) bool { return old == t },
			func() (store.Template, error) { return in.st.Template(ctx, t.Name) },
			func() error { return in.st.SaveTemplate(ctx, t) })
		if err != nil {
			return err
		}
	}
	return in.app(ctx, name, f)
}

func (in *importer) module(ctx context.Context, m source.Module) error {
	row := m.Module
	same := func(old store.Module) bool {
		if m.CodeOnly {
			row.Form, row.Mod = old.Form, old.Mod
		}
		return sameText(old.Form, row.Form) && sameText(old.Mod, row.Mod) && sameText(old.Code, row.Code)
	}
	return put(in, "module", m.Name, same,
		func() (store.Module, error) { return in.st.Module(ctx, m.Name) },
		func() error { return in.st.SaveModule(ctx, row) })
}

// sameText compares texts whose line ends CSV does not keep.
func sameText(a, b string) bool {
	return strings.ReplaceAll(a, "\r\n", "\n") == strings.ReplaceAll(b, "\r\n", "\n")
}

func (in *importer) app(ctx context.Context, name string, f source.Folder) error {
	app := store.App{Name: name, JSON: f.App.JSON, DefaultJS: f.App.DefaultJS}
	same := func(old store.App) bool {
		if !f.HasDefault {
			app.DefaultJS = old.DefaultJS
		}
		return string(old.JSON) == string(app.JSON) && old.DefaultJS == app.DefaultJS
	}
	err := put(in, "app", name, same,
		func() (store.App, error) { return in.st.App(ctx, name) },
		func() error { return in.st.SaveApp(ctx, app) })
	if err == nil && in.items[len(in.items)-1].Did == updated {
		in.replaced = in.before
	}
	return err
}

// put saves a record unless the database has the same.
func put[T any](in *importer, kind, name string, same func(old T) bool, load func() (T, error), save func() error) error {
	did := created
	if in.st != nil {
		old, err := load()
		switch {
		case err == nil && same(old):
			did = unchanged
		case err == nil:
			did = updated
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	in.items = append(in.items, item{kind, name, did})
	if did == unchanged || in.dryRun {
		return nil
	}
	return save()
}

// asPath writes a path so that commands do not take it for a name in the database.
func asPath(path string) string {
	if source.IsPath(path) {
		return path
	}
	return "./" + path
}
