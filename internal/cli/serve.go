package cli

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/app"
	"github.com/arturoeanton/nflow-runtime/internal/config"
	"github.com/arturoeanton/nflow-runtime/logger"
)

func (s *shell) serve() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve an app (what happens without a command)",
		Long: `Serve the app that -a names, until SIGINT or SIGTERM: then runs that live may end within [server] drain_seconds. A
second signal ends the program at once. What changes in the database or the folder is taken without a restart. SIGHUP
reads [log] of the configuration again: level and format of the log change at once.`,
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
	if addr != "" && !config.IsAddress(addr) {
		return misused(s.command, "--addr %.64q is not accepted: want %s", addr, config.AddressForm)
	}
	if !c.DebugConfig.EnablePprof {
		runtime.MemProfileRate = 0 // nobody may ask for that profile. Measured: BENCHMARKS.md, "The collector"
	}
	_, person := terminal(s.err)
	l := logger.New(logger.Options{Out: s.err, Colour: person && s.getenv("NO_COLOR") == "", Mask: s.mask})
	defer l.Close()
	s.setLog(l, c.Log)
	defer onHangup(func() { s.readLog(l) })()
	o := app.Options{
		Config: c, App: s.app, Data: s.data, Addr: addr, Environ: s.environ, Version: readBuild().Version, Log: l.Logger(), Mask: s.mask, Control: l,
	}
	if _, ok := terminal(s.out); ok {
		o.Out = s.out
	}
	return app.Run(ctx, o)
}

// setLog gives the log the level and the format that [log] asks for.
func (s *shell) setLog(l *logger.Log, c config.LogConfig) {
	var level slog.Level
	if s.verbose {
		level = slog.LevelDebug
	} else if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	l.SetLevel(level)
	_, person := terminal(s.err)
	if c.Format == "text" || c.Format == "auto" && person {
		l.SetFormat(logger.Text)
	} else {
		l.SetFormat(logger.JSON)
	}
}

// readLog reads the configuration again and takes [log] from it. A configuration with a mistake in it changes nothing.
func (s *shell) readLog(l *logger.Log) {
	c, _, err := config.Load(s.source())
	if err != nil {
		l.Logger().Warn("the configuration cannot be used; the log stays as it is", "error", err)
		return
	}
	s.setLog(l, c.Log)
	l.Logger().Info("the log was set anew", "level", l.Level().String(), "format", c.Log.Format)
}

// onHangup calls f for each SIGHUP, until the function that it answers is called. Systems without that signal never do.
func onHangup(f func()) (stop func()) {
	hangups, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	var listening sync.WaitGroup
	listening.Go(func() {
		for {
			select {
			case <-hangups:
				f()
			case <-done:
				return
			}
		}
	})
	return func() {
		signal.Stop(hangups)
		close(done)
		listening.Wait()
	}
}
