package cli

import (
	"bytes"
	"os"
	"testing"
)

// TestManualIsCurrent compares docs/ with what the table says now. To write it again:
// go run . types --format markdown > docs/javascript-api.md; go run . types > docs/nflow.d.ts
func TestManualIsCurrent(t *testing.T) {
	t.Parallel()
	for file, format := range map[string]string{"javascript-api.md": "markdown", "nflow.d.ts": "ts"} {
		want, err := os.ReadFile("../../docs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if code := Main(t.Context(), []string{"types", "--format", format, "--data", t.TempDir()}, nil, &out, &errs, nil); code != 0 {
			t.Fatalf("exit code %d: %s", code, errs.String())
		}
		if !bytes.Equal(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")), out.Bytes()) {
			t.Errorf("docs/%s is not what the table says: write it again", file)
		}
	}
}
