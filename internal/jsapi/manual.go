package jsapi

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/model"
)

// Entry is one global name as manuals tell it, Member a property of its value where that is an object.
type (
	Entry  = model.Global
	Member = model.Member
)

// EntryOf returns what a row says, without members.
func EntryOf(r *hostfn.Row) Entry {
	return Entry{Name: r.Name, Sig: r.Sig, Calls: r.Calls, Doc: r.Doc, Example: r.Example, Needs: r.Needs}
}

// PerNode lists the names that the engine itself serves, another value at each node. Their rows have no Bind.
func PerNode() []hostfn.Row {
	return []hostfn.Row{
		{Name: "payload", Sig: "payload", Doc: "The payload of the run: an object that each node passes to the next. Keys stay until a node deletes them; `payload.break = true` waits for the visitor.", Example: `payload.total = 3`},
		{Name: "next", Sig: "next", Doc: `The output to continue at, "output_1" before each node. A name without a connection ends the run.`, Example: `next = "output_2"`},
		{Name: "nflow_data", Sig: "nflow_data", Doc: "The parameters of the node, a copy.", Example: `const field = nflow_data.field`},
		{Name: "dromedary_data", Sig: "dromedary_data", Doc: "The same as nflow_data.", Example: `const field = dromedary_data.field`},
		{Name: "__outputs", Sig: "__outputs", Doc: "Maps output names to the ids of the connected nodes.", Example: `const id = __outputs.output_1`},
		{Name: "current_box", Sig: "current_box", Doc: "The id of the node.", Example: `const id = current_box`},
		{Name: "prev_box", Sig: "prev_box", Doc: `The id of the node before, "" at the first.`, Example: `const id = prev_box`},
	}
}

// language is the page on ECMAScript itself; @absent@ stands for the rows of what is not there.
//
//go:embed language.md
var language string

// Markdown writes the manual.
func Markdown(entries []Entry) string {
	var b strings.Builder
	b.WriteString("# The JavaScript of a node\n\n" +
		"Written by `nflow-runtime types --format markdown`. Every name below is available in the code of each node and costs nothing until it is used.\n" +
		"A name with a switch throws an error that names the switch until `[vm_pool]` enables it.\n" +
		"\n`Intl` and the methods named `toLocale…` and `localeCompare` write and compare as languages do, by CLDR 48: " +
		"en, es, pt, fr, de, it, nl, pl, cs, sv, tr, el, ru, ar, hi, ja, zh, ko with their regional forms. Other languages fall back to the next " +
		"one that is asked for, then to en-US; the time zone is that of the server, which the text of a Date names in English, as Node does. There are NumberFormat, DateTimeFormat (Gregorian calendar), " +
		"PluralRules, RelativeTimeFormat, ListFormat, Collator, getCanonicalLocales and supportedValuesOf, but no DisplayNames, Segmenter, Locale " +
		"and DurationFormat.\n")
	b.WriteString("\n" + strings.Replace(language, "@absent@", compile.AbsentRows(), 1))
	for _, e := range entries {
		fmt.Fprintf(&b, "\n## %s\n\n`%s`\n\n%s\n", e.Name, e.Sig, e.Doc)
		if len(e.Members) > 0 {
			names := make([]string, len(e.Members))
			for i, m := range e.Members {
				names[i] = "`" + m.Name + "`"
			}
			fmt.Fprintf(&b, "\nMembers: %s.\n", strings.Join(names, ", "))
		}
		if e.Needs != "" {
			fmt.Fprintf(&b, "\nSwitch: `[vm_pool] %s`.\n", e.Needs)
		}
		if e.Example != "" {
			fmt.Fprintf(&b, "\n```js\n%s\n```\n", e.Example)
		}
	}
	return b.String()
}

// TypeScript writes declarations for editors. Types are any: the table tells shapes in words.
func TypeScript(entries []Entry) string {
	var b strings.Builder
	b.WriteString("// The globals of nFlow's JavaScript nodes. Written by: nflow-runtime types\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "\n/**\n * %s\n", strings.ReplaceAll(e.Doc, "*/", "* /"))
		if e.Needs != "" {
			fmt.Fprintf(&b, " * Needs [vm_pool] %s.\n", e.Needs)
		}
		if e.Example != "" {
			fmt.Fprintf(&b, " * @example\n * %s\n", strings.ReplaceAll(strings.ReplaceAll(e.Example, "*/", "* /"), "\n", "\n * "))
		}
		fmt.Fprintf(&b, " */\n%s\n", declaration(e))
	}
	return b.String()
}

func declaration(e Entry) string {
	function := strings.HasPrefix(e.Sig, e.Name+"(")
	if len(e.Members) == 0 && function {
		return fmt.Sprintf("declare function %s(...args: any[]): any;", e.Name)
	}
	if len(e.Members) == 0 {
		keyword := "const"
		if e.Name == "payload" || e.Name == "next" {
			keyword = "let"
		}
		return fmt.Sprintf("declare %s %s: any;", keyword, e.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "declare const %s: {\n", e.Name)
	if function {
		b.WriteString("  (...args: any[]): any;\n")
	}
	for _, m := range e.Members {
		if m.Function {
			fmt.Fprintf(&b, "  %s(...args: any[]): any;\n", m.Name)
		} else {
			fmt.Fprintf(&b, "  %s: any;\n", m.Name)
		}
	}
	b.WriteString("};")
	return b.String()
}

// Words lists every name and member, sorted: what an editor completes.
func Words(entries []Entry) []string {
	var words []string
	for _, e := range entries {
		words = append(words, e.Name)
		for _, m := range e.Members {
			words = append(words, e.Name+"."+m.Name)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}
