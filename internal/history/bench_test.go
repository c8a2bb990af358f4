package history

import (
	"context"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

type nowhere struct{}

func (nowhere) WriteRuns(context.Context, []*store.Run) error        { return nil }
func (nowhere) AddNodeStats(context.Context, []store.NodeStat) error { return nil }

// BenchmarkErrors is what a run of eleven nodes that does not fail costs under the policy errors.
func BenchmarkErrors(b *testing.B) {
	rec := NewRecorder(Options{Store: nowhere{}})
	defer rec.Close(b.Context())
	f := &graph.Flow{Name: "f"}
	var nodes [11]*graph.Node
	for i := range nodes {
		nodes[i] = &graph.Node{ID: string(rune('a' + i)), Flow: f}
	}
	p, _ := ParsePolicy("errors")
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		r := rec.Begin(p, "app", "wid", now)
		for _, n := range nodes {
			r.Visited(n, nil, now, 10*time.Microsecond, false)
		}
		if !r.Keeps(false) {
			r.Drop()
		}
	}
}
