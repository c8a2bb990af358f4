package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// askFetch runs pieces of code as bodies of async functions; what one throws is an answer, too.
const askFetch = `async function asked(pieces, base) {
	const answers = []
	for (const piece of pieces) {
		try { answers.push(await piece(base)) } catch (e) { answers.push({ threw: e && e.name || String(e) }) }
	}
	return answers
}
`

// TestFetchAsNode runs the pieces of testdata/web/fetch.txtar as a node against a server on loopback. NAME.node is what Node answered to the
// same piece, and -update asks it again; NAME.ours is what a node answers where that differs, for the reason that the manual gives.
func TestFetchAsNode(t *testing.T) {
	t.Parallel()
	const file = "testdata/web/fetch.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts, names := map[string]string{}, []string(nil)
	for _, f := range archive.Files {
		parts[f.Name] = strings.TrimSpace(string(f.Data))
		if !strings.Contains(f.Name, ".") {
			names = append(names, f.Name)
		}
	}
	if len(names) < 60 {
		t.Fatalf("%d pieces", len(names))
	}
	services := httptest.NewServer(http.HandlerFunc(fetched))
	t.Cleanup(services.Close)
	var code strings.Builder
	for _, name := range names {
		fmt.Fprintf(&code, "async (base) => { %s\n},\n", parts[name])
	}
	program := askFetch + "const pieces = [" + code.String() + "]\n"
	if *update {
		for i, answer := range fetchedByNode(t, program, services.URL) {
			parts[names[i]+".node"] = answer
		}
		writeFetches(t, file, archive.Comment, names, parts)
	}
	for i, answer := range fetchedByUs(t, program, services.URL) {
		want := parts[names[i]+".node"]
		ours, differs := parts[names[i]+".ours"]
		if differs && ours == want {
			t.Errorf("%s: answers as Node: NAME.ours can go", names[i])
		}
		if differs {
			want = ours
		}
		if answer != want {
			t.Errorf("%s: %s\n got %s\nwant %s", names[i], parts[names[i]], answer, want)
		}
	}
}

func writeFetches(t *testing.T, file string, comment []byte, names []string, parts map[string]string) {
	t.Helper()
	out := &txtar.Archive{Comment: comment}
	for _, name := range names {
		for _, part := range []string{name, name + ".node", name + ".ours"} {
			if text, ok := parts[part]; ok {
				out.Files = append(out.Files, txtar.File{Name: part, Data: []byte(text + "\n")})
			}
		}
	}
	if err := os.WriteFile(file, txtar.Format(out), 0o600); err != nil {
		t.Fatal(err)
	}
}

// answersOf splits a list of answers, where the server's address is BASE.
func answersOf(t *testing.T, text, base string) (answers []string) {
	t.Helper()
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(strings.ReplaceAll(text, base, "BASE")), &list); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, answer := range list {
		answers = append(answers, string(answer))
	}
	return answers
}

func fetchedByNode(t *testing.T, program, base string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ask.mjs")
	program += fmt.Sprintf("console.log(JSON.stringify(await asked(pieces, %q)))\nprocess.exit(0)\n", base)
	if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", path)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return answersOf(t, out.String(), base)
}

func fetchedByUs(t *testing.T, program, base string) []string {
	t.Helper()
	dir := t.TempDir()
	program += fmt.Sprintf("async function main() { c.JSON(200, await asked(pieces, %q)) }\n", base)
	drawflow, err := json.Marshal(map[string]any{"drawflow": map[string]any{"fetch": oneNode("/fetch", program)}})
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, dir, map[string]string{
		"app.json":    string(drawflow),
		"config.toml": "[vm_pool]\nenable_network = true\nnetwork_allow = [\"127.0.0.1\"]\n",
	})
	s := startCommand(t, command(t, "serve", "--addr", "127.0.0.1:"+servertest.Port(t), "-a", dir, "-c", filepath.Join(dir, "config.toml"), "--data", t.TempDir()))
	res, text := rawRequest(t, s.url, "GET", "/fetch", nil, nil, false)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s\n%s", res.StatusCode, text, s.log)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	return answersOf(t, text, base)
}

// fetched writes a response by the path: /echo the request, the others each a kind of response.
func fetched(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q, h := r.URL.Query(), w.Header()
	h.Set("Content-Type", "text/plain;charset=UTF-8")
	switch r.URL.Path {
	case "/echo":
		h.Set("Content-Type", "application/json")
		header := map[string][]string{}
		for name, values := range r.Header {
			header[strings.ToLower(name)] = values
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "url": r.URL.String(), "header": header, "body": string(body)})
	case "/type":
		h.Set("Content-Type", q.Get("t"))
		_, _ = io.WriteString(w, q.Get("b"))
	case "/status":
		code, _ := strconv.Atoi(q.Get("code"))
		w.WriteHeader(code)
		if code != http.StatusNoContent && code != http.StatusNotModified {
			_, _ = io.WriteString(w, "body of "+q.Get("code"))
		}
	case "/to":
		code, _ := strconv.Atoi(q.Get("code"))
		if q.Has("to") {
			h.Set("Location", q.Get("to"))
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "moved")
	case "/loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
	case "/headers":
		h["Set-Cookie"] = []string{"a=1", "b=2"}
		h["X-Two"] = []string{"1", "2"}
		h.Set("X-Latin", "\xe9")
	case "/latin":
		h.Set("Content-Type", "text/plain; charset=iso-8859-1")
		_, _ = io.WriteString(w, "\xe9")
	case "/zip":
		h.Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, "unpacked")
		_ = z.Close()
	case "/slow":
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	case "/cut":
		h.Set("Content-Length", "100")
		_, _ = io.WriteString(w, "begun")
		panic(http.ErrAbortHandler)
	case "/none":
		panic(http.ErrAbortHandler)
	}
}
