//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// test262 is a file of the suite.
type test262 struct {
	root, path string
	text       string
	includes   []string
	flags      []string
	features   []string
	phase      string // of the error that it must end with: parse, resolution or runtime; "" for none
	kind       string // of that error: the constructor's name
}

var (
	frontmatter = regexp.MustCompile(`(?s)/\*---(.*?)---\*/`)
	negative    = regexp.MustCompile(`(?m)^negative:\s*\n\s+phase:\s*(\w+)\s*\n\s+type:\s*(\w+)`)
	negativeToo = regexp.MustCompile(`(?m)^negative:\s*\n\s+type:\s*(\w+)\s*\n\s+phase:\s*(\w+)`)
)

// readTest262 reads a file and what its front matter says.
func readTest262(root, path string) (f test262, err error) {
	data, err := os.ReadFile(filepath.Join(root, path))
	f = test262{root: root, path: path, text: string(data)}
	m := frontmatter.FindStringSubmatch(f.text)
	if err != nil || m == nil {
		return f, err
	}
	front := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(m[1])
	f.includes, f.flags, f.features = listOf("includes", front), listOf("flags", front), listOf("features", front)
	if m := negative.FindStringSubmatch(front); m != nil {
		f.phase, f.kind = m[1], m[2]
	} else if m := negativeToo.FindStringSubmatch(front); m != nil {
		f.kind, f.phase = m[1], m[2]
	}
	return f, nil
}

// listOf reads a list of front matter: [a, b], or a line for each.
func listOf(key, front string) (list []string) {
	_, rest, ok := strings.Cut("\n"+front, "\n"+key+":")
	if !ok {
		return nil
	}
	line, below, _ := strings.Cut(rest, "\n")
	if strings.Contains(line, "[") {
		line, _, _ = strings.Cut(rest, "]")
		below = ""
	}
	list = strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("[], \t\n", r) })
	for item := range strings.Lines(below) {
		name, ok := strings.CutPrefix(strings.TrimSpace(item), "- ")
		if !ok {
			break
		}
		list = append(list, strings.TrimSpace(name))
	}
	return list
}

func (f test262) is(flag string) bool { return slices.Contains(f.flags, flag) }

func (f test262) needs(features ...string) bool {
	return slices.ContainsFunc(features, func(name string) bool { return slices.Contains(f.features, name) })
}

// variants lists how the file runs: as it is, and as strict code. What is generated to walk all of Unicode runs once.
func (f test262) variants() (strict []bool) {
	switch {
	case f.is("raw"), f.is("noStrict"), strings.HasPrefix(f.path, "test/built-ins/RegExp/property-escapes/generated/"):
		return []bool{false}
	case f.is("onlyStrict"):
		return []bool{true}
	}
	return []bool{false, true}
}

// harness lists the files of the harness that run before.
func (f test262) harness() []string {
	if f.is("raw") {
		return nil
	}
	list := []string{"assert.js", "sta.js"}
	if f.is("async") {
		list = append(list, "doneprintHandle.js")
	}
	return append(list, f.includes...)
}

// outcome compares what happened with what was to be, and returns what is wrong. Kind is the constructor's name of what was
// thrown in a phase, "" for nothing.
func (f test262) outcome(phase, kind, text string, printed []string) string {
	switch {
	case kind == "panic":
		return text
	case f.phase != "" && kind == "":
		return "no error, expected " + f.kind + " at " + f.phase
	case f.phase == "parse" && phase != "parse":
		return "late: " + text
	case f.phase != "" && kind != f.kind:
		return kind + " in place of " + f.kind + ": " + text
	case f.phase != "":
		return ""
	case kind != "":
		return phase + ": " + text
	case !f.is("async"):
		return ""
	}
	for _, line := range printed {
		if failure, ok := strings.CutPrefix(line, "Test262:AsyncTestFailure:"); ok {
			return "async: " + failure
		}
	}
	if !slices.Contains(printed, "Test262:AsyncTestComplete") {
		return "async: $DONE was not called"
	}
	return ""
}
