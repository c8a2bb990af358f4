package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func (s *shell) imports() *cobra.Command {
	var dryRun, asJSON, replace, keep bool
	cmd := &cobra.Command{
		Use:   "import DIR|FILE",
		Short: "Import the app of a folder into the database",
		Long: `Import the app of a folder into the database, under the name that -a gives: app.json and, if present, default.js,
modules.csv, modules/NAME.js and templates/NAME.html. Existing entries are replaced and no copy is kept: export first to be
able to go back. Entries that the folder lacks stay. The import is one transaction, also when it is killed, and running
servers pick up the new app as a whole. An app with invalid JSON is refused before anything is written.

Apps of one database share its modules and templates. A module or template that another app imported, or uses while this app
did not import it, and that differs in the folder, is a conflict: nothing is written unless --replace or --keep says which one
to use for all apps.`,
		Example: `  nflow-runtime import shop -a shop
  nflow-runtime import shop/app.json --dry-run`,
		Args: named("DIR or FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if source.IsPath(s.app) {
				return misused(cmd, "-a %.64q is not a valid app name", s.app)
			}
			if replace && keep {
				return misused(cmd, "--replace and --keep exclude each other; give one")
			}
			in := &importer{name: s.app, dryRun: dryRun, replace: replace, keep: keep}
			return s.importFolder(cmd.Context(), args[0], in, asJSON)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only print what would be done")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&replace, "replace", false, "on a conflict with another app's module or template, use the new one for all apps")
	cmd.Flags().BoolVar(&keep, "keep", false, "on a conflict with another app's module or template, keep the old one for all apps")
	return cmd
}

func (s *shell) importFolder(ctx context.Context, path string, in *importer, asJSON bool) error {
	folder, err := source.ReadFolder(path)
	if err != nil {
		return at(path, err)
	}
	open := s.store
	if in.dryRun {
		open = s.existing
	}
	if err := s.checkImport(ctx, path, folder); err != nil {
		return err
	}
	st, err := open(ctx)
	if err != nil {
		return err
	}
	work := func(r store.Records) (err error) {
		in.st, in.fresh = r, st != nil && st.Fresh()
		if in.before, err = s.served(ctx, r); err != nil {
			return err
		}
		if in.shared, err = readShared(ctx, r); err != nil {
			return err
		}
		return in.all(ctx, s.app, folder)
	}
	switch {
	case st == nil:
		err = in.all(ctx, s.app, folder)
	case in.dryRun:
		defer st.Close()
		err = st.Snapshot(ctx, work)
	default:
		defer st.Close()
		err = st.Change(ctx, work)
	}
	if err != nil {
		return err
	}
	return s.showImport(in, asJSON)
}

// checkImport refuses an app with invalid JSON, and reports how many other errors there are.
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

// served describes the app that the database holds under the name of -a; nil when there is none.
func (s *shell) served(ctx context.Context, r store.Records) (*appVersion, error) {
	bundle, err := source.Database(moment{r}, s.app, source.FromEnviron(s.environ, s.log())).Load(ctx)
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

// moment lets a source read the records of a transaction.
type moment struct{ store.Records }

func (m moment) Snapshot(_ context.Context, f func(store.Records) error) error { return f(m.Records) }

func (moment) Watch(context.Context, time.Duration, func()) error { return nil }

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
	if n := counts[kept]; n > 0 {
		note = fmt.Sprintf(", %d kept for another app", n) + note
	}
	_, err := fmt.Fprintf(s.out, "%d created, %d updated, %d unchanged%s\n%s", counts[created], counts[updated], counts[unchanged], note, s.replacedLine(in))
	return err
}

// replacedLine returns which app was replaced and how to restore it; of a new app it returns a line only in a dry run.
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
	return fmt.Sprintf("replaced %s; no copy was kept. Before the next import, keep one with: %s\n", what, keep)
}

// item is one record and what was done with it.
type item struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Did  string `json:"did"`
}

const (
	kept      = "kept"
	created   = "created"
	updated   = "updated"
	unchanged = "unchanged"
)

// importer writes records that differ from the database's and notes what it did.
type importer struct {
	st     store.Records // in one transaction; nil: there is no database yet, and it is a dry run
	fresh  bool          // the database held nothing when it was opened
	name   string        // of the app
	dryRun bool
	items  []item

	shared        *shared // what other apps of the database have; nil without one
	replace, keep bool    // what counts where another app has something else
	conflicts     []string

	before   *appVersion // what the database held; nil for none
	replaced *appVersion // before, once another app is in its place, or would be
}

