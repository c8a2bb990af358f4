// Writes the module valid, as ajv makes it of a schema before an app is deployed: flows have no code from texts.
const ajv = new (require("ajv").default)({ code: { source: true }, allErrors: true, formats: { email: /^[^\s@]+@[^\s@]+$/ } })
const check = ajv.compile({
  type: "object", required: ["id", "name"], additionalProperties: false,
  properties: {
    id: { type: "integer", minimum: 1 }, name: { type: "string", maxLength: 2, pattern: "^\\p{L}" }, tags: { type: "array", uniqueItems: true, items: { type: "string" } },
    mail: { type: "string", format: "email" }, kind: { enum: ["a", "b"] }, more: { const: 2 },
  },
})
require("fs").writeFileSync("valid.js", require("ajv/dist/standalone").default(ajv, check))
