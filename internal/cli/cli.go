// Package cli is the command line: one file for each command, and what they share.
//
// main calls Main and exits with its result. A command reads flags and configuration, opens what it needs and calls the
// packages below, which do the work: internal/app serves, the engine lints, internal/source reads and writes folders,
// internal/accounts keeps users and tokens. No package imports this one.
//
// Results go to stdout; warnings and errors go to stderr, one line each: what, where, how to fix it. Exit codes: 0 done,
// 1 failed or errors found, 2 the command line or the configuration is wrong.
package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/logger"
)

const program = "nflow-runtime"

// Main runs the command that args, which are without the program's name, ask for, and returns the exit code. It returns
// early when ctx ends. environ is as os.Environ returns it. Several may run at once.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, environ []string) int {
	s := &shell{in: stdin, out: stdout, err: stderr, environ: environ}
	root := s.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return s.report(root.ExecuteContext(ctx))
}

// shell is one call of the program: its streams, its environment, and the flags that all commands take.
type shell struct {
	in       io.Reader
	out, err io.Writer
	environ  []string

	config  string
	data    string
	app     string
	verbose bool
	command *cobra.Command // the one that runs
	loaded  *engine.ConfigWorkspace
	mask    *logger.Masker // of what loaded holds
}

func (s *shell) root() *cobra.Command {
	serve := s.serve()
	root := &cobra.Command{
		Use:   program,
		Short: "Run the workflows drawn in the nFlow designer",
		Long: `Run the workflows drawn in the nFlow designer.

Without a command it serves the app that -a names, from the database in the --data folder. The first start creates the
database with a demo app.`,
		Example: `  nflow-runtime                          serve the app "app" on port 8080
  nflow-runtime -a shop/app.json         serve the app of a folder; reload it when it changes
  nflow-runtime lint ./shop              report the problems of the app of a folder
  nflow-runtime import ./shop -a shop    import the app of a folder into the database`,
		Args:              s.noCommand,
		RunE:              serve.RunE,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRun:  func(cmd *cobra.Command, _ []string) { s.command = cmd },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.Flags().AddFlagSet(serve.Flags())
	flags := root.PersistentFlags()
	flags.StringVarP(&s.config, "config", "c", "config.toml", "configuration `file`; the default one may be missing")
	flags.StringVar(&s.data, "data", "data", "`folder` of the database nflow.db, unless the configuration names another database")
	flags.StringVarP(&s.app, "app", "a", "app", "`name` of the app in the database, or path of a folder or app.json")
	flags.BoolVarP(&s.verbose, "verbose", "v", false, "log at level debug, and print the causes of errors")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		text, _, _ := strings.Cut(err.Error(), ": strconv.") // says nothing that the rest does not
		return misused(cmd, "%s", text)
	})
	root.AddCommand(serve, s.lint(), s.imports(), s.exports(), s.runs(), s.backup(), s.health(), s.user(), s.token(), s.types(), s.version())
	return root
}

// noCommand refuses what stands where a command is expected.
func (s *shell) noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	cmd.SuggestionsMinimumDistance = 2
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		hint = fmt.Sprintf("; did you mean %s?", strings.Join(like, " or "))
	}
	below := strings.TrimPrefix(cmd.CommandPath()+" ", program+" ")
	return misused(cmd, "unknown command %q%s", below+args[0], hint)
}

// group is a command that only holds others.
func (s *shell) group(use, short string, below ...*cobra.Command) *cobra.Command {
	var names []string
	for _, c := range below {
		names = append(names, c.Name())
	}
	cmd := &cobra.Command{Use: use, Short: short, Args: s.noCommand, RunE: func(cmd *cobra.Command, _ []string) error {
		return misused(cmd, "a subcommand is missing: %s %s", use, strings.Join(names, "|"))
	}}
	cmd.AddCommand(below...)
	return cmd
}

// named takes exactly the arguments of those names, none of them empty.
func named(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return misused(cmd, "%s is missing", names[len(args)])
		case len(args) > len(names):
			return misused(cmd, "unexpected argument %q", args[len(names)])
		}
		for i, name := range names {
			if strings.TrimSpace(args[i]) == "" {
				return misused(cmd, "%s is empty", name)
			}
		}
		return nil
	}
}

// settings loads the configuration, once, and prints its warnings.
func (s *shell) settings() (*engine.ConfigWorkspace, error) {
	if s.loaded != nil {
		return s.loaded, nil
	}
	c, warnings, err := s.source().Load()
	for _, w := range warnings {
		s.say("warning: %s", w)
	}
	if err != nil {
		return nil, err
	}
	if s.mask, err = engine.NewMasker(c); err != nil {
		return nil, err
	}
	s.loaded = c
	return c, nil
}

// source returns where the configuration is read.
func (s *shell) source() engine.ConfigFile {
	return engine.ConfigFile{Path: s.config, Required: s.command.Flags().Changed("config"), Environ: s.environ}
}

// store opens the database, and makes it when it is missing. The caller closes it.
func (s *shell) store(ctx context.Context) (store.Store, error) {
	c, err := s.settings()
	if err != nil {
		return nil, err
	}
	return s.open(ctx, c)
}

// mustExist opens the database, which has to be there.
func (s *shell) mustExist(ctx context.Context) (store.Store, error) {
	st, err := s.existing(ctx)
	if err == nil && st == nil {
		err = noDatabase()
	}
	return st, err
}

// existing opens the database if there is one, else it returns nil.
func (s *shell) existing(ctx context.Context) (store.Store, error) {
	c, err := s.settings()
	if err != nil || !hasDatabase(c, s.data) {
		return nil, err
	}
	return s.open(ctx, c)
}

func (s *shell) open(ctx context.Context, c *engine.ConfigWorkspace) (store.Store, error) {
	return engine.OpenStore(ctx, c, s.data, s.log())
}

// log is for packages that would log while a command runs: warnings only, unless -v.
func (s *shell) log() *slog.Logger {
	level := slog.LevelWarn
	if s.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level}))
}

// getenv reads the environment that Main was given; of a name that is there twice, the last counts.
func (s *shell) getenv(name string) (value string) {
	for _, e := range s.environ {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			value = v
		}
	}
	return value
}