// all writes what the folder holds.
func (in *importer) all(ctx context.Context, name string, f source.Folder) error {
	if err := in.standardModules(ctx, f); err != nil {
		return err
	}
	return in.folder(ctx, name, f)
}

// standardModules adds to a fresh database the modules that the designer offers, as a first start would, but for those
// that the folder holds whole.
func (in *importer) standardModules(ctx context.Context, f source.Folder) error {
	if in.dryRun || !in.fresh {
		return nil
	}
	for _, m := range catalog.Modules() {
		if slices.ContainsFunc(f.Modules, func(own source.Module) bool { return own.Name == m.Name && !own.CodeOnly }) {
			continue
		}
		if _, err := in.st.Module(ctx, m.Name); !errors.Is(err, store.ErrNotFound) { // a server that started meanwhile has put it there
			if err != nil {
				return err
			}
			continue
		}
		if err := in.st.SaveModule(ctx, store.Module(m)); err != nil {
			return err
		}
	}
	return nil
}

// folder writes modules, templates and the app.
func (in *importer) folder(ctx context.Context, name string, f source.Folder) error {
	for _, m := range f.Modules {
		if err := in.module(ctx, m); err != nil {
			return err
		}
	}
	for _, t := range f.Templates {
		err := put(ctx, in, "template", t.Name, func(old store.Template) bool { return old == t },
			func() (store.Template, error) { return in.st.Template(ctx, t.Name) },
			func() error { return in.st.SaveTemplate(ctx, t) })
		if err != nil {
			return err
		}
	}
	if err := in.conflict(); err != nil {
		return err
	}
	return in.app(ctx, name, f)
}

// conflict is the error of what other apps have otherwise; nil for none.
func (in *importer) conflict() error {
	if len(in.conflicts) == 0 {
		return nil
	}
	const most = 5
	list := strings.Join(in.conflicts[:min(most, len(in.conflicts))], ", ")
	if n := len(in.conflicts) - most; n > 0 {
		list += fmt.Sprintf(" and %d more", n)
	}
	return fault.New(fault.Conflict, "app %q has a different %s; nothing was written. --replace uses the new ones for all apps, --keep the old ones", in.name, list)
}

func (in *importer) module(ctx context.Context, m source.Module) error {
	row := m.Module
	same := func(old store.Module) bool {
		if m.CodeOnly {
			row.Form, row.Mod = old.Form, old.Mod
		}
		return sameText(old.Form, row.Form) && sameText(old.Mod, row.Mod) && sameText(old.Code, row.Code)
	}
	return put(ctx, in, "module", m.Name, same,
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
	err := put(ctx, in, "app", name, same,
		func() (store.App, error) { return in.st.App(ctx, name) },
		func() error { return in.st.SaveApp(ctx, app) })
	if err == nil && in.items[len(in.items)-1].Did == updated {
		in.replaced = in.before
	}
	return err
}

// put saves a record unless the database has the same.
func put[T any](ctx context.Context, in *importer, kind, name string, same func(old T) bool, load func() (T, error), save func() error) error {
	did := created
	if in.st != nil {
		old, err := load()
		switch {
		case err == nil && same(old):
			did = unchanged
		case err == nil:
			did = in.over(kind, name)
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	in.items = append(in.items, item{kind, name, did})
	if in.dryRun || in.st == nil {
		return nil
	}
	if did == created || did == updated {
		if err := save(); err != nil {
			return err
		}
	}
	if kind == "app" || did == kept {
		return nil
	}
	return in.st.AddOwner(ctx, store.Owner{Kind: kind, Name: name, App: in.name})
}

// over decides about a record that the database has otherwise.
func (in *importer) over(kind, name string) (did string) {
	if kind == "app" || in.replace {
		return updated
	}
	others := in.shared.others(kind, name, in.name)
	switch {
	case len(others) == 0:
		return updated
	case in.keep:
		return kept
	}
	in.conflicts = append(in.conflicts, fmt.Sprintf("%s %q than app %s", kind, name, strings.Join(others, ", ")))
	return kept
}

// asPath writes a path so that commands do not take it for a name in the database.
func asPath(path string) string {
	if source.IsPath(path) {
		return path
	}
	return "./" + path
}
