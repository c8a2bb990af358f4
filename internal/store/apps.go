package store

import "context"

// Apps implements [Store].
func (b *Base) Apps(ctx context.Context) ([]string, error) {
	var names []string
	err := b.each(ctx, `SELECT name FROM nflow ORDER BY name`, nil, func(scan scanner) error {
		var name padded
		err := scan(&name)
		names = append(names, string(name))
		return err
	})
	return names, failed(err, "listing the apps")
}

// App implements [Store].
func (b *Base) App(ctx context.Context, name string) (App, error) {
	var json, js text
	if err := b.one(ctx, "app", name, b.query(QueryGetApp), &json, &js); err != nil {
		return App{}, err
	}
	return App{Name: name, JSON: []byte(json), DefaultJS: string(js)}, nil
}

// SaveApp implements [Store].
func (b *Base) SaveApp(ctx context.Context, a App) error {
	json, js := b.d.Document(string(a.JSON)), b.d.Document(a.DefaultJS)
	return b.save(ctx, "app", a.Name, `SELECT count(*) FROM nflow WHERE name = $1`,
		[]statement{
			{b.query(QueryUpdateApp), []any{json, a.Name}},
			{`UPDATE nflow SET default_js = $1 WHERE name = $2`, []any{js, a.Name}},
		},
		[]statement{{`INSERT INTO nflow (name, json, default_js) VALUES ($1, $2, $3)`, []any{a.Name, json, js}}})
}

// Modules implements [Store].
func (b *Base) Modules(ctx context.Context) ([]Module, error) {
	var list []Module
	err := b.each(ctx, b.query(QueryGetModules), nil, func(scan scanner) error {
		var form, mod, code text
		var name padded
		err := scan(&form, &mod, &code, &name)
		list = append(list, Module{Name: string(name), Form: string(form), Mod: string(mod), Code: string(code)})
		return err
	})
	return list, failed(err, "listing the modules")
}

// Module implements [Store].
func (b *Base) Module(ctx context.Context, name string) (Module, error) {
	var form, mod, code text
	if err := b.one(ctx, "module", name, b.query(QueryGetModuleByName), &form, &mod, &code); err != nil {
		return Module{}, err
	}
	return Module{Name: name, Form: string(form), Mod: string(mod), Code: string(code)}, nil
}

// SaveModule implements [Store].
func (b *Base) SaveModule(ctx context.Context, m Module) error {
	form, mod, code := b.d.Document(m.Form), b.d.Document(m.Mod), b.d.Document(m.Code)
	return b.save(ctx, "module", m.Name, b.query(QueryCountModulesByName),
		[]statement{
			{b.query(QueryUpdateFormModuleByName), []any{form, m.Name}},
			{b.query(QueryUpdateModModuleByName), []any{mod, m.Name}},
			{b.query(QueryUpdateCodeModuleByName), []any{code, m.Name}},
		},
		[]statement{{b.query(QueryInsertModule), []any{m.Name, form, mod, code}}})
}

// DeleteModule implements [Store].
func (b *Base) DeleteModule(ctx context.Context, name string) error {
	return b.change(ctx, "module", name, b.query(QueryDeleteModule), name)
}

// Templates implements [Store].
func (b *Base) Templates(ctx context.Context) ([]Template, error) {
	var list []Template
	err := b.each(ctx, b.query(QueryGetTemplates), nil, func(scan scanner) error {
		t, err := scanTemplate(scan)
		list = append(list, t)
		return err
	})
	return list, failed(err, "listing the templates")
}

// Template implements [Store].
func (b *Base) Template(ctx context.Context, name string) (Template, error) {
	return scanTemplate(func(dest ...any) error {
		return b.one(ctx, "template", name, b.query(QueryGetTemplate), dest...)
	})
}

func scanTemplate(scan scanner) (Template, error) {
	var id, content text
	var name padded
	err := scan(&id, &name, &content)
	return Template{Name: string(name), Content: string(content)}, err
}

// SaveTemplate implements [Store].
func (b *Base) SaveTemplate(ctx context.Context, t Template) error {
	args := []any{b.d.Document(t.Content), t.Name}
	return b.save(ctx, "template", t.Name, b.query(QueryGetTemplateCount),
		[]statement{{b.query(QueryUpdateTemplate), args}},
		[]statement{{b.query(QueryInsertTemplate), args}})
}

// DeleteTemplate implements [Store].
func (b *Base) DeleteTemplate(ctx context.Context, name string) error {
	return b.change(ctx, "template", name, b.query(QueryDeleteTemplate), name)
}
