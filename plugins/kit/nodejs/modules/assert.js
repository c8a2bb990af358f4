const show = (v) => require("util").inspect(v);

class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message);
    this.name = "AssertionError";
    this.code = "ERR_ASSERTION";
    this.generatedMessage = false;
    Object.assign(this, { actual, expected, operator });
  }
}

function fails(message, standard, actual, expected, operator) {
  if (message instanceof Error) throw message;
  const err = new AssertionError({ message: message === undefined ? standard() : String(message), actual, expected, operator });
  err.generatedMessage = message === undefined;
  throw err;
}

const sameLoosely = (a, b) => a == b || (a !== a && b !== b);
const tagOf = (v) => Object.prototype.toString.call(v);

// isDeepEqual compares what is in two values. Pairs that are being compared count as equal, so circles end.
function isDeepEqual(a, b, strict, seen = []) {
  if (strict ? Object.is(a, b) : sameLoosely(a, b)) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (tagOf(a) !== tagOf(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (seen.some((pair) => pair[0] === a && pair[1] === b)) return true;
  const inner = seen.concat([[a, b]]);
  const equal = (x, y) => isDeepEqual(x, y, strict, inner);
  if (a instanceof Date) { if (!Object.is(a.getTime(), b.getTime())) return false; }
  else if (a instanceof RegExp) { if (String(a) !== String(b) || a.lastIndex !== b.lastIndex) return false; }
  else if (a instanceof Error) { if (a.message !== b.message || a.name !== b.name) return false; }
  else if (a instanceof Number || a instanceof String || a instanceof Boolean) { if (!Object.is(a.valueOf(), b.valueOf())) return false; }
  else if (a instanceof Map) { return a.size === b.size && Array.from(a).every(([k, v]) => holds(b, k, v, equal)); }
  else if (a instanceof Set) { return a.size === b.size && Array.from(a).every((v) => b.has(v) || Array.from(b).some((w) => equal(v, w))); }
  else if (a instanceof ArrayBuffer) { return equal(new Uint8Array(a), new Uint8Array(b)); }
  else if (ArrayBuffer.isView(a) && !(a instanceof DataView)) { return a.length === b.length && a.every((v, i) => Object.is(v, b[i])); }
  const listed = (o) => (strict ? Reflect.ownKeys(o).filter((k) => typeof k === "string" ? !Array.isArray(o) || k !== "length" : true).filter((k) => Object.prototype.propertyIsEnumerable.call(o, k)) : Object.keys(o));
  const keys = listed(a);
  if (keys.length !== listed(b).length) return false;
  return keys.every((k) => Object.prototype.hasOwnProperty.call(b, k) && equal(a[k], b[k]));
}

function holds(map, key, value, equal) {
  if (map.has(key)) return equal(value, map.get(key));
  return Array.from(map).some(([k, v]) => equal(key, k) && equal(value, v));
}

// matches reports whether what was thrown is what was expected: a class, a pattern, a test or an object of properties.
function matches(err, expected) {
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(String(err));
  if (typeof expected === "function") {
    if (expected.prototype !== undefined && err instanceof expected) return true;
    if (Error.isPrototypeOf(expected) || expected === Error) return false;
    return expected.call({}, err) === true;
  }
  return Object.keys(expected).every((k) => (expected[k] instanceof RegExp && typeof err[k] === "string"
    ? expected[k].test(err[k]) : isDeepEqual(err[k], expected[k], true)));
}

function thrown(fn) {
  if (typeof fn !== "function") throw new TypeError('The "fn" argument must be of type function');
  try { fn(); } catch (err) { return { err }; }
  return null;
}

function judge(failure, expected, message, operator) {
  if (typeof expected === "string") { message = expected; expected = undefined; }
  if (failure === null) fails(message, () => "Missing expected " + (operator === "rejects" ? "rejection." : "exception."), undefined, expected, operator);
  if (!matches(failure.err, expected)) {
    if (typeof expected === "function" && expected.prototype !== undefined) throw failure.err;
    fails(message, () => "The error " + show(failure.err) + " is not what was expected", failure.err, expected, operator);
  }
}

const outcome = async (promise) => {
  try { await (typeof promise === "function" ? promise() : promise); } catch (err) { return { err }; }
  return null;
};

function compare(operator, holdsFor, words) {
  return function (actual, expected, message) {
    if (!holdsFor(actual, expected)) fails(message, () => show(actual) + words + show(expected), actual, expected, operator);
  };
}

function assert(value, message) {
  if (!value) fails(message, () => "The expression evaluated to a falsy value: " + show(value), value, true, "==");
}

const equal = compare("==", sameLoosely, " == ");
const notEqual = compare("!=", (a, b) => !sameLoosely(a, b), " != ");
const strictEqual = compare("strictEqual", Object.is, " === ");
const notStrictEqual = compare("notStrictEqual", (a, b) => !Object.is(a, b), " !== ");
const deepEqual = compare("deepEqual", (a, b) => isDeepEqual(a, b, false), " should loosely deep-equal ");
const notDeepEqual = compare("notDeepEqual", (a, b) => !isDeepEqual(a, b, false), " should not loosely deep-equal ");
const deepStrictEqual = compare("deepStrictEqual", (a, b) => isDeepEqual(a, b, true), " should deep-equal ");
const notDeepStrictEqual = compare("notDeepStrictEqual", (a, b) => !isDeepEqual(a, b, true), " should not deep-equal ");

module.exports = Object.assign(assert, {
  AssertionError,
  ok: assert,
  equal, notEqual, strictEqual, notStrictEqual, deepEqual, notDeepEqual, deepStrictEqual, notDeepStrictEqual,
  fail: (message) => fails(message, () => "Failed", undefined, undefined, "fail"),
  match: compare("match", (text, pattern) => pattern.test(text), " does not match "),
  doesNotMatch: compare("doesNotMatch", (text, pattern) => !pattern.test(text), " matches "),
  throws: (fn, expected, message) => judge(thrown(fn), expected, message, "throws"),
  doesNotThrow: (fn, expected, message) => {
    const failure = thrown(fn);
    if (failure !== null) fails(typeof expected === "string" ? expected : message, () => "Got unwanted exception: " + show(failure.err), failure.err, expected, "doesNotThrow");
  },
  rejects: async (promise, expected, message) => judge(await outcome(promise), expected, message, "rejects"),
  doesNotReject: async (promise, expected, message) => {
    const failure = await outcome(promise);
    if (failure !== null) fails(message, () => "Got unwanted rejection: " + show(failure.err), failure.err, expected, "doesNotReject");
  },
  ifError: (value) => {
    if (value !== null && value !== undefined) fails(value instanceof Error ? value : undefined, () => "ifError got unwanted exception: " + show(value), value, null, "ifError");
  },
});
module.exports.strict = Object.assign((value, message) => assert(value, message), module.exports,
  { equal: strictEqual, notEqual: notStrictEqual, deepEqual: deepStrictEqual, notDeepEqual: notDeepStrictEqual });
Object.defineProperty(module.exports, "isDeepEqual", { value: isDeepEqual });
