package compile_test

import (
	"context"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// host is a run that serves no names.
type host struct{ ctx context.Context } //nolint:containedctx // it is the run's, as in the engine

func (host) Get(string) goja.Value         { return nil }
func (host) Has(string) bool               { return false }
func (host) Own(string) (goja.Value, bool) { return nil, false }
func (h host) Context() context.Context    { return h.ctx }
func (host) Idle(wait func() error) error  { return wait() }
func (host) HostMemory() int64             { return 0 }
func (host) Roots() []goja.Value           { return nil }
func (host) Turn()                         {}
func (host) Rejected(err error) error      { return err }

func newVM(t *testing.T, limits sandbox.Limits) *sandbox.VM {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return sandbox.New(sandbox.Options{Host: host{ctx}, Limits: limits})
}

func program(t *testing.T, name, code string) *compile.Program {
	t.Helper()
	p, err := compile.Compiler{}.Compile(compile.Source{Name: name, Code: code})
	if err != nil {
		t.Fatalf("compile %s: %v", name, err)
	}
	return p
}
