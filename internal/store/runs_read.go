package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	runsDefault = 50
	runsMost    = 1000

	// A search looks at four times as many runs as it is to find, then twice as many with each statement, up to window; it
	// continues to the next for searchTime.
	window     = 1000
	searchTime = 40 * time.Millisecond

	// placesMost is how many nodes of one id or name a filter takes.
	placesMost = 64
)

const runColumns = `id, wid, parent, story, app, flow, version, instance, kind, starter, method, path, username, started, took, status,
	answer, operations, peak_memory, nodes, error, failed_at, exceeded, bytes, in_vm`

func scanRun(scan scanner, r *Run, more ...any) error {
	var started, took, inVM int64
	dest := []any{
		&r.ID, &r.Wid, &r.Parent, &r.Story, &r.App, &r.Flow, &r.Version, &r.Instance, &r.Kind, &r.Starter, &r.Method, &r.Path,
		&r.User, &started, &took, &r.Status, &r.Answer, &r.Operations, &r.PeakMemory, &r.Nodes, &r.Error, &r.FailedAt, &r.Exceeded, &r.Bytes, &inVM,
	}
	err := scan(append(dest, more...)...)
	r.Started, r.Took, r.InVM = time.UnixMicro(started).UTC(), time.Duration(took)*time.Microsecond, time.Duration(inVM)*time.Microsecond
	return err
}

// clauses is a WHERE that is being written.
type clauses struct {
	texts []string
	args  []any
}

// add adds a condition; each %s in it stands for the next argument.
func (c *clauses) add(condition string, args ...any) {
	names := make([]any, len(args))
	for i, a := range args {
		c.args = append(c.args, a)
		names[i] = fmt.Sprintf("$%d", len(c.args))
	}
	c.texts = append(c.texts, fmt.Sprintf(condition, names...))
}

// where writes them down; none is "".
func (c *clauses) where() string {
	if len(c.texts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.texts, " AND ")
}

// Runs implements [History].
func (b *Base) Runs(ctx context.Context, f RunFilter) (RunPage, error) {
	if f.Limit <= 0 {
		f.Limit = runsDefault
	}
	f.Limit = min(f.Limit, runsMost)
	s := search{f: &f}
	if f.Node != "" {
		var err error
		if s.places, err = b.placesOf(ctx, &f); err != nil || len(s.places) == 0 {
			return RunPage{}, failed(err, "reading a node")
		}
	}
	err := b.planned(ctx, func(q querier) error { return s.run(ctx, q) })
	if err != nil {
		return RunPage{}, failed(err, "listing runs")
	}
	return s.page, nil
}

// planned runs f where statements are planned for their values: the plan for any value that PostgreSQL keeps of a statement
// walks through all runs for a flow that is rare.
func (b *Base) planned(ctx context.Context, f func(querier) error) error {
	if b.d.PlanEach == "" {
		return f(b.db)
	}
	tx, err := b.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	if _, err := tx.ExecContext(ctx, b.d.PlanEach); err != nil {
		return err
	}
	return f(tx)
}

// search is one on its way.
type search struct {
	f      *RunFilter
	places []int64 // of the node that is looked for
	page   RunPage
}

// run fills the page.
func (s *search) run(ctx context.Context, q querier) error {
	most := min(window, 4*(s.f.Limit+1))
	for end := time.Now().Add(searchTime); ; most = min(window, 2*most) {
		lowest, more, err := s.step(ctx, q, most)
		if err != nil {
			return err
		}
		if len(s.page.Runs) > s.f.Limit {
			s.page.Runs = s.page.Runs[:s.f.Limit]
			s.page.Next = s.page.Runs[s.f.Limit-1].ID
			return nil
		}
		if !more {
			return nil
		}
		s.f.Before = lowest
		if time.Now().After(end) {
			s.page.Next = lowest
			return nil
		}
	}
}

// step adds the next runs that fit, up to one over the limit. Where an index does not cover all, it takes so many ids at
// most from the one that chooses best and looks at those; it returns the lowest of them, and whether more may be below.
func (s *search) step(ctx context.Context, q querier, most int) (lowest int64, more bool, err error) {
	f, page := s.f, &s.page
	index, rest := splitFilter(f)
	var chosen, looked clauses
	rest(&looked)
	room := f.Limit + 1 - len(page.Runs)
	if s.places == nil {
		boundIDs(f, &chosen, "id")
		index(&chosen)
		if len(looked.texts) == 0 {
			query := fmt.Sprintf(`SELECT %s FROM nflow_runs%s ORDER BY id DESC LIMIT %d`, runColumns, chosen.where(), room)
			return 0, false, each(ctx, q, query, chosen.args, addTo(page))
		}
	}
	query := fmt.Sprintf(`SELECT id FROM nflow_runs%s ORDER BY id DESC LIMIT %d`, chosen.where(), most)
	if s.places != nil {
		most = max(room, most/len(s.places)) // each of them is queried for so many
		query = visitors(f, s.places, most, &chosen)
	}
	var ids []any
	err = each(ctx, q, query, chosen.args, func(scan scanner) error {
		err := scan(&lowest)
		ids = append(ids, lowest)
		return err
	})
	if err != nil || len(ids) == 0 {
		return 0, false, err
	}
	looked.add("id IN ("+strings.Repeat(", %s", len(ids))[2:]+")", ids...)
	// Neither ordered nor limited here: PostgreSQL would walk through all runs in the hope of finding these soon.
	found := RunPage{}
	if err := each(ctx, q, `SELECT `+runColumns+` FROM nflow_runs`+looked.where(), looked.args, addTo(&found)); err != nil {
		return 0, false, err
	}
	slices.SortFunc(found.Runs, func(x, y Run) int { return cmp.Compare(y.ID, x.ID) })
	page.Runs = append(page.Runs, found.Runs[:min(len(found.Runs), room)]...)
	return lowest, len(ids) == most, nil
}

