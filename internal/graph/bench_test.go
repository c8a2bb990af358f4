package graph

import (
	"fmt"
	"strings"
	"testing"
)

// drawn writes flows of some nodes each. The starter of each flow answers /f0, /f1 and so on, with :names when they are asked for.
func drawn(flows, nodes int, names string) string {
	var b strings.Builder
	b.WriteString(`{"drawflow":{`)
	for f := range flows {
		if f > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"flow%d":{"data":{"s":{"data":{"type":"starter","urlpattern":"/f%d%s"},"outputs":{"output_1":{"connections":[{"node":"n1"}]}}}`, f, f, names)
		for n := 1; n < nodes; n++ {
			fmt.Fprintf(&b, `,"n%d":{"data":{"type":"js","code":"x"},"outputs":{"output_1":{"connections":[{"node":"n%d"}]}}}`, n, min(n+1, nodes-1))
		}
		b.WriteString(`}}`)
	}
	b.WriteString(`}}`)
	return b.String()
}

// BenchmarkMatch finds the starter of a request in small and large apps.
func BenchmarkMatch(b *testing.B) {
	for _, s := range []struct {
		name         string
		flows, nodes int
		names, path  string
		starts       bool
	}{
		{"10 routes", 10, 2, "", "/f7", true},
		{"1,000 flows of 50 nodes", 1000, 50, "", "/f700", true},
		{"200 patterns", 200, 2, "/:a/x/:b", "/f150/1/x/2", true},
		{"none of 200 patterns", 200, 2, "/:a/x/:b", "/f150/1/y/2", false},
	} {
		b.Run(s.name, func(b *testing.B) {
			g, err := Compile(App{JSON: []byte(drawn(s.flows, s.nodes, s.names))}, options())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := g.Match("GET", s.path); ok != s.starts {
					b.Fatalf("%s is matched: %v", s.path, ok)
				}
			}
		})
	}
}
