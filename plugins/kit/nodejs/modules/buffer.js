const native = module.native;

const MAX = 64 * 1024 * 1024;

function encodingOf(name) {
  switch (name === undefined || name === null ? "utf8" : String(name).toLowerCase()) {
    case "utf8": case "utf-8": return "utf8";
    case "hex": return "hex";
    case "base64": return "base64";
    case "base64url": return "base64url";
    case "ascii": return "ascii";
    case "latin1": case "binary": return "latin1";
    case "utf16le": case "utf-16le": case "ucs2": case "ucs-2": return "utf16le";
  }
  throw failed(TypeError, "ERR_UNKNOWN_ENCODING", "Unknown encoding: " + name);
}

const failed = (Kind, code, text) => Object.assign(new Kind(text), { code });
const outOfRange = (name, range, value) => failed(RangeError, "ERR_OUT_OF_RANGE", 'The value of "' + name + '" is out of range.' + (range && " It must be " + range + ".") + " Received " + value);
const wrongType = (text) => failed(TypeError, "ERR_INVALID_ARG_TYPE", text);

function checkSize(size) {
  if (typeof size !== "number") throw wrongType('The "size" argument must be of type number. Received ' + typeof size);
  if (!(size >= 0 && size <= MAX)) throw outOfRange("size", ">= 0 && <= " + MAX, size);
  return Math.trunc(size);
}

const encode = (text, encoding) => new Buffer(native.encode(text, encodingOf(encoding)));

// place makes an index of an argument: left out, negative and too large ones are what Node makes of them.
function place(value, otherwise, length) {
  value = value === undefined ? otherwise : Math.trunc(Number(value)) || 0;
  return Math.min(Math.max(value, 0), length);
}

class Buffer extends Uint8Array {
  constructor(value, second, third) {
    if (typeof value === "string") super(native.encode(value, encodingOf(second)));
    else if (value instanceof ArrayBuffer) super(value, second, third);
    else super(value);
  }
  static from(value, second, third) {
    if (typeof value === "string") return encode(value, second);
    if (value instanceof ArrayBuffer) return new Buffer(value, second, third);
    if (value !== null && typeof value === "object") {
      if (value.type === "Buffer" && Array.isArray(value.data)) value = value.data;
      if (typeof value.length === "number" && !(value instanceof String)) {
        const out = Buffer.alloc(value.length);
        for (let i = 0; i < out.length; i++) out[i] = value[i];
        return out;
      }
      const primitive = value.valueOf();
      if (primitive !== value && primitive !== null && primitive !== undefined) return Buffer.from(primitive, second, third);
    }
    throw wrongType("The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received " + typeof value);
  }
  static of(...items) { return Buffer.from(items); }
  static alloc(size, fill, encoding) {
    const out = new Buffer(checkSize(size));
    return fill === undefined || fill === 0 ? out : out.fill(fill, encoding);
  }
  static allocUnsafe(size) { return new Buffer(checkSize(size)); }
  static allocUnsafeSlow(size) { return new Buffer(checkSize(size)); }
  static isBuffer(value) { return value instanceof Buffer; }
  static isEncoding(name) {
    try { return typeof name === "string" && Boolean(encodingOf(name)); } catch { return false; }
  }
  static byteLength(value, encoding) {
    return typeof value === "string" ? native.encode(value, encodingOf(encoding)).byteLength : value.byteLength;
  }
  static compare(a, b) {
    const n = Math.min(a.length, b.length);
    for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return Math.sign(a.length - b.length);
  }
  static concat(list, length) {
    if (!Array.isArray(list)) throw wrongType('The "list" argument must be an instance of Array');
    list.forEach((b, i) => { if (!(b instanceof Uint8Array)) throw wrongType('The "list[' + i + ']" argument must be an instance of Buffer or Uint8Array'); });
    if (length === undefined) length = list.reduce((n, b) => n + b.length, 0);
    const out = Buffer.alloc(length);
    let at = 0;
    for (const b of list) {
      if (at >= out.length) break;
      out.set(b.length > out.length - at ? b.subarray(0, out.length - at) : b, at);
      at += b.length;
    }
    return out;
  }

