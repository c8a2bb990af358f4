package ordered

import (
	"strings"
	"testing"
)

func TestSigns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``: "", `1`: "", `"{[,:]}"`: "", `{"a":[1,2,{}]}`: "{:[,,{}]}", `{"\"{":1}`: "{:}", `["\\",[]]`: "[,[]]", `"\`: "",
	} {
		var got strings.Builder
		for c := range Signs(text) {
			got.WriteByte(c)
		}
		if got.String() != want {
			t.Errorf("%s: %q, want %q", text, got.String(), want)
		}
	}
	for c := range Signs([]byte(`[[`)) {
		if c == '[' {
			break // which must be allowed
		}
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{``: 0, `1`: 0, `{}`: 1, `[{"a":"[[["},[[]]]`: 3, `]]][`: 0, `[][][]`: 1} {
		if got := Depth(text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
