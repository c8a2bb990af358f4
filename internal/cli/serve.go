package cli

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/app"
	"github.com/arturoeanton/nflow-runtime/internal/config"
)

func (s *shell) serve() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve an app (what happens without a command)",
		Long: `Serve the app that -a names, until SIGINT or SIGTERM: then runs that live may end within [server] drain_seconds. A
second signal ends the program at once. What changes in the database or the folder is taken without a restart.`,
		Example: `  nflow-runtime serve
  nflow-runtime serve -a shop/app.json --addr 127.0.0.1:9000`,
		Args: named(),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), addr) },
	}
	cmd.Flags().StringVar(&addr, "addr", "", "`host:port` to listen on. Defaults to [server] address, else :8080")
	return cmd
}

func (s *shell) run(ctx context.Context, addr string) error {
	c, err := s.settings()
	if err != nil {
		return err
	}
	o := app.Options{Config: c, App: s.app, Data: s.data, Addr: addr, Environ: s.environ, Version: readBuild().Version, Log: s.serverLog(c.Log)}
	if _, ok := terminal(s.out); ok {
		o.Out = s.out
	}
	return app.Run(ctx, o)
}

// serverLog makes the log that [log] asks for, on stderr.
func (s *shell) serverLog(c config.LogConfig) *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err == nil {
		o.Level = level
	}
	if s.verbose {
		o.Level = slog.LevelDebug
	}
	_, person := terminal(s.err)
	if c.Format == "text" || c.Format == "auto" && person {
		return slog.New(slog.NewTextHandler(s.err, o))
	}
	return slog.New(slog.NewJSONHandler(s.err, o))
}
