package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
)

// exported reads a file of JavaScript that is "export default" and JSON.
func exported(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, literal, ok := strings.Cut(string(text), "export default")
	if !ok {
		return fmt.Errorf("%s exports nothing", path)
	}
	return json.Unmarshal([]byte(strings.TrimRight(strings.TrimSpace(literal), ";")), v)
}

// same compares values as JavaScript has them.
func same(want, got json.RawMessage) bool {
	var a, b any
	return json.Unmarshal(want, &a) == nil && json.Unmarshal(got, &b) == nil && reflect.DeepEqual(a, b)
}

func jsonSuite(folder string, p *product) (*score, error) {
	var cases []struct{ Name, Input string }
	if err := exported(filepath.Join(folder, "data", "parsing.js"), &cases); err != nil {
		return nil, err
	}
	s := &score{}
	for _, c := range cases {
		for flow, kind := range map[string]string{"json": "application/json", "parse": "text/plain"} {
			a, err := p.ask(flow, kind, []byte(c.Input))
			if err != nil {
				return nil, err
			}
			ok := c.Name[0] == 'i' || (c.Name[0] == 'y') == (a.refused == "")
			s.add(flow+" "+c.Name, ok, a.refused != "", fmt.Sprintf("%q %s", c.Input, a.value))
		}
	}
	return s, nil
}

func csvSpectrum(folder string, p *product) (*score, error) {
	files, err := filepath.Glob(filepath.Join(folder, "csvs", "*.csv"))
	if err != nil {
		return nil, err
	}
	s := &score{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".csv")
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		want, err := os.ReadFile(filepath.Join(folder, "json", name+".json"))
		if err != nil {
			return nil, err
		}
		a, err := p.ask("csv", "text/csv", text)
		if err != nil {
			return nil, err
		}
		s.add(name, same(want, a.value), a.refused != "", a.refused+string(a.value))
	}
	return s, nil
}

// papaparse runs the cases without options that have no errors. They are JavaScript, which node reads.
func papaparse(folder string, p *product) (*score, error) {
	const read = `const text = require("fs").readFileSync(process.argv[1], "utf8");
		const list = new Function("BASE_PATH", "Papa", "RECORD_SEP", "UNIT_SEP", text.slice(text.indexOf("var CORE_PARSER_TESTS"), text.indexOf("\n];", text.indexOf("var CORE_PARSER_TESTS")) + 3) + "\nreturn CORE_PARSER_TESTS")("", {}, "\x1e", "\x1f");
		console.log(JSON.stringify(list.filter(c => !c.config && typeof c.input == "string" && !c.expected.errors.length)))`
	out, err := exec.Command("node", "-e", read, filepath.Join(folder, "tests", "test-cases.js")).Output()
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	var cases []struct {
		Description, Input string
		Expected           struct{ Data json.RawMessage }
	}
	if err := json.Unmarshal(out, &cases); err != nil {
		return nil, err
	}
	s := &score{}
	for _, c := range cases {
		a, err := p.ask("table", "text/csv", []byte(c.Input))
		if err != nil {
			return nil, err
		}
		s.add(c.Description, same(c.Expected.Data, a.value), a.refused != "", fmt.Sprintf("%q gives %s%s, want %s", c.Input, a.value, a.refused, c.Expected.Data))
	}
	return s, nil
}

func yamlSuite(folder string, p *product) (*score, error) {
	files, err := filepath.Glob(filepath.Join(folder, "data", "????.js"))
	if err != nil {
		return nil, err
	}
	s := &score{}
	for _, file := range files {
		var suite struct {
			ID    string
			Cases []struct {
				YAML string
				JSON *string
				Fail bool
			}
		}
		if err := exported(file, &suite); err != nil {
			return nil, err
		}
		for i, c := range suite.Cases {
			if !c.Fail && c.JSON == nil { // a stream of events that no JSON stands for
				continue
			}
			a, err := p.ask("yaml", "text/plain", []byte(c.YAML))
			if err != nil {
				return nil, err
			}
			name := fmt.Sprintf("%s/%d", suite.ID, i)
			if c.Fail {
				s.add(name, a.refused != "", false, fmt.Sprintf("%q gives %s, want an error", c.YAML, a.value))
				continue
			}
			s.add(name, same([]byte(*c.JSON), a.value), a.refused != "", fmt.Sprintf("%q gives %s%s, want %s", c.YAML, a.value, a.refused, *c.JSON))
		}
	}
	return s, nil
}

var (
	xmlTest      = regexp.MustCompile(`(?s)<TEST\s([^>]*)>`)
	xmlAttribute = regexp.MustCompile(`(?s)(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')`)
)

// xmlSuite runs what needs no external entities. A document with a document type is refused by design.
func xmlSuite(folder string, p *product) (*score, error) {
	s := &score{}
	for _, dir := range []string{"xmltest", "oasis", "sun", "ibm", "japanese"} {
		lists, err := filepath.Glob(filepath.Join(folder, "xmlconf", dir, "*.xml"))
		if err != nil {
			return nil, err
		}
		for _, list := range lists {
			text, err := os.ReadFile(list)
			if err != nil {
				return nil, err
			}
			for _, m := range xmlTest.FindAllStringSubmatch(string(text), -1) {
				t := map[string]string{}
				for _, a := range xmlAttribute.FindAllStringSubmatch(m[1], -1) {
					t[a[1]] = a[2] + a[3]
				}
				document, err := os.ReadFile(filepath.Join(filepath.Dir(list), t["URI"]))
				if err != nil || t["ENTITIES"] != "none" || t["TYPE"] == "error" {
					continue
				}
				a, err := p.ask("xml", "application/xml", document)
				if err != nil {
					return nil, err
				}
				if t["TYPE"] == "not-wf" {
					s.add(t["ID"], a.refused != "", false, fmt.Sprintf("%q gives %s, want an error", document, a.value))
				} else {
					s.add(t["ID"], a.refused == "", true, fmt.Sprintf("%q gives %s", document, a.refused))
				}
			}
		}
	}
	return s, nil
}

