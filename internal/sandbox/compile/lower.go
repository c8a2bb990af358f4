package compile

import (
	"iter"
	"slices"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/scan"
)

// moduleName is the variable that holds the exports of a source with import or export statements.
const moduleName = "nflow_module"

// lowering is one way to have esbuild write a source again.
type lowering struct {
	loader     api.Loader
	target     api.Target
	module     bool // has import or export statements
	commonJS   bool // exports go to module.exports
	exportMain bool // add an export of main, for modules whose author left it out
}

// lowerings yields the ways to try, the one that changes the source least first: JavaScript before TypeScript, and
// ES2022 before ES2017, which only async generators and "for await" need.
func lowerings(src Source) iter.Seq[lowering] {
	return func(yield func(lowering) bool) {
		loaders := []api.Loader{api.LoaderJS, api.LoaderTS}
		if src.Lang == "ts" {
			loaders = loaders[1:]
		}
		module := scan.IsModule(src.Code)
		for _, loader := range loaders {
			for _, target := range []api.Target{api.ES2022, api.ES2017} {
				l := lowering{loader: loader, target: target, module: module, commonJS: src.Module, exportMain: module && !src.Library}
				if !yield(l) {
					return
				}
				l.exportMain = false
				if module && !src.Library && !yield(l) {
					return
				}
			}
		}
	}
}

// lower has esbuild write the source again and returns the text with its source map.
func lower(src Source, form lowering) (code string, sourceMap []byte, problem *Problem) {
	o := api.TransformOptions{
		Loader:         form.loader,
		Target:         form.target,
		Sourcefile:     sourceFile(src.Name),
		Sourcemap:      api.SourceMapExternal,
		SourcesContent: api.SourcesContentExclude,
		Charset:        api.CharsetUTF8,
		LogLevel:       api.LogLevelSilent,
		TreeShaking:    api.TreeShakingFalse,
		Supported:      supported(),
	}
	text := src.Code
	if form.module {
		o.Format = api.FormatIIFE
		o.GlobalName = moduleName
		if form.commonJS {
			o.Format, o.GlobalName = api.FormatCommonJS, ""
		}
		o.Banner = `"use strict";` // a module is strict; esbuild leaves that to its host
	}
	if form.exportMain {
		text += "\nexport { main };"
	}
	out := api.Transform(text, o)
	if len(out.Errors) > 0 {
		return "", nil, problemOfMessage(out.Errors[0])
	}
	if !form.module && !src.Module {
		if i := slices.IndexFunc(out.Warnings, func(m api.Message) bool { return m.ID == "empty-import-meta" }); i >= 0 {
			out.Warnings[i].Text = "import.meta is only in modules: files with import or export"
			return "", nil, problemOfMessage(out.Warnings[i])
		}
	}
	return string(out.Code), countFromOne(out.Map), nil
}

// supported has esbuild leave regular expressions as they are, make require of import(), and warn of import.meta.
func supported() map[string]bool {
	m := keptPatterns()
	m["dynamic-import"], m["import-meta"] = false, false
	return m
}

// keptPatterns has esbuild leave regular expressions as they are: it would make a call of RegExp of those that it thinks too new.
func keptPatterns() map[string]bool {
	return map[string]bool{
		"regexp-dot-all-flag": true, "regexp-lookbehind-assertions": true, "regexp-match-indices": true, "regexp-named-capture-groups": true,
		"regexp-set-notation": true, "regexp-sticky-and-unicode-flags": true, "regexp-unicode-property-escapes": true,
	}
}

func problemOfMessage(m api.Message) *Problem {
	p := &Problem{Text: m.Text}
	if at := m.Location; at != nil {
		before := at.LineText[:min(at.Column, len(at.LineText))]
		p.Line, p.Column = at.Line, len([]rune(before))+1
	}
	return p
}
