import JSON5 from "json5"

function program() {
  const fault = text => { try { return JSON5.parse(text) } catch (e) { return [e.name, e.message, e.lineNumber, e.columnNumber] } }
  return {
    parsed: JSON5.parse(`// a comment\n{unquoted: 'single \\\n quoted', hex: 0xDECAF, half: .5, plus: +1, list: [1, 2,], ünï: "\\x41\\u00e9", /* more */ "last": null,}`),
    special: [String(JSON5.parse("NaN")), String(JSON5.parse("-Infinity"))], revived: JSON5.parse("[1,{a:2}]", (k, v) => typeof v == "number" ? v * 2 : v),
    text: JSON5.stringify({ a: 1, "b-c": "it's", list: [undefined, NaN, "\u2028"], d: new Date(0), nested: { x: [] } }, null, 2), chosen: JSON5.stringify({ a: 1, b: 2 }, ["b"]), wrong: [fault("{a:"), fault("[1\n,,]"), fault("'\n'")],
  }
}
