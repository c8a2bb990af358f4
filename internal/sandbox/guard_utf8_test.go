package sandbox

import (
	"context"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// A long text becomes Go's as goja makes it.
func TestLongTextsAsUTF8(t *testing.T) {
	t.Parallel()
	vm := limitedVM(context.Background(), Limits{Memory: 64 << 20})
	for _, text := range []string{
		"a", "ñ", "漢", "😀", "a😀ñ", `\ud83d`, `\ude00\ud83d`, `\ud83d\ud83d\ude00x`,
	} {
		if _, err := vm.Run(program(t, "text", `globalThis.out = "`+text+`".repeat(40001)`)); err != nil {
			t.Fatal(err)
		}
		s := vm.Global("out").(goja.String)
		g := &vm.meter.guards
		if got := string(g.utf8(s)); got != s.String() || g.goText(s) != got {
			t.Errorf("%s: %d bytes, want %d: %.20q", text, len(got), len(s.String()), got)
		}
		if got, err := vm.stringify(vm.meter.rt.ToValue(map[string]any{"a": s}).(*goja.Object)); err != nil || !strings.HasPrefix(string(got), `{"a":"`) {
			t.Errorf("%s: %.20q, %v", text, got, err)
		}
	}
}
