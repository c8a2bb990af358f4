package logger_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
	"github.com/arturoeanton/nflow-runtime/logger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHandlerKeepsTheContractOfSlog(t *testing.T) {
	t.Parallel()
	var out *servertest.Record
	var l *logger.Log
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out = &servertest.Record{}
		l = logger.New(logger.Options{Out: out})
		return l.Logger().Handler()
	}, func(t *testing.T) map[string]any {
		l.Close()
		var got map[string]any
		if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return got
	})
}

// write returns what one record looks like.
func write(o logger.Options, log func(*slog.Logger)) string {
	out := &servertest.Record{}
	o.Out = out
	l := logger.New(o)
	log(l.Logger())
	l.Close()
	return out.String()
}

type panics struct{}

func (*panics) Error() string { panic("nil") }

func TestJSONLine(t *testing.T) {
	t.Parallel()
	text := write(logger.Options{}, func(log *slog.Logger) {
		log.With("wid", "w-1").Warn("a \"b\"\n\x1b[31m\u2028ñ", "n", 7, "f", 1.25, "whole", 3.0, "ok", true, "d", 1500*time.Millisecond,
			"err", errors.New("gone"), "list", []string{"a", "b"}, "nil", nil, "bad", "\xff", "panics", (*panics)(nil),
			slog.Group("fields", "x", 1, "empty", slog.GroupValue()))
	})
	if strings.Count(text, "\n") != 1 || strings.ContainsAny(text, "\x1b\u2028") {
		t.Fatalf("not one clean line: %q", text)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "time")
	want := map[string]any{
		"level": "WARN", "msg": "a \"b\"\n\x1b[31m\u2028ñ", "wid": "w-1", "n": 7.0, "f": 1.25, "whole": 3.0, "ok": true, "d": "1.5s", "err": "gone",
		"list": []any{"a", "b"}, "nil": "null", "bad": "\ufffd", "panics": "!PANIC", "fields": map[string]any{"x": 1.0},
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if !bytes.Equal(a, b) {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}

func TestTextLineHasColumnsAndNothingThatSteersATerminal(t *testing.T) {
	t.Parallel()
	text := write(logger.Options{Format: logger.Text}, func(log *slog.Logger) {
		log.Info("run", "path", "/a b", "ms", 1.5, "stack", "Error: x\n\tat main (a:1)", slog.Group("g", "k", "\x1b[2Jv\u202e"))
		log.Warn("a message that is longer than its column", "k", "v")
	})
	lines := strings.Split(text, "\n")
	if want := `INFO  run                      path="/a b" ms=1.5 g.k=·[2Jv·`; !strings.HasSuffix(lines[0], want) || len(lines[0]) != len("15:04:05.000 ")+len(want) {
		t.Errorf("%q", lines[0])
	}
	if lines[1] != "    stack: Error: x" || lines[2] != "      at main (a:1)" {
		t.Errorf("%q", lines[1:3])
	}
	if !strings.HasSuffix(lines[3], "WARN  a message that is longer than its column k=v") {
		t.Errorf("%q", lines[3])
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("colours without being asked for: %q", text)
	}
	if coloured := write(logger.Options{Format: logger.Text, Colour: true}, func(log *slog.Logger) { log.Error("x", "k", "v") }); !strings.Contains(coloured, "\x1b[31mERROR\x1b[0m") {
		t.Errorf("no colours: %q", coloured)
	}
}

func TestEverythingIsMasked(t *testing.T) {
	t.Parallel()
	m := masker(t, logger.MaskOptions{Secrets: []string{"hunter-22"}})
	for _, format := range []logger.Format{logger.JSON, logger.Text} {
		text := write(logger.Options{Format: format, Mask: m}, func(log *slog.Logger) {
			log.With("a", "hunter-22").WithGroup("g").Info("msg hunter-22", "b", "x hunter-22", "c", errors.New("hunter-22"), "d", []string{"hunter-22"},
				"e", map[string]string{"hunter-22": "hunter-22"}, slog.Group("fields", "hunter-22", 1), "f", "many\nlines hunter-22", "h", []byte("hunter-22"))
		})
		if strings.Contains(text, "hunter-22") || strings.Count(text, "********") != 10 {
			t.Errorf("%s", text)
		}
	}
}

func TestLevelAndFormatChangeWhileInUse(t *testing.T) {
	t.Parallel()
	out := &servertest.Record{}
	l := logger.New(logger.Options{Out: out, Level: slog.LevelWarn})
	log := l.Logger().With("k", "v")
	log.Info("one")
	l.SetLevel(slog.LevelDebug)
	l.SetFormat(logger.Text)
	log.Debug("two")
	l.Close()
	if text := out.String(); strings.Contains(text, "one") || !strings.Contains(text, "DEBUG two") || l.Level() != slog.LevelDebug || l.Format() != logger.Text {
		t.Errorf("%q", text)
	}
}

func TestLinesLeaveTogetherAndSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &servertest.Record{}
		l := logger.New(logger.Options{Out: out})
		log := l.Logger()
		log.Info("one")
		if out.String() != "" {
			t.Error("a line left alone")
		}
		time.Sleep(time.Second) // of the bubble's clock
		synctest.Wait()
		if !strings.Contains(out.String(), "one") {
			t.Error("a line never left")
		}
		log.Info("two")
		log.Warn("three")
		if !strings.Contains(out.String(), "two") || !strings.Contains(out.String(), "three") {
			t.Error("a warning waited")
		}
		log.Info("four")
		l.Flush()
		if !strings.Contains(out.String(), "four") {
			t.Error("Flush left a line behind")
		}
		l.Close()
		log.Info("five")
		if !strings.Contains(out.String(), "five") {
			t.Error("a line after Close is lost")
		}
	})
}

