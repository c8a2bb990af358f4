"use strict";
for (const name of ["asyncIterator", "dispose", "asyncDispose"]) {
  if (Symbol[name] === undefined) Object.defineProperty(Symbol, name, { value: Symbol("Symbol." + name) });
}
