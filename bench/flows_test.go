package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/app"
)

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{`{"a":1,"b":[true,null]}`, "{ \"b\": [true, null], \"a\": 1.0 }\n", true},
		{`{"x":-28.73617456466739}`, `{"x":-28.736174564667394}`, true},
		{`{"x":-28.73617456466739}`, `{"x":-28.7361745}`, false},
		{`{"a":"1"}`, `{"a":1}`, false},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`{"a":1,"b":2}`, `{"a":1,"c":2}`, false},
		{`{"a":null}`, `{"b":null}`, false},
		{`[1,2]`, `[2,1]`, false},
		{`[1,2]`, `[1]`, false},
		{`[1]`, `{"0":1}`, false},
		{`{"a":1}`, `{"a":1`, false},
		{"<form>", "<form>", true},
		{"<form>", "<form> ", false},
	} {
		if same(c.want, []byte(c.got)) != c.same {
			t.Errorf("%s and %s: %v", c.want, c.got, !c.same)
		}
	}
}

// TestFlowsAnswer: the server and the floors answer every flow as it is measured.
func TestFlowsAnswer(t *testing.T) {
	t.Parallel()
	backend, err := startBackend(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	dir := t.TempDir()
	if err := writeApps(dir, backend.url, "error"); err != nil {
		t.Fatal(err)
	}
	ours := serveApp(t, dir)
	below := httptest.NewServer(floors())
	t.Cleanup(below.Close)
	for _, f := range flows() {
		if _, err := check(t.Context(), dial(ours), f.steps); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		for _, floor := range f.floors {
			if _, err := check(t.Context(), dial(below.Listener.Addr().String()), f.stepsOf(floor)); err != nil {
				t.Errorf("%s, %s: %v", f.name, floor, err)
			}
		}
	}
	wrong := step{path: "/hello", want: `{"ok":false}`}
	if _, err := check(t.Context(), dial(ours), []step{wrong}); err == nil {
		t.Error("a wrong answer passes")
	}
	lonely := step{path: "/form", form: "nflow_next_node_run=form3&age=36", want: `{"name":"Ada","age":"36"}`}
	if _, err := check(t.Context(), dial(ours), []step{lonely}); err == nil {
		t.Error("the form goes on without its session")
	}
}

// serveApp serves the app until the test ends.
func serveApp(t *testing.T, dir string) (address string) {
	t.Helper()
	c, _, err := engine.ConfigFile{Path: filepath.Join(dir, "config.toml"), Required: true}.Load()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, app.Options{Config: c, App: filepath.Join(dir, "app"), Data: filepath.Join(dir, "app-data"), Listener: l})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestSizes(t *testing.T) {
	t.Parallel()
	nodes := 0
	for _, flow := range large() {
		nodes += len(flow)
	}
	if len(large()) != 1000 || nodes != 50_000 {
		t.Errorf("%d flows with %d nodes", len(large()), nodes)
	}
	starters := 0
	for _, node := range small("")["patterns"] {
		if node.(map[string]any)["data"].(map[string]any)["type"] == "starter" {
			starters++
		}
	}
	if starters != 200 {
		t.Errorf("%d patterns", starters)
	}
	if n := len(tenKilobytes()); n < 10_000 || n > 11_000 {
		t.Errorf("%d bytes of JSON", n)
	}
}

func TestChosen(t *testing.T) {
	t.Parallel()
	names := func(list []flow) (text string) {
		for _, f := range list {
			text += f.name + " "
		}
		return text
	}
	for _, c := range []struct {
		names string
		peers bool
		want  string
	}{
		{"hello,form", false, "hello form "},
		{"hello,form", true, "hello "},
		{"", true, "hello calc beside chain scripts json "},
		{"hell", false, ""},
	} {
		if got := names(chosen(c.names, c.peers)); got != c.want {
			t.Errorf("%q, %v: %q, not %q", c.names, c.peers, got, c.want)
		}
	}
	if len(chosen("", false)) != len(flows()) {
		t.Error("all are not all")
	}
}

// TestPeersHaveTheFlows: every flow that is compared is drawn for Node-RED, and its lock names no place to install from.
func TestPeersHaveTheFlows(t *testing.T) {
	t.Parallel()
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join("peers", "node-red", name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var nodes []struct{ Type, URL string }
	if err := json.Unmarshal(read("flows.json"), &nodes); err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for _, n := range nodes {
		if n.Type == "http in" {
			paths[n.URL] = true
		}
	}
	compared := map[string]bool{}
	for _, f := range chosen("", true) {
		compared[f.steps[0].path] = true
		if !paths[f.steps[0].path] {
			t.Errorf("Node-RED has no %s", f.name)
		}
	}
	if len(paths) != len(compared) {
		t.Errorf("%d flows are drawn, %d compared", len(paths), len(compared))
	}
	if bytes.Contains(read("package-lock.json"), []byte(`"resolved"`)) {
		t.Error("the lock names where packages come from: npm install --omit-lockfile-registry-resolved")
	}
}
