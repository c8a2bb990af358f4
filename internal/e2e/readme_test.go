package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadme does what README tells a newcomer to do, in English and in Spanish, and compares what the programs print.
func TestReadme(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "README.es.md"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile("../../" + name)
			if err != nil {
				t.Fatal(err)
			}
			n := &newcomer{t: t, dir: t.TempDir()}
			apps := blocks(string(text), "json")
			if len(apps) != 2 {
				t.Fatalf("README has %d apps, want sum and ask", len(apps))
			}
			for _, name := range []string{"sum", "ask"} {
				if err := os.Mkdir(filepath.Join(n.dir, name), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			writeFiles(t, n.dir, map[string]string{"sum/app.json": apps[0], "ask/app.json": apps[1]})
			n.demo = n.serve()
			for _, block := range blocks(string(text), "console") {
				n.types(block)
			}
			if n.commands != 8 {
				t.Errorf("README has %d commands with their output, want 8", n.commands)
			}
			b := newBrowser(t, n.serve("-a", "./ask").url)
			form := b.get("/ask")
			b.expect(form, 200, "<form method=post>", "name=nflow_next_node_run value=3>")
			b.expect(b.submit(form, "/ask", "name=Eva", "nflow_next_node_run=3"), 200, `{"hello":"Eva"}`)
		})
	}
}

// blocks returns the fenced blocks of a language.
func blocks(text, language string) (list []string) {
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

// newcomer is somebody who follows README in a folder of his own.
type newcomer struct {
	t        *testing.T
	dir      string
	demo     *server // with the demo app
	last     *server // that he started last
	commands int
	lints    int
}

func (n *newcomer) serve(args ...string) *server {
	n.t.Helper()
	cmd := command(n.t, append([]string{"--addr", "127.0.0.1:0"}, args...)...)
	cmd.Dir = n.dir
	n.last = startCommand(n.t, cmd)
	return n.last
}

// types enters the commands of a block, and compares what each prints.
func (n *newcomer) types(block string) {
	n.t.Helper()
	for _, entry := range strings.Split("\n"+block, "\n$ ")[1:] {
		n.commands++
		line, want, _ := strings.Cut(strings.TrimSpace(entry), "\n")
		line, _, _ = strings.Cut(line, "  #")
		words := strings.Fields(strings.ReplaceAll(line, "'", ""))
		switch {
		case words[0] == "curl":
			n.fetches(words[1], want)
		case words[1] == "-a": // and an address of its own
			n.serve(words[1:3]...)
		default:
			n.edits(words[1])
			cmd := command(n.t, words[1:]...)
			cmd.Dir = n.dir
			out, _ := cmd.CombinedOutput()
			if !looksLike(string(out), want) {
				n.t.Errorf("%s printed:\n%s\nREADME shows:\n%s", line, out, want)
			}
		}
	}
}

// fetches asks until the answer is there: the server takes a changed app within a second.
func (n *newcomer) fetches(url, want string) {
	n.t.Helper()
	at, s := regexp.MustCompile(`^https?://[^/]*`).ReplaceAllString(url, ""), n.last
	if strings.Contains(url, ":8080") {
		s = n.demo
	}
	b, got := newBrowser(n.t, s.url), ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
		if got = b.get(at).body; looksLike(got, want) {
			return
		}
	}
	n.t.Errorf("%s returned %s, README shows %s", url, got, want)
}

// edits changes the exported app as README says before each lint.
func (n *newcomer) edits(command string) {
	if command != "lint" {
		return
	}
	change := [][2]string{{`words = { en:`, `words = { pt: \"Olá\", en:`}, {`pt: \"Olá\"`, `pt \"Olá\"`}}[n.lints]
	n.lints++
	file := filepath.Join(n.dir, "shop", "app.json")
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), change[0]) {
		n.t.Fatalf("shop/app.json has no %q: %v", change[0], err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), change[0], change[1], 1)), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// looksLike compares what was printed with what README shows, where … stands for anything.
func looksLike(got, want string) bool {
	parts := strings.Split(strings.TrimSpace(want), "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(strings.TrimSpace(got))
}
