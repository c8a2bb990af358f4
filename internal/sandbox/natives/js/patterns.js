"use strict";
const define = module.define;
const special = /^[0-9A-Za-z]|[\^$\\.*+?()[\]{}|/]|[\t\n\v\f\r]|[,\-=<>#&!%:;@~'`"]|\s|\p{Surrogate}/gu;
const replace = RegExp.prototype[Symbol.replace];
const letters = { "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r" };

function escaped(c) {
  if (letters[c] !== undefined) return letters[c];
  if ("^$\\.*+?()[]{}|/".includes(c)) return "\\" + c;
  const code = c.charCodeAt(0), hex = code.toString(16);
  return code > 255 ? "\\u" + hex.padStart(4, "0") : "\\x" + hex.padStart(2, "0");
}

define(RegExp, {
  escape(text) {
    if (typeof text !== "string") throw new TypeError("RegExp.escape: the argument must be a string");
    return replace.call(special, text, escaped);
  },
});
