"use strict";
const define = module.define;
const headOf = Error.prototype.toString;

// A line of a stack is "\tat NAME (FILE:LINE:COLUMN(PC))", or without the name.
define(Error, {
  captureStackTrace(target, above = undefined) {
    if (target === null || typeof target !== "object" && typeof target !== "function") throw new TypeError("Error.captureStackTrace: the first argument must be an object");
    let lines = new Error().stack.split("\n").slice(2);
    if (typeof above === "function") {
      const at = lines.findIndex((line) => line.startsWith("\tat " + above.name + " ("));
      if (at >= 0) lines = lines.slice(at + 1);
    }
    define(target, { stack: [headOf.call(target), ...lines].join("\n") }, true);
  },
});
