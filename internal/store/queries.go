package store

import (
	"context"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// The named statements. A row of table queries with such a name replaces the built-in statement; it must take the same
// parameters and give the same columns in the same order.
const (
	QueryGetUser                = "QueryGetUser"
	QueryGetApp                 = "QueryGetApp"
	QueryUpdateApp              = "QueryUpdateApp"
	QueryGetModules             = "QueryGetModules"
	QueryCountModulesByName     = "QueryCountModulesByName"
	QueryGetModuleByName        = "QueryGetModuleByName"
	QueryUpdateModModuleByName  = "QueryUpdateModModuleByName"
	QueryUpdateFormModuleByName = "QueryUpdateFormModuleByName"
	QueryUpdateCodeModuleByName = "QueryUpdateCodeModuleByName"
	QueryInsertModule           = "QueryInsertModule"
	QueryDeleteModule           = "QueryDeleteModule"
	QueryInsertLog              = "QueryInsertLog"
	QueryGetToken               = "QueryGetToken"
	QueryGetTemplateCount       = "QueryGetTemplateCount"
	QueryGetTemplate            = "QueryGetTemplate"
	QueryGetTemplates           = "QueryGetTemplates"
	QueryUpdateTemplate         = "QueryUpdateTemplate"
	QueryInsertTemplate         = "QueryInsertTemplate"
	QueryDeleteTemplate         = "QueryDeleteTemplate"
)

// builtin returns the statements that are used where table queries holds no other. They run on both databases.
func builtin() map[string]string {
	return map[string]string{
		QueryGetUser:                `SELECT id, username, password, rol, active FROM users WHERE username = $1`,
		QueryGetApp:                 `SELECT json, default_js FROM nflow WHERE name = $1`,
		QueryUpdateApp:              `UPDATE nflow SET json = $1 WHERE name = $2`,
		QueryGetModules:             `SELECT form, mod, code, name FROM modules ORDER BY name`,
		QueryCountModulesByName:     `SELECT count(*) FROM modules WHERE name = $1`,
		QueryGetModuleByName:        `SELECT form, mod, code FROM modules WHERE name = $1`,
		QueryUpdateModModuleByName:  `UPDATE modules SET mod = $1 WHERE name = $2`,
		QueryUpdateFormModuleByName: `UPDATE modules SET form = $1 WHERE name = $2`,
		QueryUpdateCodeModuleByName: `UPDATE modules SET code = $1 WHERE name = $2`,
		QueryInsertModule:           `INSERT INTO modules (name, form, mod, code) VALUES ($1, $2, $3, $4)`,
		QueryDeleteModule:           `DELETE FROM modules WHERE name = $1`,
		QueryInsertLog: `INSERT INTO tracker (log_id, box_id, box_name, box_type, url, username, connection_next, duration,
			order_box, payload, ip, real_ip, user_agent, query_param, hostname, host)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		// rtrim: name is a CHAR column padded with blanks in some databases.
		QueryGetToken: `SELECT id, name, token, start, expired, active, header, token_type FROM api_tokens
			WHERE rtrim(name) = $1 ORDER BY id`,
		QueryGetTemplateCount: `SELECT count(*) FROM template WHERE name = $1`,
		QueryGetTemplate:      `SELECT id, name, content FROM template WHERE name = $1`,
		QueryGetTemplates:     `SELECT id, name, content FROM template ORDER BY name`,
		QueryUpdateTemplate:   `UPDATE template SET content = $1 WHERE name = $2`,
		QueryInsertTemplate:   `INSERT INTO template (content, name) VALUES ($1, $2)`,
		QueryDeleteTemplate:   `DELETE FROM template WHERE name = $1`,
	}
}

// DefaultQueries reads the statements that replace built-in ones: columns name, query.
const DefaultQueries = `SELECT name, query FROM queries`

// ReloadQueries implements [Store]. Names that are not statements of this package, and empty statements, are passed over.
func (b *Base) ReloadQueries(ctx context.Context) error {
	if b.queriesSQL == DefaultQueries {
		found, err := b.hasTable(ctx, b.db, "queries")
		if err != nil {
			return failed(err, "reading the named queries")
		}
		if !found {
			b.queries.Store(new(builtin()))
			return nil
		}
	}
	merged := builtin()
	err := b.each(ctx, b.queriesSQL, nil, func(scan scanner) error {
		var name, query text
		if err := scan(&name, &query); err != nil {
			return err
		}
		key := strings.TrimSpace(string(name))
		if _, ok := merged[key]; ok && strings.TrimSpace(string(query)) != "" {
			merged[key] = string(query)
		}
		return nil
	})
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the named queries cannot be read; check database_nflow.query and table queries")
	}
	b.queries.Store(&merged)
	return nil
}

// query returns the statement in force for a name.
func (b *Base) query(name string) string { return (*b.queries.Load())[name] }