  toString(encoding, start, end) {
    start = place(start, 0, this.length);
    end = place(end, this.length, this.length);
    return end <= start ? "" : native.decode(start === 0 && end === this.length ? this : this.subarray(start, end), encodingOf(encoding));
  }
  toLocaleString(encoding, start, end) { return this.toString(encoding, start, end); }
  toJSON() { return { type: "Buffer", data: Array.from(this) }; }
  equals(other) {
    if (!(other instanceof Uint8Array)) throw wrongType('The "otherBuffer" argument must be an instance of Buffer or Uint8Array');
    return Buffer.compare(this, other) === 0;
  }
  compare(other, start, end, thisStart, thisEnd) {
    return Buffer.compare(this.subarray(place(thisStart, 0, this.length), place(thisEnd, this.length, this.length)),
      other.subarray(place(start, 0, other.length), place(end, other.length, other.length)));
  }
  slice(start, end) { return this.subarray(start, end); }
  copy(target, targetStart, start, end) {
    targetStart = place(targetStart, 0, target.length);
    const part = this.subarray(place(start, 0, this.length), place(end, this.length, this.length)).subarray(0, target.length - targetStart);
    target.set(part, targetStart);
    return part.length;
  }
  write(text, offset, length, encoding) {
    if (typeof offset === "string") { encoding = offset; offset = 0; length = undefined; }
    else if (typeof length === "string") { encoding = length; length = undefined; }
    if (typeof text !== "string") throw wrongType("The argument must be of type string. Received " + typeof text);
    if (offset !== undefined && !(offset >= 0 && offset <= this.length)) throw outOfRange("offset", ">= 0 && <= " + this.length, offset);
    offset = place(offset, 0, this.length);
    const bytes = encode(text, encoding);
    let n = Math.min(bytes.length, this.length - offset, length === undefined ? Infinity : length);
    if (encodingOf(encoding) === "utf8") while (n > 0 && n < bytes.length && (bytes[n] & 0xC0) === 0x80) n--;
    this.set(bytes.subarray(0, n), offset);
    return n;
  }
  fill(value, start, end, encoding) {
    if (typeof start === "string") { encoding = start; start = undefined; }
    start = place(start, 0, this.length);
    end = place(end, this.length, this.length);
    if (typeof value === "number" || typeof value === "boolean") return super.fill(Number(value) & 255, start, end);
    const bytes = typeof value === "string" ? encode(value, encoding) : value;
    if (bytes.length === 0) return super.fill(0, start, end);
    for (let i = start; i < end; i++) this[i] = bytes[(i - start) % bytes.length];
    return this;
  }
  indexOf(value, from, encoding) { return search(this, value, from, encoding, 1); }
  lastIndexOf(value, from, encoding) { return search(this, value, from, encoding, -1); }
  includes(value, from, encoding) { return this.indexOf(value, from, encoding) >= 0; }

  readUIntBE(at, size) { let n = 0; for (const b of bytesAt(this, at, size)) n = n * 256 + b; return n; }
  readUIntLE(at, size) { let n = 0; for (const b of bytesAt(this, at, size).reverse()) n = n * 256 + b; return n; }
  readIntBE(at, size) { return signed(this.readUIntBE(at, size), size); }
  readIntLE(at, size) { return signed(this.readUIntLE(at, size), size); }
  writeUIntBE(value, at, size) { return writeBytes(this, value, at, size, false, true); }
  writeUIntLE(value, at, size) { return writeBytes(this, value, at, size, false, false); }
  writeIntBE(value, at, size) { return writeBytes(this, value, at, size, true, true); }
  writeIntLE(value, at, size) { return writeBytes(this, value, at, size, true, false); }
}

function bytesAt(buffer, at = 0, size) {
  if (!(size >= 1 && size <= 6)) throw outOfRange("byteLength", ">= 1 and <= 6", size);
  if (!(at >= 0 && at + size <= buffer.length)) throw outOfRange("offset", ">= 0 and <= " + (buffer.length - size), at);
  return Array.from(buffer.subarray(at, at + size));
}

