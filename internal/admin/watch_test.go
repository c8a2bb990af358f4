package admin_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/admin"
)

func TestKillAndWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(*engine.ConfigWorkspace) {})
	res := w.raw(http.MethodGet, admin.Base+"/runs/live", "Authorization: Bearer "+token)
	defer res.Body.Close()
	events := bufio.NewScanner(res.Body)
	next := func(event string) gjson.Result {
		t.Helper()
		for events.Scan() {
			if events.Text() == "event: "+event && events.Scan() {
				return gjson.Parse(strings.TrimPrefix(events.Text(), "data: "))
			}
		}
		t.Fatalf("the events end before %s: %v", event, events.Err())
		return gjson.Result{}
	}
	if !events.Scan() { // it watches
		t.Fatal(events.Err())
	}
	answered := make(chan int, 1)
	go func() {
		q, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/slow", nil)
		res, err := http.DefaultClient.Do(q)
		if err != nil {
			answered <- 0
			return
		}
		res.Body.Close()
		answered <- res.StatusCode
	}()
	began := next("begin")
	wid := began.Get("wid").Str
	if began.Get("status").Str != "running" || began.Get("path").Str != "/slow" {
		t.Errorf("%s", began)
	}
	if got := w.ask("GET", "/runs?status=running&flow=home", 200); got.Get("runs.0.wid").Str != wid {
		t.Errorf("%s", got)
	}
	if got := w.ask("GET", "/runs/"+wid, 200); got.Get("status").Str != "running" {
		t.Errorf("%s", got)
	}
	w.ask("DELETE", "/runs/"+wid, 202)
	if status := <-answered; status != 503 {
		t.Errorf("the killed run answered %d", status)
	}
	if ended := next("end"); ended.Get("wid").Str != wid || ended.Get("status").Str != "killed" {
		t.Errorf("%s", ended)
	}
	w.ask("DELETE", "/runs/"+wid, 404)
}

func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "1", "zzzzzzzzzzzzz", "-1", "\x00", "1e9", "9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := admin.ParseCursor(text)
		if ok && id <= 0 {
			t.Fatalf("%q is %d", text, id)
		}
		if again, ok2 := admin.ParseCursor(admin.Cursor(id)); ok && (!ok2 || again != id) {
			t.Fatalf("%q is %d, then %d", text, id, again)
		}
	})
}