func schemaSuite(folder string, p *product) (*score, error) {
	files, err := filepath.Glob(filepath.Join(folder, "testdata", "draft7", "*.json"))
	if err != nil {
		return nil, err
	}
	s := &score{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var groups []struct {
			Description string
			Schema      json.RawMessage
			Tests       []struct {
				Description string
				Data        json.RawMessage
				Valid       bool
			}
		}
		if err := json.Unmarshal(text, &groups); err != nil {
			return nil, err
		}
		for _, g := range groups {
			for _, t := range g.Tests {
				body, err := json.Marshal(map[string]json.RawMessage{"schema": g.Schema, "data": t.Data})
				if err != nil {
					return nil, err
				}
				a, err := p.ask("schema", "application/json", body)
				if err != nil {
					return nil, err
				}
				got := string(a.value)
				s.add(filepath.Base(file)+", "+g.Description+", "+t.Description, got == fmt.Sprint(t.Valid), a.refused != "", got+a.refused)
			}
		}
	}
	return s, nil
}

func urlSuite(folder string, p *product) (*score, error) {
	text, err := os.ReadFile(filepath.Join(folder, "urltestdata.json"))
	if err != nil {
		return nil, err
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, err
	}
	s := &score{}
	for _, entry := range entries {
		var want map[string]json.RawMessage
		if json.Unmarshal(entry, &want) != nil { // a comment
			continue
		}
		body, err := json.Marshal(map[string]json.RawMessage{"input": want["input"], "base": orNull(want["base"])})
		if err != nil {
			return nil, err
		}
		a, err := p.ask("url", "text/plain", body)
		if err != nil {
			return nil, err
		}
		if want["failure"] != nil {
			s.add(string(body), a.refused != "", false, string(a.value))
			continue
		}
		var got map[string]json.RawMessage
		ok := json.Unmarshal(a.value, &got) == nil
		for name, value := range got {
			ok = ok && (want[name] == nil || same(want[name], value)) // the origin is left out here and there
		}
		s.add(string(body), ok, a.refused != "", fmt.Sprintf("%s%s, want %s", a.value, a.refused, entry))
	}
	return s, nil
}

// setterSuite sets parts of URLs.
func setterSuite(folder string, p *product) (*score, error) {
	text, err := os.ReadFile(filepath.Join(folder, "setters_tests.json"))
	if err != nil {
		return nil, err
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, err
	}
	s := &score{}
	for name, list := range parts {
		var cases []map[string]json.RawMessage
		if json.Unmarshal(list, &cases) != nil { // a comment
			continue
		}
		for _, c := range cases {
			body, err := json.Marshal(map[string]any{"href": c["href"], "name": name, "value": c["new_value"], "expected": c["expected"]})
			if err != nil {
				return nil, err
			}
			a, err := p.ask("setter", "text/plain", body)
			if err != nil {
				return nil, err
			}
			s.add(name+" "+string(body), same(c["expected"], a.value), a.refused != "", string(a.value)+a.refused)
		}
	}
	return s, nil
}

func orNull(v json.RawMessage) json.RawMessage {
	if v == nil {
		return json.RawMessage("null")
	}
	return v
}

// zoneSuite compares the offset at each change since 1970 and a second before.
func zoneSuite(folder string, p *product) (*score, error) {
	text, err := os.ReadFile(filepath.Join(folder, "data", "packed", "latest.json"))
	if err != nil {
		return nil, err
	}
	var data struct{ Zones []string }
	if err := json.Unmarshal(text, &data); err != nil {
		return nil, err
	}
	s := &score{}
	for _, packed := range data.Zones {
		parts := strings.Split(packed, "|")
		name, offsets := parts[0], strings.Fields(parts[2])
		var times []int64
		var want []string
		at := 0.0
		for i, diff := range strings.Fields(parts[4]) {
			at += base60(diff)
			ms := int64(math.Round(at * 60000))
			before, after := base60(offsets[index60(parts[3][i])]), base60(offsets[index60(parts[3][i+1])])
			if ms < 0 || at > 60*24*365.2425*68 || before != math.Trunc(before) || after != math.Trunc(after) {
				continue
			}
			times, want = append(times, ms-1000, ms), append(want, offset(before), offset(after))
		}
		if len(times) == 0 {
			continue
		}
		body, err := json.Marshal(map[string]any{"zone": name, "times": times})
		if err != nil {
			return nil, err
		}
		a, err := p.ask("zone", "application/json", body)
		if err != nil {
			return nil, err
		}
		var got []string
		_ = json.Unmarshal(a.value, &got) // a zone that is refused gives none
		for i := range times {
			ok := i < len(got) && got[i] == want[i]
			s.add(fmt.Sprintf("%s %d", name, times[i]), ok, a.refused != "", fmt.Sprintf("%v%s, want %s", got, a.refused, want[i]))
		}
	}
	return s, nil
}

func offset(west float64) string {
	sign, n := "+", int(-west)
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%02d:%02d", sign, n/60, n%60)
}

const digits60 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"

func index60(c byte) int { return strings.IndexByte(digits60, c) }

// base60 reads a number as moment-timezone packs it.
func base60(s string) float64 {
	sign := 1.0
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		s, sign = rest, -1
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, unit := 0.0, 1.0
	for i := range len(whole) {
		n = 60*n + float64(index60(whole[i]))
	}
	for i := range len(fraction) {
		unit /= 60
		n += unit * float64(index60(fraction[i]))
	}
	return sign * n
}
