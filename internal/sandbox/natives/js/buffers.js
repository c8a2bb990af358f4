"use strict";
const { define, detach, detached } = module;
const { get: lengthOf } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength"), { set } = Uint8Array.prototype;

// moved returns a buffer with the bytes of another, which has none afterwards.
function moved(buffer, size) {
  if (detached(buffer) === undefined) throw new TypeError("not an ArrayBuffer");
  let length = size === undefined ? lengthOf.call(buffer) : Math.trunc(Number(size)) || 0;
  if (!(length >= 0 && length <= Number.MAX_SAFE_INTEGER)) throw new RangeError("Invalid array buffer length");
  if (detached(buffer)) throw new TypeError("the ArrayBuffer is detached");
  const to = new ArrayBuffer(length), n = Math.min(length, lengthOf.call(buffer));
  set.call(new Uint8Array(to), new Uint8Array(buffer, 0, n));
  detach(buffer);
  return to;
}

define(ArrayBuffer.prototype, {
  transfer() { return moved(this, arguments[0]); },
  transferToFixedLength() { return moved(this, arguments[0]); },
});
if (!("detached" in ArrayBuffer.prototype)) {
  Object.defineProperty(ArrayBuffer.prototype, "detached", Object.assign(Object.getOwnPropertyDescriptor({
    get detached() {
      const found = detached(this);
      if (found === undefined) throw new TypeError("not an ArrayBuffer");
      return found;
    },
  }, "detached"), { enumerable: false }));
}
