package main

import (
	"context"
	"fmt"
	"time"
)

func measureNodes(ctx context.Context, l *lab) ([]row, string, error) {
	sizes := []int{1, 2, 5, 10, 20, 50, 100}
	app := drawing{}
	app.hello()
	for _, n := range sizes {
		app.chainOf(n, false)
		app.chainOf(n, true)
	}
	p, err := l.serve(ctx, "nodes", app, "")
	if err != nil {
		return nil, "", err
	}
	var points []point
	for _, standard := range []bool{false, true} {
		series := "scripts"
		if standard {
			series = "standard modules"
		}
		for _, n := range sizes {
			one, err := l.point(ctx, series, fmt.Sprint(n), p, step{path: drawing{}.chainOf(n, standard), want: "{}"})
			if err != nil {
				return nil, "", err
			}
			one.size = float64(n)
			points = append(points, one)
		}
	}
	rows, err := l.measure(ctx, "nodes", points)
	return grown(rows), "", err
}

func measurePayload(ctx context.Context, l *lab) ([]row, string, error) {
	var points []point
	for _, size := range []struct {
		name  string
		bytes int
	}{{"100 B", 100}, {"1 KB", 1000}, {"10 KB", 10_000}, {"100 KB", 100_000}, {"1 MB", 1_000_000}} {
		// A server for each: what a megabyte leaves behind is not the small body's.
		p, err := l.serve(ctx, "payload-"+size.name, echoing(), "")
		if err != nil {
			return nil, "", err
		}
		body := bodyOf(size.bytes)
		one, err := l.point(ctx, "echo", size.name, p, step{path: "/echo", json: body, want: body})
		if err != nil {
			return nil, "", err
		}
		one.size = float64(size.bytes) / 1000
		points = append(points, one)
	}
	few := *l
	few.connections = min(l.connections, 8) // a megabyte on each of many would measure their memory
	rows, err := few.measure(ctx, "payload", points)
	return grown(rows), fmt.Sprintf("Over %d connections.", few.connections), err
}

func measureFlows(ctx context.Context, l *lab) ([]row, string, error) {
	var points []point
	for _, n := range []int{1, 10, 100, 1000} {
		p, err := l.serve(ctx, fmt.Sprintf("flows-%d", n), many(n), "")
		if err != nil {
			return nil, "", err
		}
		one, err := l.point(ctx, "hello", fmt.Sprint(n), p, step{path: "/hello", want: ok})
		if err != nil {
			return nil, "", err
		}
		points = append(points, one)
	}
	time.Sleep(4 * time.Second) // until they are idle
	for _, p := range points {
		p.on.idle = p.on.memory("VmRSS")
	}
	rows, err := l.measure(ctx, "flows", points)
	return rows, "What is asked is `/hello`, a flow of its own beside them.", err
}

func measureHistory(ctx context.Context, l *lab) ([]row, string, error) {
	modes := []struct{ name, config string }{
		{"off", "record = \"off\""},
		{"errors", "record = \"errors\""},
		{"all", "record = \"all\""},
		{"all, payloads", "record = \"all\"\npayloads = true"},
	}
	var points []point
	for _, m := range modes {
		app := drawing{}
		app.hello()
		app.chainOf(10, false)
		p, err := l.serve(ctx, "history "+m.name, app, "[history]\n"+m.config+"\n")
		if err != nil {
			return nil, "", err
		}
		for _, f := range []struct{ name, path, want string }{{"hello", "/hello", ok}, {"10 scripts", "/script10", "{}"}} {
			one, err := l.point(ctx, f.name, m.name, p, step{path: f.path, want: f.want})
			if err != nil {
				return nil, "", err
			}
			one.writes = true
			points = append(points, one)
		}
	}
	rows, err := l.measure(ctx, "history", points)
	return bySeries(rows), "CPU µs include what the writer did after the load was over. The database is SQLite.", err
}

// grown notes what each further unit of the size took, against the first of the series.
func grown(rows []row) []row {
	first := map[string]row{}
	for i, r := range rows {
		base, seen := first[r.Flow]
		if !seen {
			first[r.Flow] = r
			continue
		}
		rows[i].More = (r.CPU - base.CPU) / (r.Size - base.Size)
	}
	return rows
}

// bySeries puts the rows of a series one below the other.
func bySeries(rows []row) (list []row) {
	done := map[string]bool{}
	for _, r := range rows {
		if done[r.Flow] {
			continue
		}
		done[r.Flow] = true
		for _, other := range rows {
			if other.Flow == r.Flow {
				list = append(list, other)
			}
		}
	}
	return list
}
