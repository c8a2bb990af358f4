//go:build unix

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// At least so many files pass, of all and of RegExp.
const (
	atLeast262       = 36_000
	atLeastRegExp262 = 1_800
)

// expected is the list of the files that may fail.
type expected struct {
	designed map[string]string // what is closed on purpose, and what that is
	lost     map[string]string // what else bare goja passes, and why it fails here
	rest     []string          // what fails in bare goja as well: files, and folders of which all fail
	folders  map[string]bool   // those, of a run
}

func (e expected) has(file string) bool {
	if e.designed[file] != "" || e.lost[file] != "" {
		return true
	}
	for at := file; at != "." && at != "/"; at = path.Dir(at) {
		if _, ok := slices.BinarySearch(e.rest, at); ok {
			return true
		}
	}
	return false
}

// folders262 finds the folders of which every file failed.
func folders262(answers map[string]answer) map[string]bool {
	all := map[string]bool{}
	for file, a := range answers {
		for at := path.Dir(file); at != "."; at = path.Dir(at) {
			if failing, ok := all[at]; !a.Skipped {
				all[at] = (failing || !ok) && a.Failed != ""
			}
		}
	}
	return all
}

// The headings of the list.
const (
	designed262 = "# What is closed on purpose: code from texts (eval, Function), and with."
	lost262     = "# What else bare goja passes, each with its reason."
	rest262     = "# What fails in bare goja as well. A folder stands for all of its files."
)

func readExpected262(t *testing.T) expected {
	t.Helper()
	e := expected{designed: map[string]string{}, lost: map[string]string{}}
	data, err := os.ReadFile(expected262)
	if err != nil && !*update {
		t.Fatal(err)
	}
	heading := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		file, reason, _ := strings.Cut(line, ": ")
		switch {
		case line == "":
		case strings.HasPrefix(line, "#"):
			heading = line
		case heading == designed262:
			e.designed[file] = reason
		case heading == lost262:
			e.lost[file] = reason
		default:
			e.rest = append(e.rest, line)
		}
	}
	slices.Sort(e.rest)
	return e
}

func (e expected) write(t *testing.T) {
	t.Helper()
	var out strings.Builder
	fmt.Fprintln(&out, designed262)
	for _, file := range slices.Sorted(maps.Keys(e.designed)) {
		fmt.Fprintf(&out, "%s: %s\n", file, e.designed[file])
	}
	fmt.Fprintf(&out, "\n%s\n", lost262)
	for _, file := range slices.Sorted(maps.Keys(e.lost)) {
		fmt.Fprintf(&out, "%s: %s\n", file, e.lost[file])
	}
	fmt.Fprintf(&out, "\n%s\n", rest262)
	for i, entry := range e.rest {
		for at := path.Dir(entry); e.folders[at]; at = path.Dir(at) {
			e.rest[i] = at
		}
	}
	slices.Sort(e.rest)
	for _, entry := range slices.Compact(e.rest) {
		fmt.Fprintln(&out, entry)
	}
	if err := os.WriteFile(expected262, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
