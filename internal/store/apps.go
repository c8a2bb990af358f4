package store

import (
	"context"
	"database/sql"
)

// records implements [Records]: on the database itself, where each write is a transaction of its own, or in a transaction.
type records struct {
	b  *Base
	tx *sql.Tx // nil for the database itself
}

// source is where the records are read.
func (r records) source() querier {
	if r.tx != nil {
		return r.tx
	}
	return r.b.db
}

// write runs f under a lock: in the transaction at hand, else in one of its own.
func (r records) write(ctx context.Context, lock string, f func(*sql.Tx) error) error {
	if r.tx == nil {
		return r.b.write(ctx, lock, f)
	}
	if err := r.b.lock(ctx, r.tx, lock); err != nil {
		return err
	}
	return f(r.tx)
}

// Snapshot implements [Store].
func (b *Base) Snapshot(ctx context.Context, f func(Records) error) error {
	tx, err := b.db.BeginTx(ctx, &sql.TxOptions{Isolation: b.d.Snapshot, ReadOnly: true})
	if err != nil {
		return b.note(failed(err, "beginning to read"))
	}
	defer tx.Rollback() //nolint:errcheck // it has changed nothing
	return f(records{b, tx})
}

// Change implements [Store].
func (b *Base) Change(ctx context.Context, f func(Records) error) error {
	return failed(b.write(ctx, "change", func(tx *sql.Tx) error { return f(records{b, tx}) }), "writing the change; nothing of it was stored")
}

// Apps implements [Records].
func (r records) Apps(ctx context.Context) ([]string, error) {
	var names []string
	err := r.each(ctx, `SELECT name FROM nflow ORDER BY name`, nil, func(scan scanner) error {
		var name padded
		err := scan(&name)
		names = append(names, string(name))
		return err
	})
	return names, failed(err, "listing the apps")
}

// App implements [Records].
func (r records) App(ctx context.Context, name string) (App, error) {
	var json, js text
	if err := r.one(ctx, "app", name, r.b.query(QueryGetApp), &json, &js); err != nil {
		return App{}, err
	}
	return App{Name: name, JSON: []byte(json), DefaultJS: string(js)}, nil
}

// SaveApp implements [Records].
func (r records) SaveApp(ctx context.Context, a App) error {
	json, js := r.b.d.Document(string(a.JSON)), r.b.d.Document(a.DefaultJS)
	return r.save(ctx, "app", a.Name, `SELECT count(*) FROM nflow WHERE name = $1`,
		[]statement{
			{r.b.query(QueryUpdateApp), []any{json, a.Name}},
			{`UPDATE nflow SET default_js = $1 WHERE name = $2`, []any{js, a.Name}},
		},
		[]statement{{`INSERT INTO nflow (name, json, default_js) VALUES ($1, $2, $3)`, []any{a.Name, json, js}}})
}

// Modules implements [Records].
func (r records) Modules(ctx context.Context) ([]Module, error) {
	var list []Module
	err := r.each(ctx, r.b.query(QueryGetModules), nil, func(scan scanner) error {
		var form, mod, code text
		var name padded
		err := scan(&form, &mod, &code, &name)
		list = append(list, Module{Name: string(name), Form: string(form), Mod: string(mod), Code: string(code)})
		return err
	})
	return list, failed(err, "listing the modules")
}

// Module implements [Records].
func (r records) Module(ctx context.Context, name string) (Module, error) {
	var form, mod, code text
	if err := r.one(ctx, "module", name, r.b.query(QueryGetModuleByName), &form, &mod, &code); err != nil {
		return Module{}, err
	}
	return Module{Name: name, Form: string(form), Mod: string(mod), Code: string(code)}, nil
}

// SaveModule implements [Records].
func (r records) SaveModule(ctx context.Context, m Module) error {
	form, mod, code := r.b.d.Document(m.Form), r.b.d.Document(m.Mod), r.b.d.Document(m.Code)
	return r.save(ctx, "module", m.Name, r.b.query(QueryCountModulesByName),
		[]statement{
			{r.b.query(QueryUpdateFormModuleByName), []any{form, m.Name}},
			{r.b.query(QueryUpdateModModuleByName), []any{mod, m.Name}},
			{r.b.query(QueryUpdateCodeModuleByName), []any{code, m.Name}},
		},
		[]statement{{r.b.query(QueryInsertModule), []any{m.Name, form, mod, code}}})
}

// DeleteModule implements [Records].
func (r records) DeleteModule(ctx context.Context, name string) error {
	return r.change(ctx, "module", name, r.b.query(QueryDeleteModule), name)
}

// Templates implements [Records].
func (r records) Templates(ctx context.Context) ([]Template, error) {
	var list []Template
	err := r.each(ctx, r.b.query(QueryGetTemplates), nil, func(scan scanner) error {
		t, err := scanTemplate(scan)
		list = append(list, t)
		return err
	})
	return list, failed(err, "listing the templates")
}

// Template implements [Records].
func (r records) Template(ctx context.Context, name string) (Template, error) {
	return scanTemplate(func(dest ...any) error {
		return r.one(ctx, "template", name, r.b.query(QueryGetTemplate), dest...)
	})
}

func scanTemplate(scan scanner) (Template, error) {
	var id, content text
	var name padded
	err := scan(&id, &name, &content)
	return Template{Name: string(name), Content: string(content)}, err
}

// SaveTemplate implements [Records].
func (r records) SaveTemplate(ctx context.Context, t Template) error {
	args := []any{r.b.d.Document(t.Content), t.Name}
	return r.save(ctx, "template", t.Name, r.b.query(QueryGetTemplateCount),
		[]statement{{r.b.query(QueryUpdateTemplate), args}},
		[]statement{{r.b.query(QueryInsertTemplate), args}})
}

// DeleteTemplate implements [Records].
func (r records) DeleteTemplate(ctx context.Context, name string) error {
	return r.change(ctx, "template", name, r.b.query(QueryDeleteTemplate), name)
}
