// Package console has the functions of console, as Node has them: lines of the log, groups, counts, times and tables. internal/jsapi
// shows them to flow code; it knows nothing of the log but the run.
package console

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// Functions returns the functions of console by their names, which write to the log what Node's write.
func Functions() map[string]func(*hostfn.Run, goja.FunctionCall) {
	at := func(level slog.Level) func(*hostfn.Run, goja.FunctionCall) {
		return func(r *hostfn.Run, call goja.FunctionCall) { console{r}.print(level, "", call.Arguments) }
	}
	does := func(f func(console, goja.FunctionCall)) func(*hostfn.Run, goja.FunctionCall) {
		return func(r *hostfn.Run, call goja.FunctionCall) { f(console{r}, call) }
	}
	return map[string]func(*hostfn.Run, goja.FunctionCall){
		"log": at(slog.LevelInfo), "info": at(slog.LevelInfo), "warn": at(slog.LevelWarn), "error": at(slog.LevelError), "debug": at(slog.LevelDebug),
		"dirxml": at(slog.LevelInfo), "trace": does(console.trace), "assert": does(console.assert), "dir": does(console.dir), "table": does(console.table),
		"group": does(console.group), "groupCollapsed": does(console.group), "groupEnd": does(console.groupEnd),
		"count": does(console.count), "countReset": does(console.countReset),
		"time": does(console.time), "timeLog": does(console.timeLog), "timeEnd": does(console.timeEnd),
	}
}

// console is that of a run.
type console struct{ *hostfn.Run }

// print writes arguments as a line of log, behind a text of its own.
func (s console) print(level slog.Level, before string, args []goja.Value) {
	log := s.Log()
	if logs := log.Enabled(context.Background(), level); logs || s.Lines != nil {
		text, line := before, hostfn.Line(s.VM)
		if len(args) > 0 || before == "" {
			text += hostfn.Format(s.Run, args)
		}
		if in := s.consoleState(false); in != nil && in.depth > 0 {
			indent := strings.Repeat("  ", in.depth)
			text = indent + strings.ReplaceAll(text, "\n", "\n"+indent)
		}
		if logs {
			log.LogAttrs(context.Background(), level, text, slog.Int("line", line))
		}
		if s.Lines != nil {
			s.Lines.Log(level, text, line)
		}
	}
}

const (
	maxGroups = 40   // by which lines are indented
	maxLabels = 1000 // of counts, and of times
	maxLabel  = 128  // bytes
)

// consoleState is what the console of a run remembers.
type consoleState struct {
	depth  int // of groups
	counts map[string]int
	times  map[string]time.Time
}

type consoleKey struct{}

// consoleState returns the run's; nil where there is none and none is to be made.
func (s console) consoleState(make bool) *consoleState {
	if !make && !hostfn.Has[consoleState](s.Run, consoleKey{}) {
		return nil
	}
	return hostfn.Kept(s.Run, consoleKey{}, func() *consoleState {
		return &consoleState{counts: map[string]int{}, times: map[string]time.Time{}}
	})
}

// label returns the name of a count or of a time.
func (s console) label(call goja.FunctionCall) string {
	v := call.Argument(0)
	if goja.IsUndefined(v) {
		return "default"
	}
	if _, symbol := v.(*goja.Symbol); symbol {
		panic(s.VM.NewTypeError("Cannot convert a Symbol value to a string"))
	}
	return clip.Text(s.Text(v), maxLabel)
}

func (s console) group(call goja.FunctionCall) {
	if len(call.Arguments) > 0 {
		s.print(slog.LevelInfo, "", call.Arguments)
	}
	in := s.consoleState(true)
	in.depth = min(in.depth+1, maxGroups)
}

func (s console) groupEnd(goja.FunctionCall) {
	in := s.consoleState(true)
	in.depth = max(in.depth-1, 0)
}

func (s console) assert(call goja.FunctionCall) {
	if call.Argument(0).ToBoolean() {
		return
	}
	rest := call.Arguments[min(1, len(call.Arguments)):]
	switch {
	case len(rest) == 0:
		s.print(slog.LevelWarn, "Assertion failed", nil)
	default:
		s.print(slog.LevelWarn, "Assertion failed: ", rest)
	}
}

// trace writes where the code is.
func (s console) trace(call goja.FunctionCall) {
	text := "Trace"
	if len(call.Arguments) > 0 {
		text += ": " + hostfn.Format(s.Run, call.Arguments)
	}
	for _, frame := range s.VM.CaptureCallStack(maxItemsOfTrace, nil) {
		if at := frame.Position(); at.Line > 0 {
			text += "\n    at " + strings.TrimSpace(frame.FuncName()+" ("+at.String()+")")
		}
	}
	s.print(slog.LevelError, text, nil)
}

// maxItemsOfTrace is how many calls a trace shows at most.
const maxItemsOfTrace = 20

func (s console) dir(call goja.FunctionCall) {
	s.print(slog.LevelInfo, hostfn.Quoted(s.Run, call.Argument(0)), nil)
}

func (s console) count(call goja.FunctionCall) {
	label, in := s.label(call), s.consoleState(true)
	if _, known := in.counts[label]; known || len(in.counts) < maxLabels {
		in.counts[label]++
	}
	s.print(slog.LevelInfo, label+": "+strconv.Itoa(in.counts[label]), nil)
}

func (s console) countReset(call goja.FunctionCall) {
	label, in := s.label(call), s.consoleState(true)
	if _, known := in.counts[label]; !known {
		s.print(slog.LevelWarn, "Count for '"+label+"' does not exist", nil)
		return
	}
	in.counts[label] = 0
}

func (s console) time(call goja.FunctionCall) {
	label, in := s.label(call), s.consoleState(true)
	if _, known := in.times[label]; known {
		s.print(slog.LevelWarn, "Label '"+label+"' already exists for console.time()", nil)
		return
	}
	if len(in.times) < maxLabels {
		in.times[label] = s.Now()
	}
}

func (s console) timeLog(call goja.FunctionCall) { s.elapsed("timeLog", call) }

func (s console) timeEnd(call goja.FunctionCall) {
	s.elapsed("timeEnd", goja.FunctionCall{Arguments: call.Arguments[:min(1, len(call.Arguments))]})
	delete(s.consoleState(true).times, s.label(call))
}

func (s console) elapsed(name string, call goja.FunctionCall) {
	label := s.label(call)
	began, known := s.consoleState(true).times[label]
	if !known {
		s.print(slog.LevelWarn, "No such label '"+label+"' for console."+name+"()", nil)
		return
	}
	text := label + ": " + durationOf(s.Now().Sub(began))
	if len(call.Arguments) > 1 {
		s.print(slog.LevelInfo, text+" ", call.Arguments[1:])
		return
	}
	s.print(slog.LevelInfo, text, nil)
}

// durationOf writes a time as console.timeEnd does.
func durationOf(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatFloat(float64(d.Microseconds())/1000, 'g', -1, 64) + "ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) + "s"
	}
	return fmt.Sprintf("%d:%06.3f (m:ss.mmm)", int(d.Minutes()), (d % time.Minute).Seconds())
}
