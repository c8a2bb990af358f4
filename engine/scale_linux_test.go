package engine

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
)

// scaleRatio is what a request may cost in an app of 50,000 nodes, as a multiple of the same request in one of 10.
const scaleRatio = 1.1

// loadRatio is what loading an app of 50,000 nodes may cost of CPU, as a multiple of what goja alone takes to compile its code.
// That goes with the machine, as seconds do not. Where goja needs at most 0.65 s for it, an app is there in 3 s.
const loadRatio = 4

// nodeCode is the code of a node of largeApp: no two are alike, so that no program serves two nodes.
func nodeCode(flow, n int) string {
	return fmt.Sprintf("function main() { payload.x%d_%d = 1 }", flow, n)
}

// largeApp is an app of flows with so many nodes each. The first begins with /hello of the benchmarks.
func largeApp(flows, nodes int) string {
	all := make([]string, flows)
	for f := range flows {
		drawn := []string{starter("s", fmt.Sprintf("/f%d/:a", f), "n1")}
		if f == 0 {
			drawn = []string{starter("s", "/hello", "hello"), js("hello", `function main(){ c.JSON(200, {ok: true}) }`)}
		}
		for n := 1; len(drawn) < nodes; n++ {
			drawn = append(drawn, js(fmt.Sprintf("n%d", n), nodeCode(f, n), fmt.Sprintf("output_1=n%d", min(n+1, nodes-2))))
		}
		all[f] = fmt.Sprintf(`"flow%d":{"data":{%s}}`, f, strings.Join(drawn, ","))
	}
	return `{"drawflow":{` + strings.Join(all, ",") + `}}`
}

// TestFiftyThousandNodes: a request does not feel how large its app is. Both runtimes are asked in turn in one process, as in
// TestHelloAgainstTheFloor.
func TestFiftyThousandNodes(t *testing.T) { // not parallel: the CPU time and the allocations of other tests would count
	if testing.Short() {
		t.Skip("the race detector, which runs the short tests, would be measured")
	}
	const flows, nodes = 1000, 50
	large := loaded(t, flows, nodes)
	_, small := runtimeOf(t, largeApp(1, 10))
	if a, b := leastAllocations(large, "/hello"), leastAllocations(small, "/hello"); a != b {
		t.Errorf("%v allocations in an app of %d nodes, %v in one of 10", a, flows*nodes, b)
	}
	ofLarge, ofSmall := inTurn(func() float64 { return float64(cpuTime()) }, large, small)
	ratio := ofLarge / ofSmall
	t.Logf("hello in an app of %d nodes %v, of 10 nodes %v: %.3f ×", flows*nodes, time.Duration(ofLarge), time.Duration(ofSmall), ratio)
	if ratio > scaleRatio*floorNoise {
		t.Errorf("a request costs %.2f × as much CPU in an app of %d nodes as in one of 10, more than %v ×", ratio, flows*nodes, scaleRatio)
	}
}

// loaded returns a runtime with a large app, and measures the cost of loading. Twice the same machine differs much in seconds that
// follow one another: goja is measured before and after, and one clear answer of three is enough.
func loaded(t *testing.T, flows, nodes int) http.Handler {
	t.Helper()
	text := largeApp(flows, nodes)
	for try := 1; ; try++ {
		bare := compileBare(t, flows, nodes)
		began, clock := cpuTime(), time.Now()
		rt, h := runtimeOf(t, text)
		load, waited := cpuTime()-began, time.Since(clock)
		if problems := rt.Problems("app"); len(problems) > 0 {
			t.Fatalf("the app has problems: %v", problems[0])
		}
		bare = max(bare, compileBare(t, flows, nodes))
		ratio := float64(load) / float64(bare)
		t.Logf("%d nodes load in %v, %v of CPU; goja alone compiles their code in %v: %.2f ×", flows*nodes, waited, load, bare, ratio)
		if ratio <= loadRatio*floorNoise {
			return h
		}
		if try == 3 {
			t.Errorf("loading costs %.2f × of what goja alone takes for the code, more than %v ×", ratio, loadRatio)
			return h
		}
	}
}

// compileBare returns the CPU time that goja takes to compile the code of a large app.
func compileBare(t *testing.T, flows, nodes int) time.Duration {
	t.Helper()
	programs := make([]*goja.Program, 0, flows*nodes)
	began := cpuTime()
	for f := range flows {
		for n := range nodes {
			p, err := goja.Compile("node", nodeCode(f, n), false)
			if err != nil {
				t.Fatal(err)
			}
			programs = append(programs, p)
		}
	}
	took := cpuTime() - began
	runtime.KeepAlive(programs) // held meanwhile, as the graph holds them
	return took
}
