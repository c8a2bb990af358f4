package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// scenario is one file of testdata.
type scenario struct {
	path    string
	archive *txtar.Archive
	files   map[string]string
	steps   []*step
}

// step is one request with what must come back; method is "restart" for a restart.
type step struct {
	lines   []string // as they stand in the file
	method  string
	path    string
	browser string
	sends   []line
	expects []line // the first is the status
}

// line is a line's first word and the rest.
type line struct{ word, rest string }

func cutLine(s string) line {
	word, rest, _ := strings.Cut(s, " ")
	if word == "body" {
		return line{word, rest}
	}
	return line{word, strings.TrimSpace(rest)}
}

func readScenario(path string) (*scenario, error) {
	a, err := txtar.ParseFile(path)
	if err != nil {
		return nil, err
	}
	s := &scenario{path: path, archive: a, files: map[string]string{}}
	for _, f := range a.Files {
		s.files[f.Name] = string(f.Data)
	}
	for block := range strings.SplitSeq(strings.TrimSpace(s.files["requests.txt"]), "\n\n") {
		st, err := readStep(block)
		if err != nil {
			return nil, err
		}
		s.steps = append(s.steps, st)
	}
	return s, nil
}

func readStep(block string) (*step, error) {
	s := &step{}
	for text := range strings.SplitSeq(strings.Trim(block, "\n"), "\n") {
		s.lines = append(s.lines, text)
		l := cutLine(text)
		switch {
		case l.word == "#":
		case s.method == "":
			s.method = l.word
			s.path, s.browser, _ = strings.Cut(l.rest, " (")
			s.browser = strings.TrimSuffix(s.browser, ")")
		case l.word == "->" || len(s.expects) > 0:
			s.expects = append(s.expects, l)
		default:
			s.sends = append(s.sends, l)
		}
	}
	if s.method != "restart" && len(s.expects) == 0 {
		return nil, fmt.Errorf("%q expects nothing", s.lines[0])
	}
	for _, l := range s.expects {
		switch l.word {
		case "->", "body", "header", "visited", "fork", "never", "log":
		default:
			return nil, fmt.Errorf("%q: nothing is known of %q", s.lines[0], l.word)
		}
	}
	return s, nil
}

// update puts what came back in place of the lines that stand for it.
func (s *step) update(status string, body []string, visited string, forks []string) {
	var out []string
	bodies := 0
	for _, text := range s.lines {
		switch l := cutLine(text); {
		case l.word == "->":
			out = append(out, "-> "+status)
		case l.word == "body" && !strings.HasPrefix(l.rest, "~"):
			if bodies++; bodies == 1 {
				for _, b := range body {
					out = append(out, strings.TrimRight("body "+b, " "))
				}
			}
		case l.word == "visited":
			out = append(out, "visited "+visited)
		case l.word == "fork" && len(forks) > 0:
			out, forks = append(out, "fork "+forks[0]), forks[1:]
		default:
			out = append(out, text)
		}
	}
	s.lines = out
}

// save writes the scenario back.
func (s *scenario) save() error {
	var blocks []string
	for _, st := range s.steps {
		blocks = append(blocks, strings.Join(st.lines, "\n"))
	}
	for i := range s.archive.Files {
		if f := &s.archive.Files[i]; f.Name == "requests.txt" {
			f.Data = []byte(strings.Join(blocks, "\n\n") + "\n")
		}
	}
	return os.WriteFile(s.path, txtar.Format(s.archive), 0o644)
}

// drawn is a node of an app's JSON.
type drawn struct {
	ID      string           `json:"id"`
	Data    map[string]any   `json:"data"`
	Outputs map[string]wires `json:"outputs"`
}

type wires struct {
	Connections []wire `json:"connections"`
}

type wire struct {
	Node   string `json:"node"`
	Output string `json:"output"`
}

// drawing collects flows as flow.txt describes them.
type drawing struct {
	files    map[string]string
	flows    map[string]map[string]any
	flow     string
	last     *drawn
	starters int
}

// app makes the app's JSON of flow.txt.
func (s *scenario) app() ([]byte, error) {
	d := &drawing{files: s.files, flows: map[string]map[string]any{}, flow: "home"}
	for text := range strings.Lines(s.files["flow.txt"]) {
		text = strings.TrimRight(text, "\r\n")
		if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if err := d.line(text); err != nil {
			return nil, fmt.Errorf("flow.txt: %q: %w", text, err)
		}
	}
	flows := map[string]any{}
	for name, nodes := range d.flows {
		flows[name] = map[string]any{"data": nodes}
	}
	return json.Marshal(map[string]any{"drawflow": flows})
}

func (d *drawing) line(text string) error {
	if text != strings.TrimLeft(text, " \t") {
		return d.parameter(text)
	}
	left, right, _ := strings.Cut(text, "->")
	words := strings.Fields(left)
	switch {
	case words[0] == "flow":
		d.flow = strings.Trim(strings.TrimSpace(strings.TrimPrefix(text, "flow")), `"`)
		return nil
	case words[0] == "starter" && len(words) == 3:
		d.starters++
		d.add(fmt.Sprintf("s%d", d.starters), map[string]any{"type": "starter", "method": words[1], "urlpattern": words[2]}, right)
	case len(words) > 2 && words[1] == "module":
		d.add(words[0], map[string]any{"type": "js", "name_box": words[0], "script": strings.Join(words[2:], " ")}, right)
	case len(words) == 2:
		d.add(words[0], map[string]any{"type": words[1], "name_box": words[0]}, right)
	default:
		return fmt.Errorf("want: NODE TYPE -> NODE, NODE")
	}
	return nil
}

func (d *drawing) parameter(text string) error {
	if d.last == nil {
		return fmt.Errorf("there is no node above")
	}
	if key, value, ok := strings.Cut(text, ":="); ok {
		var v any
		err := json.Unmarshal([]byte(value), &v)
		d.last.Data[strings.TrimSpace(key)] = v
		return err
	}
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("want: KEY = TEXT")
	}
	d.last.Data[strings.TrimSpace(key)] = strings.TrimSpace(value)
	return nil
}

func (d *drawing) add(id string, data map[string]any, to string) {
	for _, ending := range []string{".js", ".ts"} {
		if code, ok := d.files[id+ending]; ok {
			data["code"] = code
		}
	}
	n := &drawn{ID: id, Data: data, Outputs: map[string]wires{}}
	if strings.TrimSpace(to) != "" {
		for i, target := range strings.Split(to, ",") {
			if target = strings.TrimSpace(target); target != "-" {
				n.Outputs[fmt.Sprintf("output_%d", i+1)] = wires{[]wire{{target, "input_1"}}}
			}
		}
	}
	if d.flows[d.flow] == nil {
		d.flows[d.flow] = map[string]any{}
	}
	d.flows[d.flow][id] = n
	d.last = n
}

// named returns the files of a folder of the scenario by their names without ending.
func (s *scenario) named(folder, ending string) map[string]string {
	found := map[string]string{}
	for name, text := range s.files {
		if filepath.Dir(name) == folder && strings.HasSuffix(name, ending) {
			found[strings.TrimSuffix(filepath.Base(name), ending)] = text
		}
	}
	return found
}
