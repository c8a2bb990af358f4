package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/cli"
)

// checked fails a test run that leaves goroutines behind.
type checked struct{ *testing.M }

func (c checked) Run() int {
	code := c.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestMain(m *testing.M) {
	run := func(args []string) int {
		return cli.Main(context.Background(), args, os.Stdin, os.Stdout, os.Stderr, os.Environ())
	}
	testscript.Main(checked{m}, map[string]func(){
		"nflow-runtime": func() { os.Exit(run(os.Args[1:])) },
		// exits CODE ARGS... succeeds if the program exits with that code.
		"exits": func() {
			if code := run(os.Args[2:]); strconv.Itoa(code) != os.Args[1] {
				fmt.Fprintln(os.Stderr, "exit code", code)
				os.Exit(1)
			}
			os.Exit(0)
		},
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // with -race every process would wait a second before it ends
			return nil
		},
	})
}

// call runs a command in a folder of its own.
func call(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = cli.Main(t.Context(), args, strings.NewReader(stdin), &out, &err, nil)
	return code, out.String(), err.String()
}

// What the demo and the onboarding app hold survives import and export byte for byte.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, app := range []string{"../../examples/demo", "../../../shared/apps/onboarding"} {
		t.Run(filepath.Base(app), func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(app); err != nil {
				t.Skip(app, "is not beside the project")
			}
			data, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
			for _, args := range [][]string{{"import", app}, {"export", out}, {"import", out}} {
				code, stdout, stderr := call(t, "", append(args, "--data", data)...)
				if code != 0 || stderr != "" {
					t.Fatalf("%v: %d %s%s", args, code, stdout, stderr)
				}
				if args[1] == out && args[0] == "import" && !strings.Contains(stdout, "0 created, 0 updated,") {
					t.Errorf("importing what was exported: %s", stdout)
				}
			}
			pages, _ := filepath.Glob(filepath.Join(app, "templates", "*.html"))
			if len(pages) == 0 {
				t.Fatal("no templates")
			}
			names := []string{"app.json", "default.js"}
			for _, p := range pages {
				names = append(names, filepath.Join("templates", filepath.Base(p)))
			}
			for _, name := range names {
				in, err1 := os.ReadFile(filepath.Join(app, name))
				got, err2 := os.ReadFile(filepath.Join(out, name))
				if err1 != nil || err2 != nil || !bytes.Equal(in, got) {
					t.Errorf("%s came back with other bytes (%v, %v)", name, err1, err2)
				}
			}
		})
	}
}

func TestOnboardingLint(t *testing.T) {
	t.Parallel()
	const app = "../../../shared/apps/onboarding/app.json"
	if _, err := os.Stat(app); err != nil {
		t.Skip("the onboarding app is not beside the project")
	}
	data := filepath.Join(t.TempDir(), "data")
	code, stdout, stderr := call(t, "", "lint", app, "--data", data)
	if code != 0 || strings.Contains(stdout, "error  ") || stderr != "" {
		t.Errorf("%d %s%s", code, stdout, stderr)
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("lint of a path made a database")
	}
}

// A stop while a password is asked for must not wait for it.
func TestStopWhileAsking(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	asked, keyboard := io.Pipe()
	defer keyboard.Close()
	stdin := readSignal{asked, make(chan struct{}, 1)}
	var out, errs bytes.Buffer
	done := make(chan int)
	go func() {
		done <- cli.Main(ctx, []string{"user", "add", "ana", "--data", t.TempDir()}, stdin, &out, &errs, nil)
	}()
	<-stdin.reading
	stop()
	if code := <-done; code != 1 || !strings.Contains(errs.String(), "nothing was changed") {
		t.Errorf("%d %s%s", code, &out, &errs)
	}
}

// readSignal reports when it is read first.
type readSignal struct {
	io.Reader
	reading chan struct{}
}

func (r readSignal) Read(p []byte) (int, error) {
	r.reading <- struct{}{}
	return r.Reader.Read(p)
}

func TestServe(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	logs, stderr := io.Pipe()
	var out bytes.Buffer
	done := make(chan int, 1)
	go func() {
		done <- cli.Main(ctx, []string{"--addr", "127.0.0.1:0", "--data", t.TempDir(), "-v"}, strings.NewReader(""), &out, stderr, nil)
		stderr.Close()
	}()
	address := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			var line struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
				address <- line.Address
			}
		}
	}()
	select {
	case a := <-address:
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
		answer, err := client.Get("http://" + a + "/hello/ana")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "ana") {
			t.Errorf("%d %s", answer.StatusCode, body)
		}
	case code := <-done:
		t.Fatalf("it ended with %d before it served", code)
	case <-time.After(30 * time.Second):
		t.Fatal("it does not serve")
	}
	stop()
	if code := <-done; code != 0 {
		t.Errorf("exit code %d", code)
	}
	<-ended
	if out.Len() > 0 {
		t.Errorf("no person reads stdout, and it says %s", &out)
	}
}
