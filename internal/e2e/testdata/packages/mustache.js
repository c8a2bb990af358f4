import Mustache from "mustache"

function program() {
  const view = { name: "<Ana>", list: [{ n: 1 }, { n: 2 }], none: [], deep: { a: { b: "x" } }, up: () => (text, render) => render(text).toUpperCase(), n: 0, items: ["a", "b"] }
  let wrong
  try { Mustache.render("{{#a}}", {}) } catch (e) { wrong = [e.name, e.message] }
  return {
    text: Mustache.render("Hi {{name}} {{{name}}} {{&name}}\n{{#list}}\n- {{n}}{{deep.a.b}}\n{{/list}}\n{{^none}}empty{{/none}} {{#up}}low {{deep.a.b}}{{/up}} {{n}} {{#items}}{{.}},{{/items}} {{! no }}{{missing}}", view),
    partial: Mustache.render("<{{> part}}>", { x: 1 }, { part: "{{x}} in part" }), tags: Mustache.render("{{=<% %>=}}<% x %> {{x}}", { x: 1 }), parsed: Mustache.parse("a{{b}}"), wrong, pair: Mustache.render("{{x}}", { x: "é😀`=/" }),
  }
}
