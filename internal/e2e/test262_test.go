//go:build unix

package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// expected262 lists the files that may fail.
const expected262 = "testdata/test262.txt"

// most262 is how many files may be lost without eval and with.
const most262 = 40

// TestTest262 runs tc39/test262 as the code of nodes and compares what fails with a list. With -update it writes the list.
func TestTest262(t *testing.T) {
	root := os.Getenv("TEST262")
	if root == "" {
		t.Skip("TEST262 must name a checkout of github.com/tc39/test262: make test262 TEST262=DIR")
	}
	began := time.Now()
	paths := files262(t, root)
	answers := runIn262(t, "node", paths)
	failed := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return answers[p].Failed == "" })
	bare := runIn262(t, "bare", failed)
	list := readExpected262(t)
	now := expected{designed: map[string]string{}, lost: map[string]string{}, folders: folders262(answers)}
	for _, path := range failed {
		a := answers[path]
		if a.Panic {
			t.Errorf("%s: %s", path, a.Failed)
		}
		switch {
		case bare[path].Failed != "":
			now.rest = append(now.rest, path)
		case a.Closed != "":
			now.designed[path] = a.Closed
		default:
			now.lost[path] = cmp.Or(list.lost[path], a.Failed)
		}
		if !list.has(path) && !*update {
			t.Errorf("%s: %s", path, a.Failed)
		}
	}
	table262(t, answers, bare)
	t.Logf("%d fail that bare goja passes: %d by design, %d otherwise (at most %d); took %v", len(now.designed)+len(now.lost), len(now.designed), len(now.lost), most262, time.Since(began).Round(time.Second))
	report262(t, answers, bare)
	if *update {
		now.write(t)
		return
	}
	for _, path := range paths {
		if a := answers[path]; list.has(path) && a.Failed == "" && !a.Skipped {
			t.Logf("%s passes: -update takes it off the list", path)
		}
	}
	if len(now.lost) > most262 {
		t.Errorf("%d files that bare goja passes fail, more than %d", len(now.lost), most262)
	}
}

// report262 writes what failed to a file that TEST262_REPORT names: the path, whether bare goja fails as well, and why.
func report262(t *testing.T, answers, bare map[string]answer) {
	t.Helper()
	name := os.Getenv("TEST262_REPORT")
	if name == "" {
		return
	}
	var out bytes.Buffer
	for _, path := range slices.Sorted(maps.Keys(bare)) {
		kind := "lost"
		if bare[path].Failed != "" {
			kind = "both"
		}
		fmt.Fprintf(&out, "%s\t%s\t%q\n", kind, path, answers[path].Failed)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// files262 lists the files of the suite. TEST262_ONLY is a part that their paths must hold.
func files262(t *testing.T, root string) (paths []string) {
	t.Helper()
	for _, top := range []string{"annexB", "built-ins", "language"} {
		err := filepath.WalkDir(filepath.Join(root, "test", top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				if n := d.Name(); n == "Temporal" || n == "Atomics" || n == "ShadowRealm" {
					return fs.SkipDir
				}
				return err
			}
			name, err := filepath.Rel(root, path)
			name = filepath.ToSlash(name)
			if strings.HasSuffix(name, ".js") && !strings.Contains(name, "_FIXTURE") && strings.Contains(name, os.Getenv("TEST262_ONLY")) {
				paths = append(paths, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// runIn262 runs files in processes of their own, as many as there are processors.
func runIn262(t *testing.T, engine string, paths []string) map[string]answer {
	t.Helper()
	work := make(chan string)
	answers := make(map[string]answer, len(paths))
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			w := &worker262{ctx: t.Context(), engine: engine}
			defer w.stop()
			for path := range work {
				a := w.run(path)
				mu.Lock()
				answers[path] = a
				mu.Unlock()
			}
		})
	}
	for _, path := range paths {
		work <- path
	}
	close(work)
	workers.Wait()
	return answers
}

// worker262 is a process that runs files. One that ended or hangs is replaced.
type worker262 struct {
	ctx     context.Context
	engine  string
	cmd     *exec.Cmd
	in      *os.File
	out     *os.File
	answers *bufio.Reader
}

func (w *worker262) start() error {
	in, give, err := os.Pipe()
	if err != nil {
		return err
	}
	take, out, err := os.Pipe()
	if err != nil {
		return err
	}
	w.cmd = exec.CommandContext(w.ctx, os.Args[0], "-test.run=^TestTest262Worker$")
	w.cmd.Env = append([]string{"GOGC=400"}, append(os.Environ(), workerEnv+"="+w.engine)...) // garbage is a third of the work
	w.cmd.Stdin, w.cmd.ExtraFiles = in, []*os.File{out}
	err = w.cmd.Start()
	_, _ = in.Close(), out.Close()
	w.in, w.out, w.answers = give, take, bufio.NewReader(take)
	return err
}

func (w *worker262) stop() {
	if w.cmd == nil {
		return
	}
	_, _ = w.in.Close(), w.out.Close()
	_ = w.cmd.Wait()
	w.cmd = nil
}

// run asks for one file.
func (w *worker262) run(path string) (a answer) {
	if w.cmd == nil {
		if err := w.start(); err != nil {
			return answer{Failed: err.Error()}
		}
	}
	_ = w.out.SetReadDeadline(time.Now().Add(time.Minute))
	_, err := fmt.Fprintln(w.in, path)
	var line []byte
	if err == nil {
		line, err = w.answers.ReadBytes('\n')
	}
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		_ = w.cmd.Process.Kill()
		w.stop()
		return answer{Failed: "the process crashed or hung: " + err.Error(), Panic: true}
	}
	return a
}

// table262 prints how many files of each folder pass.
func table262(t *testing.T, answers, bare map[string]answer) {
	t.Helper()
	type row struct{ all, pass, lost int }
	rows := map[string]row{}
	for path, a := range answers {
		if a.Skipped {
			continue
		}
		parts := strings.Split(path, "/")
		for _, folder := range []string{"all", strings.Join(parts[1:min(3, len(parts)-1)], "/")} {
			r := rows[folder]
			r.all++
			if a.Failed == "" {
				r.pass++
			} else if bare[path].Failed == "" {
				r.lost++
			}
			rows[folder] = r
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\n%-40s %6s %6s %6s\n", "folder", "files", "pass", "lost")
	for _, folder := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&out, "%-40s %6d %6d %6d\n", folder, rows[folder].all, rows[folder].pass, rows[folder].lost)
	}
	t.Log(out.String())
	if os.Getenv("TEST262_ONLY") != "" {
		return
	}
	if n := rows["all"].pass; n < atLeast262 {
		t.Errorf("%d files pass, fewer than %d", n, atLeast262)
	}
	if n := rows["built-ins/RegExp"].pass; n < atLeastRegExp262 {
		t.Errorf("%d files of RegExp pass, fewer than %d", n, atLeastRegExp262)
	}
}
