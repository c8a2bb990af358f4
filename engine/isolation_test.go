package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
)

// echo reports its visitor's id from everywhere that a run keeps data: the path, the payload, a form that waited, the
// session, a variable, a built-in that was changed, and a fork's copy.
func echoApp() string {
	return app(
		starter("s", "/echo/:id", "keep"),
		js("keep", `var mine = vars.id; kept = payload.id; Array.prototype.mine = vars.id
			function main(){ set_session("s", "id", payload.id); payload.seen = [vars.id] }`, "output_1=split"),
		node("split", `{"type":"gorutine"}`, "output_1=ask", "output_2=aside"),
		js("aside", `function main(){ payload.seen.push("aside"); payload.id = "aside"; mine = "aside" }`),
		js("ask", `function main(){ c.JSON(200, [mine, kept, [].mine, vars.id, payload.id, payload.seen[0], get_session("s", "id")]); payload.break = true }`, "output_1=check"),
		js("check", `function main(){ c.JSON(200, [vars.id, payload.id, payload.seen[0], payload.more, get_session("s", "id"), typeof mine, typeof kept, typeof [].mine]) }`),
	)
}

func TestNothingIsMixedUp(t *testing.T) {
	t.Parallel()
	const connections, rounds = 64, 16 // two requests each round: 2,048 in all
	w := newWorld(t, setup{app: echoApp(), config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxExecutionSeconds: 60}}})
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	t.Cleanup(transport.CloseIdleConnections)
	var all sync.WaitGroup
	for visitor := range connections {
		all.Go(func() {
			client := w.newClient()
			client.Transport = transport
			for round := range rounds {
				if err := echoRound(client, w.server.URL, fmt.Sprintf("v%d-%d", visitor, round)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	if err := w.rt.Processes().Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// echoRound starts the flow and continues it, and wants its own id back from everywhere.
func echoRound(client *http.Client, server, id string) error {
	ask := fmt.Sprintf(`[%[1]q,%[1]q,%[1]q,%[1]q,%[1]q,%[1]q,%[1]q]`, id)
	if err := wants(client, "GET", server+"/echo/"+id+"?id="+id, nil, ask); err != nil {
		return err
	}
	check := fmt.Sprintf(`[%[1]q,%[1]q,%[1]q,%[1]q,%[1]q,"undefined","undefined","undefined"]`, id)
	return wants(client, "POST", server+"/echo/"+id, url.Values{exchange.NextField: {"check"}, "more": {id}}, check)
}

func wants(client *http.Client, method, address string, form url.Values, want string) error {
	q, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(q)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || string(body) != want || !json.Valid(body) {
		return fmt.Errorf("%s %s: %d %s, want %s", method, address, res.StatusCode, body, want)
	}
	return nil
}
