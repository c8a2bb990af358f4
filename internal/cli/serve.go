package cli

import (
	"context"
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
		Short: "Serve an app (the default command)",
		Long: `Serve the app that -a names until SIGINT or SIGTERM; then running runs have [server] drain_seconds to finish. A second
signal exits immediately. Changes in the database or the folder are picked up without a restart. SIGHUP reloads [log] of the
configuration: level, format and file.`,
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
		runtime.MemProfileRate = 0 // no page serves that profile. Measured: BENCHMARKS.md, "Garbage collector"
	}
	l := &serverLog{shell: s, Log: logger.New(logger.Options{Out: s.err, Colour: s.toTerminal(c.Log) && s.getenv("NO_COLOR") == "", Mask: s.mask})}
	defer l.close()
	if err := l.set(c.Log); err != nil {
		return err
	}
	defer onHangup(l.read)()
	o := app.Options{
		Config: c, App: s.app, Data: s.data, Addr: addr, Environ: s.environ, Version: readBuild().Version, Log: l.Logger(), Mask: s.mask, Control: l.Log,
	}
	if _, ok := terminal(s.out); ok {
		o.Out = s.out
	}
	return app.Run(ctx, o)
}

// onHangup calls f for each SIGHUP, until the function that it returns is called. Systems without that signal never do.
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
