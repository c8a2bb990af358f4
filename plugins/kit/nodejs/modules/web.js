const native = module.native;

const names = new Map([["IndexSizeError", 1], ["NotFoundError", 8], ["NotSupportedError", 9], ["InvalidStateError", 11], ["SyntaxError", 12],
  ["InvalidModificationError", 13], ["InvalidAccessError", 15], ["SecurityError", 18], ["NetworkError", 19], ["AbortError", 20],
  ["QuotaExceededError", 22], ["TimeoutError", 23], ["DataCloneError", 25], ["InvalidCharacterError", 5]]);

class DOMException extends Error {
  constructor(message = "", name = "Error") {
    super(message);
    Object.defineProperty(this, "name", { value: String(name), configurable: true, writable: true });
  }
  get code() { return names.get(this.name) ?? 0; }
  get [Symbol.toStringTag]() { return "DOMException"; }
}

const refuse = (what) => { throw new DOMException(what + " could not be cloned.", "DataCloneError"); };
const views = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, DataView];
const errors = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const hidden = Object.prototype.toString;

// blank returns a new object of the kind of value, without what is in it.
function blank(value) {
  if (Array.isArray(value)) return new Array(value.length);
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (value instanceof Error) {
    const copy = new (errors[value.name] ?? Error)();
    for (const key of ["message", "stack"]) {
      if (Object.prototype.hasOwnProperty.call(value, key)) Object.defineProperty(copy, key, { value: String(value[key]), configurable: true, writable: true });
    }
    return copy;
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return Object(value.valueOf());
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) refuse(hidden.call(value));
  return {};
}

function structuredClone(value, options) {
  if (arguments.length === 0) throw new TypeError("structuredClone needs an argument");
  const seen = new Map(), open = [];
  const copy = (v) => {
    if (typeof v === "symbol" || typeof v === "function") refuse(String(v));
    if (v === null || typeof v !== "object") return v;
    const known = seen.get(v);
    if (known !== undefined) return known;
    if (ArrayBuffer.isView(v)) {
      const View = views.find((c) => v instanceof c) ?? refuse("a view of bytes");
      const made = new View(copy(v.buffer), v.byteOffset, v instanceof DataView ? v.byteLength : v.length);
      seen.set(v, made);
      return made;
    }
    if (native.load("web:blob").isBlob(v)) return v; // nothing changes one
    const made = blank(v);
    seen.set(v, made);
    open.push([v, made]);
    return made;
  };
  const result = copy(value);
  while (open.length > 0) {
    const [from, to] = open.pop();
    if (to instanceof Map) for (const [k, v] of [...from]) to.set(copy(k), copy(v));
    else if (to instanceof Set) for (const v of [...from]) to.add(copy(v));
    else if (to instanceof Error) {
      if (Object.prototype.hasOwnProperty.call(from, "cause")) Object.defineProperty(to, "cause", { value: copy(from.cause), configurable: true, writable: true });
    } else if (to instanceof ArrayBuffer || to instanceof Date || to instanceof RegExp || to instanceof String) continue;
    else for (const key of Object.keys(from)) Object.defineProperty(to, key, { value: copy(from[key]), writable: true, enumerable: true, configurable: true });
  }
  for (const buffer of options?.transfer ?? []) if (buffer instanceof ArrayBuffer) buffer.transfer();
  return result;
}

function queueMicrotask(callback) {
  if (typeof callback !== "function") throw new TypeError("queueMicrotask takes a function");
  Promise.resolve().then(() => { callback(); });
}

const states = new WeakMap(); // AbortSignal → { aborted, reason, listeners, steps, dependents }

function stateOf(signal) {
  const found = states.get(signal);
  if (found === undefined) throw new TypeError('Value of "this" must be of type AbortSignal');
  return found;
}

class AbortSignal {
  constructor() { throw new TypeError("AbortSignal cannot be made: use AbortController, AbortSignal.timeout, any or abort"); }
  get aborted() { return stateOf(this).aborted; }
  get reason() { return stateOf(this).reason; }
  throwIfAborted() { if (this.aborted) throw this.reason; }
  addEventListener(type, listener, options) {
    const list = stateOf(this).listeners;
    if (type === "abort" && listener && !list.some((l) => l.listener === listener)) list.push({ listener, once: typeof options === "object" && options !== null && Boolean(options.once) });
  }
  removeEventListener(type, listener) {
    const state = stateOf(this);
    if (type === "abort") state.listeners = state.listeners.filter((l) => l.listener !== listener);
  }
  get [Symbol.toStringTag]() { return "AbortSignal"; }
  static abort(reason) {
    const signal = newSignal();
    abort(signal, reason);
    return signal;
  }
  static timeout(ms) {
    if (typeof ms !== "number") throw new TypeError('The "delay" argument must be of type number. Received ' + typeof ms);
    if (!(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) throw new RangeError('The value of "delay" is out of range. Received ' + ms);
    const signal = newSignal();
    setTimeout(() => abort(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError")), ms);
    return signal;
  }
  static any(signals) {
    const signal = newSignal(), all = [...signals];
    all.forEach(checkSignal);
    const aborted = all.find((other) => other.aborted);
    if (aborted !== undefined) abort(signal, aborted.reason);
    else for (const other of all) stateOf(other).dependents.push(signal);
    return signal;
  }
}

function newSignal() {
  const signal = Object.create(AbortSignal.prototype);
  let handler = null; // onabort, called where it was set first among the listeners
  Object.defineProperty(signal, "onabort", {
    get: () => handler,
    set(value) {
      const before = handler;
      handler = typeof value === "function" ? value : null;
      if (before === null && handler !== null) signal.addEventListener("abort", (event) => handler !== null && handler.call(signal, event));
    },
    enumerable: true, configurable: true,
  });
  states.set(signal, { aborted: false, reason: undefined, listeners: [], steps: new Set(), dependents: [] });
  return signal;
}

// called calls a listener. What it throws goes nowhere but fails the run, as in Node, and the next one is called.
function called(listener, signal, event) {
  try {
    if (typeof listener === "function") listener.call(signal, event);
    else listener.handleEvent(event);
  } catch (e) {
    Promise.reject(e);
  }
}

function abort(signal, reason) {
  const state = stateOf(signal);
  if (state.aborted) return;
  state.aborted = true;
  state.reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
  const event = { type: "abort", target: signal, currentTarget: signal }, { steps, listeners, dependents } = state;
  Object.assign(state, { steps: new Set(), listeners: [], dependents: [] });
  for (const step of steps) step();
  for (const { listener } of listeners) called(listener, signal, event);
  for (const other of dependents) abort(other, state.reason);
}

function checkSignal(value) {
  if (!states.has(value)) throw new TypeError("signal is not of type AbortSignal");
}

// whenAborted calls a function when a signal is aborted, before its listeners, until the function that it returns is called.
function whenAborted(signal, step) {
  const { steps } = stateOf(signal);
  steps.add(step);
  return () => steps.delete(step);
}

class AbortController {
  #signal = newSignal();
  get signal() { return this.#signal; }
  abort(reason) { abort(this.#signal, reason); }
  get [Symbol.toStringTag]() { return "AbortController"; }
}

Object.assign(exports, { DOMException, structuredClone, queueMicrotask, AbortSignal, AbortController, checkSignal, whenAborted });
