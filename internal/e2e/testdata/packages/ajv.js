const valid = require("valid")

function program() {
  const checks = [
    { id: 1, name: "x", tags: ["a"], mail: "ana@example.com" }, { id: 1.5, tags: ["a", "a"] }, { id: 0, name: "éé😀", kind: "c" }, [], { id: 1, name: "x", more: 1, mail: "no" },
  ]
  return checks.map(x => [valid(x), (valid.errors || []).map(e => [e.instancePath, e.keyword, e.message])])
}
