"use strict";
const define = module.define;
const prototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
const isObject = (value) => value !== null && typeof value === "object" || typeof value === "function";
const end = () => ({ value: undefined, done: true });

function checked(iterator, name) {
  if (!isObject(iterator)) throw new TypeError("Iterator.prototype." + name + " called on a value that is no object");
  return iterator;
}

function close(iterator) {
  const stop = iterator.return;
  if (stop === undefined || stop === null) return;
  if (!isObject(stop.call(iterator))) throw new TypeError("the result of an iterator's return() is not an object");
}

// failing closes an iterator that is not used to its end, since e was thrown.
function failing(iterator, e) {
  try {
    close(iterator);
  } catch { /* the first error counts */ }
  throw e;
}

function callable(iterator, name, fn) {
  checked(iterator, name);
  if (typeof fn !== "function") failing(iterator, new TypeError("Iterator.prototype." + name + ": the argument must be a function"));
}

class Source {
  constructor(iterator, next = iterator.next) {
    this.iterator = iterator;
    this.advance = next;
  }
  next() {
    const step = this.advance.call(this.iterator);
    if (!isObject(step)) throw new TypeError("the result of an iterator's next() is not an object");
    return step;
  }
  guarded(f, ...args) {
    try {
      return f(...args);
    } catch (e) {
      return failing(this.iterator, e);
    }
  }
}

