"use strict";
const define = module.define;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object, { ownKeys } = Reflect;

function object(value, name) {
  if (value === undefined || value === null) throw new TypeError("Object.prototype." + name + " called on null or undefined");
  return Object(value);
}

function accessor(value, name, key, kind, f) {
  const o = object(value, name);
  if (typeof f !== "function") throw new TypeError("Object.prototype." + name + ": expecting a function");
  defineProperty(o, key, { __proto__: null, [kind]: f, enumerable: true, configurable: true });
}

function lookup(value, name, key, kind) {
  let o = object(value, name);
  const [property] = ownKeys({ __proto__: null, [key]: 0 });
  for (; o !== null; o = getPrototypeOf(o)) {
    const found = getOwnPropertyDescriptor(o, property);
    if (found !== undefined) return found[kind];
  }
  return undefined;
}

define(Object.prototype, {
  __defineGetter__(key, getter) { accessor(this, "__defineGetter__", key, "get", getter); },
  __defineSetter__(key, setter) { accessor(this, "__defineSetter__", key, "set", setter); },
  __lookupGetter__(key) { return lookup(this, "__lookupGetter__", key, "get"); },
  __lookupSetter__(key) { return lookup(this, "__lookupSetter__", key, "set"); },
});
