package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
)

// lines takes log lines from many goroutines.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRuntime(t *testing.T, log io.Writer, section map[string]any) (*engine.Runtime, error) {
	t.Helper()
	config := engine.ConfigWorkspace{PluginConfig: engine.PluginConfig{Sections: map[string]map[string]any{"rates": section}}}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	st, err := engine.OpenStore(t.Context(), &engine.ConfigWorkspace{DatabaseNflow: engine.DatabaseConfig{DSN: ":memory:"}}, "", logger)
	if err != nil {
		t.Fatal(err)
	}
	rt, err := engine.New(engine.Options{Store: st, Config: config, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		rt.Close(context.Background())
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return rt, rt.Use(t.Context(), &rates{})
}

func TestPlugin(t *testing.T) {
	t.Parallel()
	log := &lines{}
	rt, err := newRuntime(t, log, map[string]any{"USD": 1.25})
	if err != nil {
		t.Fatal(err)
	}
	app, err := filepath.Abs("app.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.Load(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Any("/*", rt.Handler(app))
	e.HTTPErrorHandler = rt.HandleError
	for path, want := range map[string]string{
		"/convert/10/EUR/USD": `200 {"amount":12.5}`,
		"/dollars/4":          `200 {"price":5}`,
		"/dollars/none":       `400 {"message":"there is no amount"}`,
		"/convert/1/EUR/XXX":  `500 {"message":`,
	} {
		a := httptest.NewRecorder()
		e.ServeHTTP(a, httptest.NewRequest(http.MethodGet, path, nil))
		if got := fmt.Sprintf("%d %s", a.Code, a.Body); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for _, want := range []string{
		"plugin=rates currencies=2",   // its own log and section
		"msg=converted", "flow=Money", // the run's log
		`no rate from \"EUR\" to \"XXX\"`, // the error
		"Convert:3:32",                    // at the author's line and column
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
}

func TestPluginRefusesABadSection(t *testing.T) {
	t.Parallel()
	_, err := newRuntime(t, io.Discard, map[string]any{"USD": "dear"})
	if err == nil || !strings.Contains(err.Error(), "[plugin.rates]") {
		t.Errorf("got %v", err)
	}
}

func TestPluginTakesItsNameOnce(t *testing.T) {
	t.Parallel()
	rt, err := newRuntime(t, io.Discard, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a second plugin of the name was taken")
		}
	}()
	_ = rt.Use(t.Context(), &rates{})
}

// TestPluginIsSmall: a whole plugin is 60 lines of code.
func TestPluginIsSmall(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("rates.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			lines++
		}
	}
	if lines > 60 {
		t.Errorf("%d lines", lines)
	}
}
