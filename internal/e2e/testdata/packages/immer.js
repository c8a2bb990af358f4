import { applyPatches, createDraft, current, enableMapSet, enablePatches, finishDraft, freeze, isDraft, original, produce, produceWithPatches } from "immer"

function program() {
  enableMapSet()
  enablePatches()
  const base = { items: [{ id: 1, tags: ["x"] }, { id: 2, tags: [] }], users: new Map([["ana", { age: 3 }]]), set: new Set([1, 2]), deep: { a: { b: 1 } } }
  const next = produce(base, d => {
    d.items.push({ id: 3, tags: [] })
    d.items[0].tags.unshift("y", "z")
    d.items.splice(1, 1)
    d.items.sort((a, b) => b.id - a.id)
    d.items.reverse()
    d.users.get("ana").age++
    d.users.set("bo", { age: 1 })
    d.set.add(3).delete(1)
    d.found = d.items.find(x => x.id == 3)?.id
    d.names = d.items.map(x => x.id).concat(d.items.filter(x => x.tags.length).map(x => x.tags.join("+")))
    d.flat = d.items.flatMap(x => x.tags)
    d.has = [d.items.includes(d.items[0]), d.items.indexOf(d.items[1]), d.items.some(x => x.id == 1), d.items.at(-1).id, d.items.slice(0, 1).length]
    d.last = d.items.toSorted((a, b) => a.id - b.id).map(x => x.id).pop()
    delete d.deep.a.b
    d.keys = Object.keys(d.users.get("ana")).concat([...d.users.keys()], [...d.set])
    for (const item of d.items) item.seen = isDraft(item)
    d.entries = [...d.items.entries()].map(([i, x]) => i + ":" + x.id)
    d.copied = current(d.items).length + original(d).items.length
  })
  const [, patches, inverse] = produceWithPatches({ a: [1, 2, 3], m: { x: 1 } }, d => { d.a.shift(); d.a[3] = 9; d.m.y = 2; delete d.m.x })
  const draft = createDraft({ list: [3, 1, 2] })
  draft.list.sort()
  draft.list.fill(7, 0, 1)
  draft.list.copyWithin(1, 0, 1)
  let frozen = ""
  try { "use strict"; next.items.push(1) } catch (e) { frozen = e.name }
  return {
    next: { ...next, users: [...next.users], set: [...next.set] }, same: [next.deep !== base.deep, produce(base, () => {}) === base, base.items.length, base.items[0].tags.length], patches, inverse,
    undone: applyPatches({ a: [2, 3, undefined, 9], m: { y: 2 } }, inverse), finished: finishDraft(draft), frozen, isFrozen: Object.isFrozen(freeze({ a: [1] }, true).a),
  }
}
