package cli

import (
	"log/slog"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/logger"
)

// serverLog is the log of a server: it follows [log] of the configuration.
type serverLog struct {
	*logger.Log
	shell *shell
	file  *logger.File // nil while the log goes to standard error
}

// toTerminal reports whether the log is for a person to read.
func (s *shell) toTerminal(c engine.LogConfig) bool {
	_, person := terminal(s.err)
	return person && c.File == ""
}

// set applies the level, format and file of [log]. Where the file cannot be opened all stays as it was.
func (l *serverLog) set(c engine.LogConfig) error {
	if err := l.setFile(c); err != nil {
		return err
	}
	var level slog.Level
	if l.shell.verbose {
		level = slog.LevelDebug
	} else if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	l.SetLevel(level)
	if c.Format == "text" || c.Format == "auto" && l.shell.toTerminal(c) {
		l.SetFormat(logger.Text)
	} else {
		l.SetFormat(logger.JSON)
	}
	return nil
}

func (l *serverLog) setFile(c engine.LogConfig) error {
	var next *logger.File
	if c.File == "" {
		l.SetOut(l.shell.err)
	} else {
		var err error
		next, err = logger.OpenFile(logger.FileOptions{
			Path: c.File, MaxBytes: c.MaxMB.Int64() << 20, Keep: int(c.MaxFiles.Int64()), Fallback: l.shell.err,
		})
		if err != nil {
			return fault.InvalidSetting("log.file", err, "[log] file cannot be opened for writing; it is a path from where the server was started")
		}
		l.SetOut(next)
	}
	l.closeFile()
	l.file = next
	return nil
}

func (l *serverLog) closeFile() {
	if l.file != nil {
		l.file.Close() //nolint:errcheck // nothing waits in it
	}
}

// close writes what is waiting and closes the file.
func (l *serverLog) close() {
	l.Close()
	l.closeFile()
}

// read reads the configuration again and takes [log] from it. A configuration with a mistake in it changes nothing.
func (l *serverLog) read() {
	c, _, err := l.shell.source().Load()
	if err == nil {
		err = l.set(c.Log)
	}
	if err != nil {
		l.Logger().Warn("the configuration is invalid; the log settings are unchanged", "error", err)
		return
	}
	l.Logger().Info("the log settings were changed", "level", l.Level().String(), "format", c.Log.Format)
}
