package app

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// A request is one line at info, and with debug each node has two; every line of a run says which run, flow and node it is
// about. Nothing is an error where nothing failed.
func TestLogOfARun(t *testing.T) {
	t.Parallel()
	s := observedSite(t)
	lines := func() (all []gjson.Result) {
		s.own.Flush()
		for line := range strings.SplitSeq(strings.TrimSpace(s.log.String()), "\n") {
			if l := gjson.Parse(line); l.Get("wid").Exists() {
				all = append(all, l)
			}
			if level := gjson.Get(line, "level").Str; level == "ERROR" || level == "WARN" {
				t.Errorf("where nothing failed: %s", line)
			}
		}
		return all
	}
	a := s.get("/ok")
	wid := a.Header.Get("Nflow-Wid-1")
	brief := lines()
	if len(brief) != 2 { // what the flow says, and the request
		t.Fatalf("%d lines: %v", len(brief), brief)
	}
	said, request := brief[0], brief[1]
	if said.Get("msg").Str != "said ********" || said.Get("node").Str != "ok" || said.Get("line").Int() != 1 || said.Get("flow").Str != "shop" || said.Get("wid").Str != wid {
		t.Errorf("what the flow said: %s", said)
	}
	if request.Get("level").Str != "INFO" || request.Get("status").Int() != 200 || request.Get("bytes").Int() != int64(len(a.body)) || request.Get("wid").Str != wid ||
		request.Get("flow").Str != "shop" || request.Get("method").Str != "GET" || request.Get("path").Str != "/ok" || !request.Get("ms").Exists() {
		t.Errorf("the request: %s", request)
	}
	s.own.SetLevel(slog.LevelDebug)
	wid = s.get("/ok").Header.Get("Nflow-Wid-1")
	nodes := map[string]string{}
	for _, l := range lines()[len(brief):] {
		if l.Get("wid").Str != wid || l.Get("flow").Str != "shop" && l.Get("msg").Str != "request" { // the server knows no flows
			t.Errorf("a line without its run: %s", l)
		}
		if msg := l.Get("msg").Str; strings.HasPrefix(msg, "node ") {
			nodes[l.Get("node").Str] += strings.TrimPrefix(msg, "node ") + " "
			for _, field := range []string{"us", "operations", "peak_memory", "next"} {
				if l.Get(field).Exists() != (msg == "node leave") {
					t.Errorf("what %s says of %s: %s", msg, field, l)
				}
			}
		}
	}
	if nodes["ok"] != "enter leave " || len(nodes) != 1 {
		t.Errorf("nodes: %v", nodes)
	}
}
