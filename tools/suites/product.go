package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// product is the built program, serving one flow for each format.
type product struct {
	url  string
	cmd  *exec.Cmd
	data string
}

// flows are the flows by their path. Each returns {v: the value} or {e: the error's text}.
func flows() map[string]string {
	return map[string]string{
		"json":   `post_data`,
		"parse":  `JSON.parse(c.BodyText())`,
		"csv":    `csv.parse(c.BodyText())`,
		"table":  `csv.parse(c.BodyText(), { header: false })`,
		"yaml":   `yaml.parse(c.BodyText())`,
		"xml":    `xml.parse(c.BodyText())`,
		"schema": `validate(post_data.schema, post_data.data).valid`,
		"url": `(q => {
			const u = q.base === null ? new URL(q.input) : new URL(q.input, q.base)
			return Object.fromEntries(["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"].map(part => [part, u[part]]))
		})(JSON.parse(c.BodyText()))`,
		"setter": `(q => {
			const u = new URL(q.href)
			u[q.name] = q.value
			return Object.fromEntries(Object.keys(q.expected).map(part => [part, u[part]]))
		})(JSON.parse(c.BodyText()))`,
		"zone": `post_data.times.map(t => date.format(new Date(t), "Z", post_data.zone))`,
	}
}

func app() ([]byte, error) {
	nodes := map[string]any{}
	for name, code := range flows() {
		nodes["s"+name] = map[string]any{
			"id": "s" + name, "data": map[string]any{"type": "starter", "method": "POST", "urlpattern": "/" + name},
			"outputs": map[string]any{"output_1": map[string]any{"connections": []any{map[string]any{"node": name}}}},
		}
		nodes[name] = map[string]any{"id": name, "outputs": map[string]any{}, "data": map[string]any{
			"type": "js", "name_box": name,
			"code": "function main() {\n  let a\n  try { a = { v: " + code + " } } catch (e) { a = { e: String(e && e.message) } }\n  c.JSON(200, a)\n}",
		}}
	}
	return json.Marshal(map[string]any{"drawflow": map[string]any{"suites": map[string]any{"data": nodes}}})
}

var address = regexp.MustCompile(`"address":"([^"]+)"`)

// serve builds the product and starts it.
func serve(ctx context.Context, root, cache string) (*product, error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	binary, err := filepath.Abs(filepath.Join(cache, "nflow-runtime"))
	if err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	text, err := app()
	if err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp("", "suites")
	if err != nil {
		return nil, err
	}
	p := &product{data: data}
	if err := os.WriteFile(filepath.Join(data, "app.json"), text, 0o600); err != nil {
		return nil, err
	}
	p.cmd = exec.CommandContext(ctx, binary, "serve", "--addr", "127.0.0.1:0", "--data", data, "-a", filepath.Join(data, "app.json"))
	p.cmd.Env = append(os.Environ(), "NFLOW_LOG_FORMAT=json")
	pipe, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	serving := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(pipe)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if m := address.FindSubmatch(lines.Bytes()); m != nil && bytes.Contains(lines.Bytes(), []byte("serving")) {
				select {
				case serving <- "http://" + string(m[1]):
				default:
				}
			}
		}
	}()
	select {
	case p.url = <-serving:
		return p, nil
	case <-time.After(30 * time.Second):
		p.stop()
		return nil, errors.New("the product does not serve")
	}
}

func (p *product) stop() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()
	_ = os.RemoveAll(p.data)
}

// answer is what a flow answered. refused holds the text of an error.
type answer struct {
	value   json.RawMessage
	refused string
}

func (p *product) ask(flow, contentType string, body []byte) (a answer, err error) {
	res, err := http.Post(p.url+"/"+flow, contentType, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return a, err
	}
	if res.StatusCode >= 500 && res.StatusCode != 503 {
		return a, fmt.Errorf("status %d: %s", res.StatusCode, text)
	}
	if res.StatusCode != http.StatusOK {
		return answer{refused: fmt.Sprintf("%d %s", res.StatusCode, text)}, nil
	}
	var o struct {
		V json.RawMessage
		E *string
	}
	if err := json.Unmarshal(text, &o); err != nil {
		return a, err
	}
	if o.E != nil {
		return answer{refused: *o.E + " "}, nil
	}
	return answer{value: o.V}, nil
}
