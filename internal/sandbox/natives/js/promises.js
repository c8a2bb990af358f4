"use strict";
const define = module.define;

function constructible(C) {
  try {
    Reflect.construct(Object, [], C);
    return true;
  } catch {
    return false;
  }
}

define(Promise, {
  withResolvers() {
    let resolve, reject;
    const promise = new this((yes, no) => { resolve = yes; reject = no; });
    return { promise, resolve, reject };
  },
  try(callback, ...args) {
    if (this === null || typeof this !== "object" && typeof this !== "function") throw new TypeError("Promise.try called on a value that is no constructor");
    return new this((resolve, reject) => {
      try {
        resolve(callback(...args));
      } catch (e) {
        reject(e);
      }
    });
  },
});

// The error of any() has a message in engines of browsers, and none in goja's own.
const any = Promise.any;
define(Promise, {
  any(iterable) {
    const promise = any.call(this, iterable);
    if (this !== Promise) return promise;
    return promise.catch((e) => {
      if (e instanceof AggregateError && e.message === "") define(e, { message: "All promises were rejected" }, true);
      throw e;
    });
  },
}, true);

async function collect(C, items, mapper, self) {
  if (mapper !== undefined && typeof mapper !== "function") throw new TypeError("Array.fromAsync: the second argument must be a function");
  const mapped = (value, i) => (mapper === undefined ? value : mapper.call(self, value, i));
  const waits = items[Symbol.asyncIterator] ?? undefined;
  const own = constructible(C);
  let i = 0;
  if (waits === undefined && (items[Symbol.iterator] ?? undefined) === undefined) {
    const n = Math.min(Math.max(Math.trunc(Number(items.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
    const list = own ? new C(n) : [];
    for (; i < n; i++) put(list, i, await mapped(await items[i], i));
    list.length = n;
    return list;
  }
  const list = own ? new C() : [];
  if (waits === undefined) {
    for (const value of items) {
      put(list, i, await mapped(await value, i));
      i++;
    }
  } else {
    const iterator = waits.call(items), next = iterator.next;
    for (;;) {
      const step = await next.call(iterator);
      if (step === null || typeof step !== "object") throw new TypeError("the result of an iterator's next() is not an object");
      if (step.done) break;
      try {
        put(list, i, await mapped(step.value, i));
      } catch (e) {
        try {
          await iterator.return?.();
        } catch { /* the first error counts */ }
        throw e;
      }
      i++;
    }
  }
  list.length = i;
  return list;
}

function put(list, i, value) {
  Object.defineProperty(list, i, { value, writable: true, enumerable: true, configurable: true });
}

define(Array, {
  fromAsync(items, mapper = undefined, self = undefined) { return collect(this, items, mapper, self); },
});
