import _ from "lodash"
const chunk = require("lodash/chunk")
const fp = require("lodash/fp")

async function program() {
  let calls = 0
  const slow = _.debounce(() => ++calls, 5), memo = _.memoize(n => { calls += 10; return n * 2 })
  slow(); slow()
  memo(2); memo(2)
  await new Promise(done => setTimeout(done, 60))
  const deep = { a: [{ b: { c: 3 } }], d: new Date(0), m: new Map([[1, { x: 1 }]]), r: /x/gi, s: new Set([1]) }
  const copy = _.cloneDeep(deep)
  return {
    get: [_.get(deep, "a[0].b.c"), _.get(deep, ["a", 1], "none"), _.has(deep, "a[0].b")], set: _.set({}, "x[0].y", 1), merge: _.merge({ a: [1, { b: 2 }] }, { a: [3, { c: 4 }] }), equal: [_.isEqual(deep, copy), copy.m.get(1) !== deep.m.get(1)],
    groups: _.groupBy([6.1, 4.2, 6.3], Math.floor), sorted: _.orderBy([{ n: "b", a: 2 }, { n: "a", a: 2 }, { n: "c", a: 1 }], ["a", "n"], ["desc", "asc"]).map(x => x.n), unique: _.uniqBy([{ x: 1 }, { x: 1 }, { x: 2 }], "x"),
    words: [_.camelCase("foo bar-baz"), _.kebabCase("fooBarÉté"), _.startCase("--foo-bar"), _.deburr("déjà vu"), _.upperFirst("éa"), _.truncate("hi-diddly-ho there", { length: 10 }), _.words("fred, barney & pebbles"), _.escape("<a&b>")], sizes: [_.size("😀x"), _.toArray("a😀")],
    chunk: chunk([1, 2, 3, 4, 5], 2), chain: _([1, 2, 3, 4]).filter(n => n % 2).map(n => n * n).sum(), lazy: _(_.range(300)).map(n => n + 1).filter(n => n % 7 == 0).take(2).value(), fp: fp.flow(fp.map(fp.multiply(2)), fp.reject(n => n > 5))([1, 2, 3]), calls,
    kinds: [_.isPlainObject({}), _.isFunction(program), _.isRegExp(/x/), _.isDate(deep.d), _.isTypedArray(new Uint8Array(1)), _.isArguments((function () { return arguments })()), _.isMap(deep.m), _.isError(new TypeError())], omit: _.omit({ a: 1, b: { c: 2, d: 3 } }, ["a", "b.c"]), pick: _.pick({ a: 1, b: 2 }, "b"),
    zip: _.zipObject(["a", "b"], [1, 2]), curry: _.curry((a, b, c) => a + b + c)(1)(2)(3), invoke: _.invokeMap([[3, 1, 2]], "sort"), flat: _.flattenDeep([1, [2, [3, [4]]]]), number: [_.round(4.006, 2), _.clamp(-10, -5, 5), _.inRange(3, 2, 4), _.mean([4, 2, 8, 6])],
  }
}
