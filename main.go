// Command nflow-runtime serves the workflows drawn in the nFlow designer, and manages their database. See the package
// internal/cli and the help of the command.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/arturoeanton/nflow-runtime/internal/cli"
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		os.Exit(1) // whatever is still running
	}()
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}
