package app

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// deaf is a step that does not end with its run.
type deaf struct{ until chan struct{} }

func (d deaf) Run(*model.Controller, *model.Node, echo.Context, *goja.Runtime, string, model.Vars, *process.Process, goja.Value) (string, goja.Value, error) {
	<-d.until
	return "", nil, nil
}

// TestStuck has a run that does not stop 5 s after its deadline: the process says so and ends.
func TestStuck(t *testing.T) {
	t.Parallel()
	var c engine.ConfigWorkspace
	c.Normalize()
	c.VMPoolConfig.MaxExecutionSeconds = 0.05
	c.Server.DrainSeconds = 0.2
	log := slog.New(slog.DiscardHandler)
	st, err := engine.OpenStore(t.Context(), &c, t.TempDir(), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	text := `{"drawflow":{"f":{"data":{
		"s":{"id":"s","data":{"type":"starter","urlpattern":"/deaf"},"outputs":{"output_1":{"connections":[{"node":"d"}]}}},
		"d":{"id":"d","data":{"type":"deaf"},"outputs":{}}}}}}`
	if err := st.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(text)}); err != nil {
		t.Fatal(err)
	}
	d := deaf{make(chan struct{})}
	a := &app{Options: Options{Config: &c, App: "app", Log: log}, started: time.Now(), store: st}
	a.joinCluster()
	if a.engine, err = engine.New(engine.Options{Store: st, Config: c, Log: log}); err != nil {
		t.Fatal(err)
	}
	a.engine.RegisterStep("deaf", d)
	if err := a.engine.Load(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	if a.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	address := a.Listener.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- a.serve(t.Context()) }()
	hung := make(chan struct{})
	go func() {
		defer close(hung)
		if res, err := http.Get("http://" + address + "/deaf"); err == nil {
			res.Body.Close()
		}
	}()
	<-a.engine.Stuck()
	if a.ready() {
		t.Error("it is ready")
	}
	if r := a.health(t.Context()); r.Status != "draining" {
		t.Errorf("health says %q", r.Status)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, ErrStuck) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it does not end")
	}
	close(d.until)
	<-hung
	a.engine.Close(t.Context())
}
