"use strict";
const define = module.define;

function grouped(items, callback, add) {
  if (items === undefined || items === null) throw new TypeError(items + " is not iterable");
  if (typeof callback !== "function") throw new TypeError("groupBy: the second argument must be a function");
  let i = 0;
  for (const value of items) add(callback(value, i++), value);
}

define(Object, {
  groupBy(items, callback) {
    const groups = Object.create(null);
    grouped(items, callback, (key, value) => {
      if (typeof key !== "symbol") key = String(key);
      if (key in groups) groups[key].push(value);
      else groups[key] = [value];
    });
    return groups;
  },
});

define(Map, {
  groupBy(items, callback) {
    const groups = new Map();
    grouped(items, callback, (key, value) => {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [value]);
      else group.push(value);
    });
    return groups;
  },
});
