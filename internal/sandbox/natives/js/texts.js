"use strict";
const define = module.define;
const lone = /\p{Surrogate}/u, all = /\p{Surrogate}/gu;
const search = RegExp.prototype[Symbol.search], replace = RegExp.prototype[Symbol.replace];

function text(value, name) {
  if (value === undefined || value === null) throw new TypeError("String.prototype." + name + " called on null or undefined");
  return String(value);
}

define(String.prototype, {
  isWellFormed() { return search.call(lone, text(this, "isWellFormed")) < 0; },
  toWellFormed() { return replace.call(all, text(this, "toWellFormed"), "\ufffd"); },
});
