package main

import (
	"fmt"
	"io"
	"strings"
)

// column is one of a table, which is in Markdown.
type column struct {
	head  string
	text  func(row) string
	words bool // they stand on the left, numbers on the right
}

func openMark(name string) string  { return "<!-- capacity:" + name + " -->" }
func closeMark(name string) string { return "<!-- /capacity:" + name + " -->" }

// printAnswer prints the table as docs/capacity.md holds it, with its marks.
func printAnswer(w io.Writer, columns []column, a answer) {
	fmt.Fprintf(w, "%s\n%s", openMark(a.Name), headOf(columns))
	for _, r := range a.Rows {
		fmt.Fprint(w, "|")
		for _, c := range columns {
			fmt.Fprintf(w, " %s |", c.text(r))
		}
		fmt.Fprintln(w)
	}
	if a.Note != "" {
		fmt.Fprintf(w, "\n%s\n", a.Note)
	}
	fmt.Fprintf(w, "%s\n\n", closeMark(a.Name))
}

// headOf is the head of the table.
func headOf(columns []column) string {
	var names, sides strings.Builder
	for _, c := range columns {
		names.WriteString(" " + c.head + " |")
		if c.words {
			sides.WriteString("---|")
			continue
		}
		sides.WriteString("---:|")
	}
	return "|" + names.String() + "\n|" + sides.String() + "\n"
}

func columnsOfNodes() []column {
	return append([]column{
		seriesColumn("nodes are"), nameColumn("nodes"), costColumn(), ratioColumn("× one node"),
		moreColumn("µs for each further node"),
	}, speedColumns()...)
}

func columnsOfPayload() []column {
	return append([]column{
		nameColumn("body in and out"), costColumn(), ratioColumn("× 100 B"), moreColumn("µs for each further KB"),
		numbers("peak MiB", func(r row) string { return mebibytes(r.Peak) }),
	}, speedColumns()...)
}

func columnsOfFlows() []column {
	return append([]column{
		nameColumn("flows of 50 nodes"), costColumn(), ratioColumn("× one flow"),
		numbers("first 200 after ms", func(r row) string { return fmt.Sprint(r.Started) }),
		numbers("idle MiB", func(r row) string { return mebibytes(r.Idle) }),
		numbers("peak MiB", func(r row) string { return mebibytes(r.Peak) }),
	}, speedColumns()...)
}

func columnsOfSessions() []column {
	return append([]column{seriesColumn("store"), nameColumn("a request"), costColumn(), ratioColumn("× none")}, speedColumns()...)
}

func columnsOfHistory() []column {
	return append([]column{
		seriesColumn("flow"), nameColumn("history"), costColumn(), ratioColumn("× off"),
		numbers("not kept %", func(r row) string { return number(r.Lost) }),
	}, speedColumns()...)
}

func columnsOfKnee() []column {
	return []column{
		seriesColumn("flow"), numbers("% of full speed", func(r row) string { return fmt.Sprintf("%.0f", r.Percent) }),
		numbers("asked/s", func(r row) string { return fmt.Sprintf("%.0f", r.Asked) }),
		numbers("req/s", func(r row) string { return fmt.Sprintf("%.0f", r.Rate) }),
		numbers("p50 ms", func(r row) string { return number(r.P50) }), numbers("p99 ms", func(r row) string { return number(r.P99) }),
		numbers("p99.9 ms", func(r row) string { return number(r.Steady) }), busyColumn(),
	}
}

func columnsOfCore() []column {
	return append([]column{
		seriesColumn("flow"), costColumn(), busyColumn(),
		numbers("million in 8 h", func(r row) string { return fmt.Sprintf("%.0f", r.Rate*8*3600/1e6) }),
	}, speedColumns()...)
}

// numbers makes a column of them.
func numbers(head string, text func(row) string) column { return column{head: head, text: text} }

func seriesColumn(head string) column {
	return column{head, func(r row) string { return r.Flow }, true}
}

func nameColumn(head string) column {
	return column{head, func(r row) string { return r.Side }, true}
}

func ratioColumn(head string) column {
	return numbers(head, func(r row) string { return fmt.Sprintf("%.2f", r.Ratio) })
}
func costColumn() column { return numbers("CPU µs", func(r row) string { return number(r.CPU) }) }

func busyColumn() column {
	return numbers("server busy %", func(r row) string { return fmt.Sprintf("%.0f", r.Busy) })
}

func moreColumn(head string) column {
	return numbers(head, func(r row) string {
		if r.More == 0 {
			return "–"
		}
		return fmt.Sprintf("%.2f", r.More)
	})
}

func speedColumns() []column {
	return []column{
		numbers("req/s", func(r row) string { return fmt.Sprintf("%.0f", r.Rate) }),
		numbers("p50 ms", func(r row) string { return number(r.P50) }),
		numbers("p99 ms", func(r row) string { return number(r.P99) }),
	}
}

// number has three digits that say something, or all before the point.
func number(n float64) string {
	switch {
	case n >= 100:
		return fmt.Sprintf("%.0f", n)
	case n >= 10:
		return fmt.Sprintf("%.1f", n)
	default:
		return fmt.Sprintf("%.2f", n)
	}
}

func mebibytes(kb int) string { return fmt.Sprintf("%.0f", float64(kb)/1024) }