// addTo returns what scans a run into a page.
func addTo(p *RunPage) func(scanner) error {
	return func(scan scanner) error {
		var r Run
		err := scanRun(scan, &r)
		p.Runs = append(p.Runs, r)
		return err
	}
}

// boundIDs adds the bounds of the ids.
func boundIDs(f *RunFilter, c *clauses, id string) {
	if f.Before > 0 {
		c.add(id+" < %s", f.Before)
	}
	if !f.To.IsZero() {
		c.add(id+" < %s", RunID(f.To))
	}
	if !f.From.IsZero() {
		c.add(id+" >= %s", RunID(f.From))
	}
}

// splitFilter returns the condition that an index covers, the one that is likely to choose the fewest, and the other ones.
func splitFilter(f *RunFilter) (index, rest func(*clauses)) {
	type condition struct {
		set  bool
		text string
		arg  any
	}
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(f.Text)) + "%"
	failing := f.Status != "" && f.Status != RunOK
	all := []condition{
		{f.Story != "", "story = %s AND story <> ''", f.Story},
		{f.Parent != "", "parent = %s AND parent <> ''", f.Parent},
		{f.User != "", "username = %s AND username <> ''", f.User},
		{failing, "status = %s AND status <> 'ok'", string(f.Status)},
		{f.Flow != "", "flow = %s", f.Flow},
		{f.Status == RunOK, "status = %s", string(f.Status)}, // no index from here on
		{f.App != "", "app = %s", f.App},
		{f.Text != "", `lower(wid || ' ' || path || ' ' || username || ' ' || error) LIKE %s ESCAPE '\'`, like},
	}
	const indexed = 5
	first := slices.IndexFunc(all[:indexed], func(c condition) bool { return c.set })
	if f.Node != "" {
		first = -1 // the visits are the index
	}
	index = func(c *clauses) {
		if first >= 0 {
			c.add(all[first].text, all[first].arg)
		}
	}
	rest = func(c *clauses) {
		for i := range all {
			if i != first && all[i].set {
				c.add(all[i].text, all[i].arg)
			}
		}
	}
	return index, rest
}

// placesOf finds the nodes that the filter names.
func (b *Base) placesOf(ctx context.Context, f *RunFilter) (ids []int64, err error) {
	var c clauses
	c.add("(node = %s OR name = %s)", f.Node, f.Node)
	if f.App != "" {
		c.add("app = %s", f.App)
	}
	if f.Flow != "" {
		c.add("flow = %s", f.Flow)
	}
	err = b.each(ctx, fmt.Sprintf(`SELECT id FROM nflow_run_places%s ORDER BY id LIMIT %d`, c.where(), placesMost), c.args, func(scan scanner) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// visitors chooses the last runs, so many at most, that visited one of the places.
func visitors(f *RunFilter, places []int64, most int, c *clauses) string {
	each := make([]string, len(places))
	for i, p := range places {
		of := clauses{args: c.args}
		of.add("place = %s", p)
		boundIDs(f, &of, "run")
		c.args = of.args
		each[i] = fmt.Sprintf(`SELECT id FROM (SELECT DISTINCT run AS id FROM nflow_run_nodes%s ORDER BY id DESC LIMIT %d) p`, of.where(), most)
	}
	return fmt.Sprintf(`%s ORDER BY id DESC LIMIT %d`, strings.Join(each, " UNION "), most)
}

// Run implements [History].
func (b *Base) Run(ctx context.Context, wid string) (*Run, error) {
	var r Run
	found := false
	err := b.each(ctx, `SELECT `+runColumns+`, stack, input FROM nflow_runs WHERE wid = $1 ORDER BY id DESC LIMIT 1`, []any{wid}, func(scan scanner) error {
		found = true
		return scanRun(scan, &r, &r.Stack, &r.Input)
	})
	if err == nil && !found {
		return nil, missing("run", wid)
	}
	if err == nil {
		err = b.visits(ctx, &r)
	}
	if err != nil {
		return nil, failed(err, "reading run %q", wid)
	}
	return &r, nil
}

func (b *Base) visits(ctx context.Context, r *Run) error {
	const query = `SELECT v.visit, v.at, v.took, v.output, v.status, v.changes, v.logs, coalesce(p.node, ''), coalesce(p.name, ''), coalesce(p.type, '')
		FROM nflow_run_nodes v LEFT JOIN nflow_run_places p ON p.id = v.place WHERE v.run = $1 ORDER BY v.visit`
	return b.each(ctx, query, []any{r.ID}, func(scan scanner) error {
		v := Visit{Place: Place{App: r.App, Flow: r.Flow}}
		var at, took int64
		err := scan(&v.Order, &at, &took, &v.Output, &v.Status, &v.Changes, &v.Logs, &v.Place.Node, &v.Place.Name, &v.Place.Type)
		v.At, v.Took = time.Duration(at)*time.Microsecond, time.Duration(took)*time.Microsecond
		r.Visits = append(r.Visits, v)
		return err
	})
}
