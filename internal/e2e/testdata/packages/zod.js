import { z } from "zod"

function program() {
  const Order = z.object({
    id: z.uuid(), email: z.email(), lines: z.array(z.object({ sku: z.string().min(1).trim(), count: z.coerce.number().int().positive() })).nonempty(),
    when: z.iso.datetime(), kind: z.enum(["new", "old"]).default("new"), url: z.url().optional(), extra: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  })
  const good = { id: "b9dca20d-3f25-4bd5-bf39-f9a8ac1e7f1a", email: "ana@example.com", lines: [{ sku: " a ", count: "2" }], when: "2026-01-01T00:00:00Z", url: "https://example.com/a" }
  const bad = Order.safeParse({ id: "x", email: "no", lines: [], when: 3, url: "http//", extra: { a: true } })
  const shape = z.discriminatedUnion("type", [z.object({ type: z.literal("a"), n: z.number() }), z.object({ type: z.literal("b"), t: z.string() })])
  let thrown
  try { Order.parse(7) } catch (e) { thrown = [e.constructor.name, e instanceof z.ZodError, e.issues.length] }
  return {
    good: Order.parse(good), bad: bad.error.issues.map(i => [i.path.join("."), i.code, i.message]), thrown, tree: z.treeifyError(bad.error).properties.email.errors,
    pretty: z.prettifyError(bad.error), union: [shape.safeParse({ type: "a", n: 1 }).success, shape.safeParse({ type: "b", t: 1 }).success],
    refined: z.string().refine(s => s.length > 3, "short").safeParse("ab").error.issues[0].message, changed: z.string().transform(s => s.toUpperCase()).pipe(z.literal("A")).parse("a"),
    schema: z.toJSONSchema(z.object({ a: z.string().max(5).nullable(), d: z.date().optional() }), { unrepresentable: "any" }),
    tuple: z.tuple([z.string(), z.number()]).rest(z.boolean()).safeParse(["a", 1, true, false]).success, map: [...z.map(z.string(), z.number()).parse(new Map([["a", 1]]))],
  }
}