function writeBytes(buffer, value, at = 0, size, sign, big) {
  bytesAt(buffer, at, size);
  const most = 2 ** (8 * size - (sign ? 1 : 0)), least = sign ? -most : 0;
  if (!(value >= least && value < most)) throw outOfRange("value", ">= " + least + " and < " + most, value);
  let rest = value < 0 ? Math.ceil(value) + 2 ** (8 * size) : Math.floor(value);
  for (let i = 0; i < size; i++) {
    buffer[at + (big ? size - 1 - i : i)] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + size;
}

const signed = (n, size) => (n >= 2 ** (8 * size - 1) ? n - 2 ** (8 * size) : n);

function search(buffer, value, from, encoding, step) {
  if (typeof from === "string") { encoding = from; from = undefined; }
  if (typeof value === "number") value = [value & 255];
  else if (typeof value === "string") value = encode(value, encoding);
  let at = from === undefined ? (step > 0 ? 0 : buffer.length) : Math.trunc(Number(from)) || 0;
  if (at < 0) at += buffer.length;
  at = step > 0 ? Math.max(at, 0) : Math.min(at, buffer.length - value.length);
  for (; at >= 0 && at + value.length <= buffer.length; at += step) {
    let i = 0;
    while (i < value.length && buffer[at + i] === value[i]) i++;
    if (i === value.length) return at;
  }
  return -1;
}

// The readers and writers of fixed sizes: readUInt16LE(at), writeDoubleBE(value, at) and the like.
const numbers = [["UInt8", "Uint8", 1], ["Int8", "Int8", 1], ["UInt16", "Uint16", 2], ["Int16", "Int16", 2], ["UInt32", "Uint32", 4],
  ["Int32", "Int32", 4], ["Float", "Float32", 4], ["Double", "Float64", 8], ["BigInt64", "BigInt64", 8], ["BigUInt64", "BigUint64", 8]];
const ranges = { UInt8: [0, 255], Int8: [-128, 127], UInt16: [0, 65535], Int16: [-32768, 32767], UInt32: [0, 4294967295], Int32: [-2147483648, 2147483647] };

function define(name, value) {
  Object.defineProperty(Buffer.prototype, name, { value, writable: true, configurable: true });
  const other = name.replace("UInt", "Uint");
  if (other !== name) Object.defineProperty(Buffer.prototype, other, { value, writable: true, configurable: true });
}

for (const name of ["readUIntBE", "readUIntLE", "writeUIntBE", "writeUIntLE"]) define(name, Buffer.prototype[name]);

for (const [name, view, size] of numbers) {
  const at = (buffer, offset = 0) => {
    if (typeof offset !== "number") throw wrongType('The "offset" argument must be of type number. Received ' + typeof offset);
    if (!Number.isInteger(offset)) throw outOfRange("offset", "an integer", offset);
    if (buffer.length < size) throw failed(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
    if (!(offset >= 0 && offset + size <= buffer.length)) throw outOfRange("offset", ">= 0 and <= " + (buffer.length - size), offset);
    return new DataView(buffer.buffer, buffer.byteOffset + offset, size);
  };
  for (const order of size === 1 ? [""] : ["LE", "BE"]) {
    define("read" + name + order, function (offset) { return at(this, offset)["get" + view](0, order === "LE"); });
    define("write" + name + order, function (value, offset = 0) {
      const range = ranges[name];
      if (range && !(value >= range[0] && value <= range[1])) throw outOfRange("value", ">= " + range[0] + " and <= " + range[1], value);
      at(this, offset)["set" + view](0, value, order === "LE");
      return offset + size;
    });
  }
}

for (const size of [2, 4, 8]) {
  define("swap" + size * 8, function () {
    if (this.length % size !== 0) {
      throw Object.assign(new RangeError("Buffer size must be a multiple of " + size * 8 + "-bits"), { code: "ERR_INVALID_BUFFER_SIZE" });
    }
    for (let at = 0; at < this.length; at += size) this.subarray(at, at + size).reverse();
    return this;
  });
}

Buffer.poolSize = 8192;

// valid reports whether bytes are text in an encoding of single bytes or in UTF-8.
const valid = (bytes, test) => {
  if (!(bytes instanceof ArrayBuffer) && !ArrayBuffer.isView(bytes)) throw wrongType("The argument must be an instance of ArrayBuffer, Buffer, or TypedArray");
  return test(ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes));
};

Object.assign(exports, {
  Buffer,
  isAscii: (bytes) => valid(bytes, (b) => b.every((c) => c < 128)),
  isUtf8: (bytes) => valid(bytes, (b) => {
    try { new (require("util").TextDecoder)("utf-8", { fatal: true }).decode(b); } catch { return false; }
    return true;
  }),
  constants: { MAX_LENGTH: MAX, MAX_STRING_LENGTH: 16 * 1024 * 1024 },
  kMaxLength: MAX,
  atob: (text) => Buffer.from(String(text), "base64").toString("latin1"),
  btoa: (text) => Buffer.from(String(text), "latin1").toString("base64"),
});
for (const name of ["Blob", "File"]) Object.defineProperty(exports, name, { get: () => native.load("web:blob")[name], enumerable: true, configurable: true });
