package replay_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/replay"
	"github.com/arturoeanton/nflow-runtime/store"
)

const lottery = `{"drawflow": {"Lottery": {"data": {
	"1": {"data": {"type": "starter", "method": "GET", "urlpattern": "/draw"}, "outputs": {"output_1": {"connections": [{"node": "2"}]}}},
	"2": {"data": {"type": "js", "code": "function main() { c.JSON(200, [Math.random(), Date.now()]) }"}, "outputs": {}}
}}}}`

// A run is recorded, and replayed: chance and clock are those of before.
func ExampleReplayer() {
	ctx, log := context.Background(), slog.New(slog.DiscardHandler)
	st, err := engine.OpenStore(ctx, &engine.ConfigWorkspace{DatabaseNflow: engine.DatabaseConfig{DSN: ":memory:"}}, "", log)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()
	if err := st.SaveApp(ctx, store.App{Name: "app", JSON: []byte(lottery)}); err != nil {
		fmt.Println(err)
		return
	}
	var effects replay.Effects // of the next run
	rt, err := engine.New(engine.Options{Store: st, Log: log, Effects: func(string) replay.Effects { return effects }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close(ctx)
	e := echo.New()
	e.Any("/*", rt.Handler("app"))
	draw := func() string {
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/draw", http.NoBody))
		return strings.TrimSpace(answer.Body.String())
	}

	recorder := &replay.Recorder{}
	effects = recorder
	first := draw()
	replayer := replay.NewReplayer(recorder.Events())
	effects = replayer
	again := draw()
	effects = nil
	other := draw()
	fmt.Println(again == first, other == first, replayer.Difference(true) == nil)
	// Output: true false true
}
