package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFileAnswers: a file is sent when the run has ended, whole or in part, with a tag.
func TestFileAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := strings.Repeat("0123456789", 100_000)
	if err := os.WriteFile(filepath.Join(dir, "large.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{EnableFilesystem: true, FilesystemRoot: dir}},
		app: app(
			starter("s1", "/file", "f"), js("f", `function main(){ c.File("large.txt"); payload.size = c.Response().Size }`),
			starter("s2", "/named", "n"), js("n", `function main(){ c.Response().Header().Set("ETag", '"mine"'); c.Attachment("large.txt", "a.txt") }`),
			starter("s3", "/later", "a"), js("a", `function main(){ c.File("large.txt") }`, "output_1=b"), js("b", `throw new Error("late")`),
		),
	})
	whole := w.get("/file")
	tag := whole.header.Get("ETag")
	if whole.status != 200 || whole.body != text || tag == "" || whole.header.Get("Content-Length") != "1000000" {
		t.Errorf("the file: %d, %d bytes, %v", whole.status, len(whole.body), whole.header)
	}
	for _, c := range []struct {
		header       string
		status, size int
	}{
		{"If-None-Match: " + tag, 304, 0},
		{"Range: bytes=10-19", 206, 10},
		{"Range: Bytes=10-19", 206, 10},
		{"Range: BYTES =-5", 206, 5},
		{"Range: items=0-1", 200, len(text)},
		{"Range: seconds=1-2", 200, len(text)},
		{"Range: bytes=2000000-", 416, -1},
		{"Range: bytes=-0", 416, -1},
		{"Range: bytes=999990-99999999999999999999", 206, 10},
		{"Range: bytes=a-b", 200, len(text)},
		{"Range: bytes=5-2", 200, len(text)},
	} {
		if got := w.do("GET", "/file", nil, c.header); got.status != c.status || c.size >= 0 && len(got.body) != c.size {
			t.Errorf("%s: %d, %d bytes", c.header, got.status, len(got.body))
		}
	}
	if got := w.do("GET", "/file", nil, "Range: bytes=0-9,20-29"); got.status != 206 || strings.Count(got.body, "0123456789") != 2 {
		t.Errorf("two ranges: %d %s", got.status, got.body)
	}
	if got := w.do("HEAD", "/file", nil); got.status != 200 || got.body != "" || got.header.Get("Content-Length") != "1000000" {
		t.Errorf("HEAD: %d %v", got.status, got.header)
	}
	if got := w.get("/named"); got.header.Get("ETag") != `"mine"` || len(got.body) != len(text) {
		t.Errorf("with a tag of its own: %v", got.header)
	}
	if got := w.get("/later"); got.status != 200 || got.body != text {
		t.Errorf("a file whose run fails later: %d, %d bytes", got.status, len(got.body))
	}
}

// TestFileErrors: what cannot be sent of a file is answered in the shape of other errors.
func TestFileErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "large.txt"), make([]byte, 1_000_000), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{EnableFilesystem: true, FilesystemRoot: dir}},
		app: app(
			starter("s1", "/file", "f"), js("f", `function main(){ c.File("large.txt") }`),
			starter("s2", "/named", "n"), js("n", `function main(){ c.Response().Header().Set("ETag", '"mine"'); c.Attachment("large.txt", "a.txt") }`),
		),
	})
	for _, path := range []string{"/file", "/named"} {
		for accept, has := range map[string]string{"*/*": `{"message":"the range is outside of the file, which has 1000000 bytes","code":416,"wid":"`, "text/html": "<h1>416 "} {
			got := w.do("GET", path, nil, "Range: bytes=2000000-", "Accept: "+accept)
			h := got.header
			if got.status != 416 || !strings.Contains(got.body, has) || h.Get("Content-Range") != "bytes */1000000" || h.Get("Content-Disposition") != "" ||
				h.Get("ETag") != "" || !strings.HasPrefix(h.Get("Content-Type"), map[bool]string{true: "text/html", false: "application/json"}[accept == "text/html"]) {
				t.Errorf("%s, %s: %d %v %.200s", path, accept, got.status, h, got.body)
			}
		}
		if got := w.do("GET", path, nil, `If-Match: "other"`); got.status != 412 || !strings.Contains(got.body, `"code":412`) {
			t.Errorf("%s: %d %.200s", path, got.status, got.body)
		}
		if got := w.do("HEAD", path, nil, "Range: bytes=2000000-"); got.status != 416 || got.body != "" {
			t.Errorf("%s: %d %.200s", path, got.status, got.body)
		}
	}
}