func TestManyGoroutinesWriteWholeLines(t *testing.T) {
	t.Parallel()
	out := &servertest.Record{}
	l := logger.New(logger.Options{Out: out})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			log := l.Logger().With("wid", strings.Repeat("w", 36))
			for range 200 {
				log.Info("run", "x", strings.Repeat("x", 100))
			}
		})
	}
	all.Wait()
	l.Close()
	n := 0
	for line := range strings.Lines(out.String()) {
		if !json.Valid([]byte(line)) {
			t.Fatalf("%q", line)
		}
		n++
	}
	if n != 1600 {
		t.Errorf("%d lines", n)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("message", "key", "value\n\x1b\xff")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		text := write(logger.Options{}, func(log *slog.Logger) {
			log.Info(message, slog.String(key, value), slog.Any("any", map[string]string{key: value}))
		})
		if !json.Valid([]byte(text)) || strings.Count(text, "\n") != 1 {
			t.Errorf("%q", text)
		}
		text = write(logger.Options{Format: logger.Text}, func(log *slog.Logger) { log.Info(message, key, value) })
		for _, r := range text {
			if r < ' ' && r != '\n' {
				t.Errorf("%q", text)
			}
		}
	})
}

func BenchmarkRunLine(b *testing.B) {
	m := masker(b, logger.MaskOptions{Secrets: []string{"a-password", "another-key"}})
	for name, log := range map[string]*slog.Logger{
		"ours": logger.New(logger.Options{Out: io.Discard, Mask: m}).Logger(),
		"slog": slog.New(slog.NewJSONHandler(io.Discard, nil)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				log.LogAttrs(b.Context(), slog.LevelInfo, "run", slog.String("wid", "550e8400-e29b-41d4-a716-446655440000"), slog.String("flow", "orders"),
					slog.String("method", "GET"), slog.String("path", "/orders/17"), slog.Int("status", 200), slog.Int64("bytes", 1234),
					slog.String("client", "127.0.0.1"), slog.Float64("ms", 1.25), slog.Int("nodes", 3), slog.Int64("operations", 1234),
					slog.Int64("peak_memory", 123456), slog.Float64("vm_ms", 1.05))
			}
		})
	}
}
