package runloop

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/payload"
)

// begun returns a run of /hello that has its VM and has not visited a node, so that parts of a run can be measured alone.
func begun(b *testing.B) (*run, *goja.Runtime) {
	b.Helper()
	w := newRig(b, flow(`s starter 1=a | /hello`, `a js | function main(){ c.JSON(200, {ok: true}) }`), nil)
	v := w.version()
	m, ok := v.Graph.Match(http.MethodGet, "/hello")
	if !ok {
		b.Fatal("/hello is not there")
	}
	r, err := w.loop.begin(echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/hello", nil), &discard{http.Header{}}), v, m)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(r.release)
	vm, err := r.scope.vmForValues()
	if err != nil {
		b.Fatal(err)
	}
	return r, vm.Runtime()
}

// sizes are data of a small payload and of one of 10 KB.
func sizes() map[string]map[string]any {
	items := make([]any, 100)
	for i := range items {
		items[i] = map[string]any{"id": int64(i), "name": fmt.Sprintf("item %d", i), "price": 1.5, "tags": []any{"a", "b"}, "note": strings.Repeat("x", 30)}
	}
	return map[string]map[string]any{"small": {"ok": true}, "10 KB": {"items": items}}
}

// BenchmarkPayload takes a payload into the VM, out of it as data (session, fork, plugin), and out of it as JSON text.
func BenchmarkPayload(b *testing.B) {
	for name, data := range sizes() {
		r, _ := begun(b)
		b.Run("in/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p := payload.Of(ordered.From(data))
				p.Object(&r.scope.host)
			}
		})
		r.payload = payload.Of(ordered.From(data))
		object := r.payload.Object(&r.scope.host)
		b.Run("out/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.exportPayload(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("text/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.scope.host.Stringify(object); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAnswer is c.JSON and c.HTML as a script calls them, with what holds the response and lets it go.
func BenchmarkAnswer(b *testing.B) {
	answers := map[string]any{"HTML/10 KB": strings.Repeat("<p>ten bytes</p>\n", 600)}
	for name, data := range sizes() {
		answers["JSON/"+name] = data
	}
	for name, body := range answers {
		b.Run(name, func(b *testing.B) {
			r, vm := begun(b)
			c := r.scope.Get("c").ToObject(vm)
			method, _, _ := strings.Cut(name, "/")
			send, ok := goja.AssertFunction(c.Get(method))
			if !ok {
				b.Fatalf("c.%s is no function", method)
			}
			status, value, res := vm.ToValue(200), hostfn.ToJS(vm, body), r.web.Context().Response()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := send(c, status, value); err != nil {
					b.Fatal(err)
				}
				if _, n := r.web.Release(); n == 0 {
					b.Fatal("nothing was answered")
				}
				res.Committed = false
				r.web.Hold()
			}
		})
	}
}

// discard is a response that is discarded.
type discard struct{ h http.Header }

func (d *discard) Header() http.Header         { return d.h }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
