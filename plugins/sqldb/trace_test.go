package sqldb

import (
	"strings"
	"testing"
)

// A statement of a traced run tells its database so, and nothing that a client sends gets into it otherwise.
func TestStatementsCarryTheTrace(t *testing.T) {
	t.Parallel()
	asked := map[string]string{
		"postgres": `SELECT current_query() AS q`, "mysql": `SELECT info AS q FROM information_schema.processlist WHERE id = connection_id()`,
		"sqlite": `SELECT 'seen' AS q`,
	}
	each(t, func(t *testing.T, kind string, c Database) {
		const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		w := newRun(t, open(t, c))
		ask := func() string { return w.js("db.query(`" + asked[kind] + "`)[0].q") }
		w.run.Trace = trace
		if got := ask(); strings.Contains(got, "traceparent") {
			t.Errorf("a run that is not traced sends %s", got)
		}
		w.run.Traced = true
		if got := ask(); kind != "sqlite" && !strings.Contains(got, "/*traceparent='"+trace+"'*/") {
			t.Errorf("a traced run sends %s", got)
		}
		w.run.Trace = "00-*/ DROP TABLE x; /*"
		if got := ask(); strings.Contains(got, "DROP") {
			t.Errorf("a hostile header got into %s", got)
		}
	})
}
