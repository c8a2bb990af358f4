package codec

import (
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func FuzzCSV(f *testing.F) {
	hosttest.FuzzParser(newWorld(f), f, `t => [csv.parse(t), csv.parse(t, {header: false, lazy: true, trim: true})]`, "a,b\n1,2", "\"a\nb\",\"\"\"\"\n", "__proto__,x\n1,2", "a;b\r\n")
}

func FuzzCSVRoundTrip(f *testing.F) {
	hosttest.FuzzRoundTrip(newWorld(f), f, `(t => {
		const rows = [[t], ["x", t, ""], [t, t]]
		return [{}, {separator: ";"}, {separator: "\t", newline: "\r\n"}, {newline: "\r", bom: true}].every(o =>
			JSON.stringify(csv.parse(csv.format(rows, o), {header: false, separator: o.separator})) === JSON.stringify(rows))
	})`, "a", "a,b", "\"", "\n", "\r", "\r\n", "=1", "'", "é", " ", "\t", "sep=;", "\uFEFF", "", "a;\t\"b\"\r")
}

func FuzzYAMLRoundTrip(f *testing.F) {
	hosttest.FuzzRoundTrip(newWorld(f), f, `(t => {
		const v = [t, [t], { a: t, b: { [t]: t } }, { [t]: [[t], { c: [t, {}] }] }]
		return JSON.stringify(yaml.parse(yaml.format(v))) === JSON.stringify(v) && yaml.parse(yaml.format(t)) === t
	})`, "a", "yes", "1_0", "0o1", " a\n b\n", "\n\n", "a\t\n", "- x", "? y", "%YAML 1.2", "---", "...", "a: b", "a #b", "\u2028", "\x00", "é😀", "!!int 1", "&a", "*a", "|", ">", "'", "\"", "#", "\r\n", "\x85")
}

func FuzzXML(f *testing.F) {
	hosttest.FuzzParser(newWorld(f), f, `t => { const o = xml.parse(t); return xml.parse(xml.format(o)) }`, "<a/>", `<a b="c">d<e/>f</a>`, "<__proto__><x/></__proto__>", "<!DOCTYPE a><a/>", "<a>&lt;&#65;</a>", "<?xml version='1.0'?><a:b xmlns:a='x'/>")
}

func FuzzYAML(f *testing.F) {
	hosttest.FuzzParser(newWorld(f), f, `t => yaml.parse(yaml.format(yaml.parse(t, {all: true})))`, "a: 1", "- [x, {y: z}]", "a: &a [*a]", "b: &b {x: 1}\nc: {<<: *b}", "__proto__: {x: 1}", "? a\n: |\n  t", "--- 1\n--- 2", "!!binary aGk=", "%YAML 1.2\n---\n'q'")
}
