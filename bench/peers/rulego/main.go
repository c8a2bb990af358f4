// Command rulego serves the flows of the bench with RuleGo, as a program that uses RuleGo would: rule chains in its own
// form, loaded once, behind its own HTTP endpoint. The bench builds and starts it with the address and, for RuleGo's own pool of
// goroutines, "pool": its configuration has none unless told.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/rulego/rulego"
	"github.com/rulego/rulego/api/types"
	endpointapi "github.com/rulego/rulego/api/types/endpoint"
	"github.com/rulego/rulego/endpoint"
	"github.com/rulego/rulego/endpoint/rest"
)

const (
	codeHello = `return {'msg': {ok: true}, 'metadata': metadata, 'msgType': msgType};`
	codeCalc  = `let x = 0;
for (let i = 0; i < 1000; i++) {
  x += Math.sqrt(i) * Math.sin(i);
}
return {'msg': {x: x}, 'metadata': metadata, 'msgType': msgType};`
	codeSet  = `msg['v%d'] = '1'; return {'msg': msg, 'metadata': metadata, 'msgType': msgType};`
	codeJSON = `const sum = msg.items.reduce((n, i) => n + i.price, 0);
const items = msg.items.map((i) => ({ id: i.id, label: i.name.toUpperCase(), total: i.price * 1.2 }));
return {'msg': {sum: sum, items: items}, 'metadata': metadata, 'msgType': msgType};`
)

func main() {
	if err := run(os.Args[1], slices.Contains(os.Args[2:], "pool")); err != nil {
		fmt.Fprintln(os.Stderr, "rulego:", err)
		os.Exit(1)
	}
}

func run(address string, pool bool) error {
	config := rulego.NewConfig()
	if pool {
		config = rulego.NewConfig(types.WithDefaultPool())
	}
	server, err := endpoint.Registry.New(rest.Type, config, rest.Config{Server: address})
	if err != nil {
		return err
	}
	for _, f := range []struct {
		method, name string
		nodes        []*types.RuleNode
	}{
		{http.MethodGet, "hello", []*types.RuleNode{script(codeHello)}},
		{http.MethodGet, "calc", []*types.RuleNode{script(codeCalc)}},
		{http.MethodGet, "chain", append(ten(setVariable), node("exprTransform", types.Configuration{"expr": "metadata"}))},
		{http.MethodGet, "scripts", ten(func(i int) *types.RuleNode { return script(fmt.Sprintf(codeSet, i)) })},
		{http.MethodPost, "json", []*types.RuleNode{script(codeJSON)}},
	} {
		text, err := json.Marshal(chain(f.name, f.nodes))
		if err != nil {
			return err
		}
		if _, err := rulego.New(f.name, text, rulego.WithConfig(config)); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		route := endpoint.NewRouter().From("/" + f.name).To("chain:" + f.name).Wait().Process(answer).End()
		if _, err := server.AddRouter(route, f.method); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if err := server.Start(); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	return nil
}

// answer sends what the chain made of the message: RuleGo's example of an HTTP endpoint.
func answer(_ endpointapi.Router, exchange *endpointapi.Exchange) bool {
	if err := exchange.Out.GetError(); err != nil {
		exchange.Out.SetStatusCode(http.StatusInternalServerError)
		exchange.Out.SetBody([]byte(err.Error()))
		return true
	}
	exchange.Out.Headers().Set("Content-Type", "application/json")
	exchange.Out.SetBody(exchange.Out.GetMsg().GetBytes())
	return true
}

func node(kind string, configuration types.Configuration) *types.RuleNode {
	return &types.RuleNode{Type: kind, Configuration: configuration}
}

func script(code string) *types.RuleNode {
	return node("jsTransform", types.Configuration{"jsScript": code})
}

// setVariable is RuleGo's own node for it, which does it without JavaScript: faster than a script.
func setVariable(i int) *types.RuleNode {
	return node("metadataTransform", types.Configuration{"mapping": map[string]string{fmt.Sprintf("v%d", i): "'1'"}})
}

func ten(node func(i int) *types.RuleNode) (list []*types.RuleNode) {
	for i := 1; i <= 10; i++ {
		list = append(list, node(i))
	}
	return list
}

// chain joins the nodes one after the other.
func chain(name string, nodes []*types.RuleNode) types.RuleChain {
	c := types.RuleChain{RuleChain: types.RuleChainBaseInfo{ID: name, Name: name, Root: true}}
	for i, n := range nodes {
		n.Id = fmt.Sprintf("n%d", i)
		c.Metadata.Nodes = append(c.Metadata.Nodes, n)
		if i > 0 {
			c.Metadata.Connections = append(c.Metadata.Connections, types.NodeConnection{FromId: nodes[i-1].Id, ToId: n.Id, Type: types.Success})
		}
	}
	return c
}
