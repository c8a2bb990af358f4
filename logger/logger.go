// Package logger writes the log of the process: lines for a person at a terminal or JSON for a machine, without the
// secrets that a Masker knows.
//
// internal/cli makes one Log and passes its slog.Logger down; other packages log without importing this one. A Masker is
// shared with whatever else writes down what happened, such as the history of runs. The package knows nothing of flows,
// of the configuration, or of what is logged.
package logger

import (
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Format is how lines look.
type Format int32

// The formats.
const (
	JSON Format = iota // one object on a line
	Text               // time, level, message and name=value, in columns
)

// Options say where a Log writes and how. Only Out is needed.
type Options struct {
	Out    io.Writer
	Format Format
	Level  slog.Level // Defaults to info
	Colour bool       // colours of a terminal, in Text
	Mask   *Masker    // Defaults to none
}

// Log is the log of a process. What it can change while lines are written, SetLevel and SetFormat change. Its methods
// may be called from any goroutine.
type Log struct {
	level  slog.LevelVar
	format atomic.Int32
	colour bool
	mask   *Masker
	out    sink
	lines  sync.Pool // of *line
}

// New makes a Log. The caller closes it.
func New(o Options) *Log {
	l := &Log{colour: o.Colour, mask: o.Mask}
	l.out.w = o.Out
	l.SetLevel(o.Level)
	l.SetFormat(o.Format)
	return l
}

// Logger returns the slog.Logger that writes here.
func (l *Log) Logger() *slog.Logger { return slog.New(&handler{log: l}) }

// Level returns the lowest level that is written.
func (l *Log) Level() slog.Level { return l.level.Level() }

// SetLevel changes the level, also for loggers that are in use.
func (l *Log) SetLevel(level slog.Level) { l.level.Set(level) }

// Format reports how lines look.
func (l *Log) Format() Format { return Format(l.format.Load()) }

// SetFormat changes how lines look.
func (l *Log) SetFormat(f Format) { l.format.Store(int32(f)) }

// SetOut changes where lines go. What is waiting goes where it went before. The caller closes w, and what was there.
func (l *Log) SetOut(w io.Writer) {
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	l.out.send()
	l.out.w = w
}

// Flush writes what is waiting.
func (l *Log) Flush() { l.out.flush() }

// Lost returns how many writes failed, and the error of the last one when that failed; each held one line or several. What
// the fallback of a File got is not lost, but has an error too.
func (l *Log) Lost() (int64, error) { return l.out.lostWrites() }

// Close writes what is waiting. Lines that come later are written immediately.
func (l *Log) Close() { l.out.close() }
