package sandbox

import (
	"os"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// A native that is new in goja must be looked at before scripts may use it: is it guarded, or bounded by itself?
func TestInventory(t *testing.T) {
	t.Parallel()
	list, err := nativesOf(goja.New())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(list, "\n") + "\n"
	if os.Getenv("NFLOW_UPDATE") != "" {
		if err := os.WriteFile("natives.txt", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if text != inventory {
		t.Error("natives.txt does not list goja's natives: NFLOW_UPDATE=1 writes it again")
	}
	if mod, err := os.ReadFile("../../go.mod"); err != nil || !strings.Contains(string(mod), "github.com/dop251/goja "+pinned+"\n") {
		t.Errorf("go.mod pins another goja than %s (%v): natives.txt must follow", pinned, err)
	}
	if unknown, err := unknownNatives(); err != nil || len(unknown) > 0 && os.Getenv("NFLOW_UPDATE") == "" {
		t.Errorf("unknown natives: %v, %v", unknown, err)
	}
}

// Natives that are not known are removed from each VM.
func TestUnknownNativesAreRemoved(t *testing.T) {
	t.Parallel()
	remove, err := removing([]string{`globalThis["String"]["prototype"]["repeat"]`, `globalThis["Array"]["prototype"][Symbol.iterator]`, `Object.getPrototypeOf(Uint8Array)["from"]`, `globalThis["WeakSet"]`, `globalThis["WeakSet"]["prototype"]["add"]`})
	if err != nil {
		t.Fatal(err)
	}
	vm := newVM(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}}, finding{known: layout.Learned(), remove: remove})
	v, err := vm.Run(program(t, "look", `function main() { return [typeof "".repeat, typeof [][Symbol.iterator], typeof Uint8Array.from, typeof WeakSet, typeof [].map].join() }`))
	if err != nil || v.String() != "undefined,undefined,undefined,undefined,function" {
		t.Errorf("got %v, %v", v, err)
	}
	// Removing has the owners made: they are guarded nevertheless.
	for _, code := range []string{"String.raw({raw: Array(99).fill('x'.padEnd(1e4))}, 'y')", "new Uint8Array(1 << 22)", "Array(1e5).slice()", "Array.from({length: 1e5})"} {
		vm := newVM(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}, Limits: Limits{Memory: 1 << 20}}, finding{known: layout.Learned(), remove: remove})
		if _, err := vm.Run(program(t, "bomb", code)); err == nil || !strings.Contains(err.Error(), "max_memory_mb") {
			t.Errorf("%s ended with %v", code, err)
		}
	}
}