class Helper {
  #pull;
  #close;
  #state = "waits";
  constructor(pull, close) {
    this.#pull = pull;
    this.#close = close;
  }
  next() {
    if (this.#state === "runs") throw new TypeError("the iterator is running already");
    if (this.#state === "over") return end();
    this.#state = "runs";
    let over = true;
    try {
      const step = this.#pull();
      over = step.done;
      return step;
    } finally {
      this.#state = over ? "over" : "waits";
    }
  }
  return() {
    if (this.#state === "runs") throw new TypeError("the iterator is running already");
    if (this.#state === "over") return end();
    this.#state = "runs";
    try {
      this.#close();
    } finally {
      this.#state = "over";
    }
    return end();
  }
}
delete Helper.prototype.constructor;
Object.setPrototypeOf(Helper.prototype, prototype);
Object.defineProperty(Helper.prototype, Symbol.toStringTag, { value: "Iterator Helper", configurable: true });

const helper = (source, pull) => new Helper(pull, () => close(source.iterator));

function count(iterator, name, limit) {
  checked(iterator, name);
  let n;
  try {
    n = Number(limit);
  } catch (e) {
    failing(iterator, e);
  }
  if (Number.isNaN(n) || Math.trunc(n) < 0) failing(iterator, new RangeError("Iterator.prototype." + name + ": the argument must be a number from 0"));
  return Math.trunc(n);
}

// flattened returns the iterator of a value; texts are taken apart only where they may.
function flattened(value, texts) {
  if (!isObject(value) && !(texts && typeof value === "string")) throw new TypeError("the value is not an object");
  const method = value[Symbol.iterator];
  const iterator = method === undefined || method === null ? value : method.call(value);
  if (!isObject(iterator)) throw new TypeError("the result of [Symbol.iterator]() is not an object");
  return iterator;
}

define(prototype, {
  map(mapper) {
    callable(this, "map", mapper);
    const source = new Source(this);
    let i = 0;
    return helper(source, () => {
      const step = source.next();
      return step.done ? end() : { value: source.guarded(mapper, step.value, i++), done: false };
    });
  },
  filter(test) {
    callable(this, "filter", test);
    const source = new Source(this);
    let i = 0;
    return helper(source, () => {
      for (;;) {
        const step = source.next();
        if (step.done) return end();
        const value = step.value;
        if (source.guarded(test, value, i++)) return { value, done: false };
      }
    });
  },
  take(limit) {
    let left = count(this, "take", limit);
    const source = new Source(this);
    return helper(source, () => {
      if (left === 0) {
        close(source.iterator);
        return end();
      }
      left--;
      const step = source.next();
      return step.done ? end() : { value: step.value, done: false };
    });
  },
  drop(limit) {
    let left = count(this, "drop", limit);
    const source = new Source(this);
    return helper(source, () => {
      for (; left > 0; left--) if (source.next().done) return end();
      const step = source.next();
      return step.done ? end() : { value: step.value, done: false };
    });
  },
  flatMap(mapper) {
    callable(this, "flatMap", mapper);
    const source = new Source(this);
    let i = 0, inner;
    const pull = () => {
      for (;;) {
        if (inner === undefined) {
          const step = source.next();
          if (step.done) return end();
          inner = source.guarded(() => new Source(flattened(mapper(step.value, i++), false)));
        }
        const step = source.guarded(() => {
          const s = inner.next();
          return s.done ? undefined : { value: s.value, done: false };
        });
        if (step !== undefined) return step;
        inner = undefined;
      }
    };
    return new Helper(pull, () => {
      if (inner !== undefined) source.guarded(close, inner.iterator);
      close(source.iterator);
    });
  },
  reduce(reducer, ...initial) {
    callable(this, "reduce", reducer);
    const source = new Source(this);
    let i = 0, sum = initial[0];
    if (initial.length === 0) {
      const step = source.next();
      if (step.done) throw new TypeError("Reduce of a done iterator with no initial value");
      sum = step.value;
      i = 1;
    }
    for (let step = source.next(); !step.done; step = source.next()) sum = source.guarded(reducer, sum, step.value, i++);
    return sum;
  },
  toArray() {
    const source = new Source(checked(this, "toArray")), list = [];
    for (let step = source.next(); !step.done; step = source.next()) list.push(step.value);
    return list;
  },
  forEach(fn) {
    callable(this, "forEach", fn);
    const source = new Source(this);
    let i = 0;
    for (let step = source.next(); !step.done; step = source.next()) source.guarded(fn, step.value, i++);
  },
  some(test) { return found(this, "some", test, (pass) => pass, () => true, false); },
  every(test) { return found(this, "every", test, (pass) => !pass, () => false, true); },
  find(test) { return found(this, "find", test, (pass) => pass, (value) => value, undefined); },
});

function found(iterator, name, test, ends, result, otherwise) {
  callable(iterator, name, test);
  const source = new Source(iterator);
  let i = 0;
  for (let step = source.next(); !step.done; step = source.next()) {
    const value = step.value;
    if (ends(source.guarded(test, value, i++))) {
      close(iterator);
      return result(value);
    }
  }
  return otherwise;
}

if (globalThis.Iterator === undefined) {
  const Iterator = function Iterator() {
    if (new.target === undefined || new.target === Iterator) throw new TypeError("Iterator is abstract: extend it, or use Iterator.from");
  };
  Object.defineProperty(Iterator, "prototype", { value: prototype, writable: false });
  // Assigning to these two makes a property of the object itself, whatever it inherits.
  const weird = (key, value) => Object.defineProperty(prototype, key, {
    get() { return value; },
    set(given) {
      if (!isObject(this) || this === prototype) throw new TypeError("the property of Iterator.prototype cannot be set");
      if (Object.prototype.hasOwnProperty.call(this, key)) this[key] = given;
      else Object.defineProperty(this, key, { value: given, writable: true, enumerable: true, configurable: true });
    },
    configurable: true,
  });
  weird("constructor", Iterator);
  weird(Symbol.toStringTag, "Iterator");

  class Wrapped {
    #source;
    constructor(source) { this.#source = source; }
    next() { return this.#source.advance.call(this.#source.iterator); }
    return() {
      const stop = this.#source.iterator.return;
      return stop === undefined || stop === null ? end() : stop.call(this.#source.iterator);
    }
  }
  delete Wrapped.prototype.constructor;
  Object.setPrototypeOf(Wrapped.prototype, prototype);

  define(Iterator, {
    from(value) {
      const source = new Source(flattened(value, true));
      return prototype.isPrototypeOf(source.iterator) ? source.iterator : new Wrapped(source);
    },
  });
  define(globalThis, { Iterator });
}
