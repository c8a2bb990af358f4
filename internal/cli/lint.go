package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/app"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

func (s *shell) lint() *cobra.Command {
	var format string
	var fix, dryRun bool
	cmd := &cobra.Command{
		Use:   "lint [APP]",
		Short: "Report the problems of an app",
		Long: `Report the problems of an app: a name in the database, or the path of a folder (./shop) or app.json. Without APP it checks
the one that -a names. Flows with errors are not served; check warnings and infos. The exit code is 1 if there are errors.

A path needs no database. If there is one, it supplies modules and templates that the folder lacks, as when serving.

--fix repairs problems that have one possible fix: it removes connections to and from missing nodes, and every connection of
an output but the first, which is the only one followed. It prints what it removed, then what is left. The rest of the file,
or of the app in the database, stays byte for byte the same.`,
		Example: `  nflow-runtime lint
  nflow-runtime lint shop/app.json
  nflow-runtime lint ./shop --fix --dry-run
  nflow-runtime lint ./shop --format json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return named("APP")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return misused(cmd, "--format %.40q is not accepted: want text or json", format)
			}
			if dryRun && !fix {
				return misused(cmd, "--dry-run requires --fix")
			}
			app := s.app
			if len(args) == 1 {
				app = args[0]
			}
			f := &fixes{wanted: fix, dryRun: dryRun}
			problems, err := s.problems(cmd.Context(), app, source.IsPath(app), f)
			if err != nil {
				return err
			}
			return s.showProblems(app, problems, f, format)
		},
	}
	cmd.Flags().BoolVar(&fix, "fix", false, "repair problems that have one possible fix")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "with --fix: only print what would be done")
	cmd.Flags().StringVar(&format, "format", "text", "output `format`: text or json")
	return cmd
}

// problems compiles an app of the database, or of a path, and lists what is wrong with it. JSON that cannot be read is
// one problem. What f wants repaired is repaired before; f may be nil.
func (s *shell) problems(ctx context.Context, name string, isPath bool, f *fixes) ([]graph.Problem, error) {
	c, err := s.settings()
	if err != nil {
		return nil, err
	}
	linter, err := s.linter(ctx, c)
	if err != nil {
		return nil, err
	}
	defer linter.close(ctx)
	st, err := s.existing(ctx)
	if err != nil {
		return nil, err
	}
	if st != nil {
		defer st.Close()
	}
	app, err := s.graphApp(ctx, st, name, isPath)
	if err != nil {
		return nil, err
	}
	if f != nil && f.wanted {
		if err := f.apply(ctx, st, name, isPath, &app); err != nil {
			return nil, err
		}
	}
	return linter.problems(app)
}

// graphApp loads an app as the server would; st is nil where there is no database.
func (s *shell) graphApp(ctx context.Context, st store.Store, name string, isPath bool) (graph.App, error) {
	o := source.FromEnviron(s.environ, s.log())
	var src source.Source
	switch {
	case isPath && st == nil:
		src = source.File(name, nil, o)
	case isPath:
		src = source.File(name, st, o)
	case st == nil:
		return graph.App{}, orPath(name, noDatabase())
	default:
		src = source.Database(st, name, o)
	}
	bundle, err := src.Load(ctx)
	switch {
	case err != nil && isPath:
		return graph.App{}, at(name, err)
	case err != nil:
		return graph.App{}, orPath(name, app.Named(ctx, st, name, err))
	}
	return bundle.App, nil
}

// orPath adds to an error about an app of the database that there is a folder of that name.
func orPath(name string, err error) error {
	if info, failed := os.Stat(name); failed != nil || !info.IsDir() {
		return err
	}
	e := fault.From(err)
	return &fault.Error{Kind: e.Kind, Text: fmt.Sprintf("%s; if you mean the folder, write ./%s", e.Text, name), Cause: e.Cause}
}

// linter is a runtime that serves nothing. Its database is one in memory, so that looking at an app writes nowhere.
type linter struct {
	rt    *engine.Runtime
	close func(context.Context)
}

func (s *shell) linter(ctx context.Context, c *engine.ConfigWorkspace) (*linter, error) {
	st, err := sqlite.Open(ctx, sqlite.Options{DSN: ":memory:"})
	if err != nil {
		return nil, err
	}
	rt, err := engine.New(engine.Options{Store: st, Config: *c, Log: slog.New(slog.DiscardHandler), Environ: s.environ})
	if err != nil {
		st.Close() //nolint:errcheck // the first error is the one to report
		return nil, err
	}
	return &linter{rt, func(ctx context.Context) {
		rt.Close(ctx)
		st.Close() //nolint:errcheck // nothing is kept in it
	}}, nil
}

func (l *linter) problems(app graph.App) ([]graph.Problem, error) {
	problems, err := l.rt.Lint(app)
	if e, ok := errors.AsType[*graph.SyntaxError](err); ok {
		return []graph.Problem{{Level: graph.LevelError, Rule: "syntax", Line: e.Line, Column: e.Column, Text: "the app is not valid JSON: " + e.Text}}, nil
	}
	slices.SortStableFunc(problems, func(a, b graph.Problem) int {
		return cmp.Or(cmp.Compare(rank(a.Level), rank(b.Level)), cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Node, b.Node), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems, err
}

func rank(l graph.Level) int {
	return slices.Index([]graph.Level{graph.LevelError, graph.LevelWarning, graph.LevelInfo}, l)
}

func count(problems []graph.Problem, l graph.Level) (n int) {
	for _, p := range problems {
		if p.Level == l {
			n++
		}
	}
	return n
}

func (s *shell) showProblems(app string, problems []graph.Problem, f *fixes, format string) error {
	errs, warnings, infos := count(problems, graph.LevelError), count(problems, graph.LevelWarning), count(problems, graph.LevelInfo)
	if format == "json" {
		answer := map[string]any{"app": app, "problems": append([]graph.Problem{}, problems...), "errors": errs, "warnings": warnings, "infos": infos}
		if f.wanted {
			answer["fixed"], answer["dry_run"] = append([]graph.Change{}, f.changes...), f.dryRun
		}
		if err := s.json(answer); err != nil {
			return err
		}
	} else {
		if err := s.showFixes(f); err != nil {
			return err
		}
		last := graph.Level("")
		for _, p := range problems {
			if last != "" && last != p.Level {
				fmt.Fprintln(s.out)
			}
			last = p.Level
			fmt.Fprintln(s.out, s.problemLine(p))
		}
		summary := "no problems"
		if len(problems) > 0 {
			summary = "\n" + strings.Join([]string{plural(errs, "error"), plural(warnings, "warning"), plural(infos, "info")}, ", ")
		}
		if _, err := fmt.Fprintln(s.out, summary); err != nil {
			return err
		}
	}
	if errs > 0 {
		return errFound
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// problemLine formats a problem as "error  flow/label (node id) code 3:14  text".
func (s *shell) problemLine(p graph.Problem) string {
	colours := map[graph.Level]string{graph.LevelError: "31", graph.LevelWarning: "33", graph.LevelInfo: "36"}
	level := s.colour(colours[p.Level], fmt.Sprintf("%-7s", p.Level))
	return fmt.Sprintf("%s  %s  %s", level, problemPlace(p), printable(p.Text))
}

func problemPlace(p graph.Problem) string {
	var place []string
	if p.Flow != "" || p.Name != "" {
		place = append(place, p.Flow+"/"+p.Name)
	}
	if p.Node != "" {
		place = append(place, "("+p.Node+")")
	}
	if p.Key != "" {
		place = append(place, p.Key)
	}
	if p.Line > 0 {
		in := ""
		if p.Rule != "code" { // a place in the app's JSON, not in the code of the node
			in = "json "
		}
		place = append(place, fmt.Sprintf("%s%d:%d", in, p.Line, p.Column))
	}
	return printable(strings.Join(place, " "))
}
