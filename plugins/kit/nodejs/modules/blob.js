const native = module.native;

const blobs = new WeakMap(); // Blob → { bytes, type }

function of(blob) {
  const found = blobs.get(blob);
  if (found === undefined) throw new TypeError('Value of "this" must be of type Blob');
  return found;
}

// bytesOf returns the bytes of what a Blob or a body is made of: a copy, but of another Blob, whose bytes nobody changes.
function bytesOf(value) {
  if (blobs.has(value)) return blobs.get(value).bytes;
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
  return new Uint8Array(native.encode(String(value), "utf8"));
}

// join makes one list of bytes of several.
function join(parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function options(value, what) {
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" && typeof value !== "function") throw new TypeError(what + ": the options must be an object");
  return value;
}

function linesOf(endings) {
  if (endings !== undefined && String(endings) !== "native" && String(endings) !== "transparent") throw new TypeError('Blob: endings is "transparent" or "native"');
  return String(endings) === "native" ? (v) => (typeof v === "string" ? v.replace(/\r\n/g, "\n") : v) : (v) => v;
}

class Blob {
  constructor(parts = [], init = {}) {
    if (parts === null || typeof parts !== "object" || typeof parts[Symbol.iterator] !== "function") throw new TypeError("Blob takes a list of parts");
    const { type = "", endings } = options(init, "Blob"), lines = linesOf(endings), text = String(type);
    blobs.set(this, { bytes: join(Array.from(parts, (v) => bytesOf(lines(v)))), type: /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : "" });
  }
  buffer() { return of(this).bytes; }
  get size() { return of(this).bytes.length; }
  get type() { return of(this).type; }
  async text() { return native.decode(of(this).bytes, "utf8").replace(/^\ufeff/, ""); }
  async arrayBuffer() { return of(this).bytes.slice().buffer; }
  async bytes() { return of(this).bytes.slice(); }
  stream() { return native.load("web:stream").streamOf(of(this).bytes.slice()); }
  slice(start = 0, end = this.size, type = "") {
    const at = (n) => { n = Math.trunc(Number(n)) || 0; return n < 0 ? Math.max(this.size + n, 0) : Math.min(n, this.size); };
    return new Blob([of(this).bytes.subarray(at(start), Math.max(at(start), at(end)))], { type });
  }
  get [Symbol.toStringTag]() { return "Blob"; }
}

class File extends Blob {
  #name;
  #lastModified;
  constructor(parts, name, init = {}) {
    if (arguments.length < 2) throw new TypeError("The \"fileBits\" and \"fileName\" arguments must be specified");
    super(parts, init);
    this.#name = native.decode(bytesOf(String(name)), "utf8");
    const { lastModified } = options(init, "File");
    this.#lastModified = lastModified === undefined ? Date.now() : Math.trunc(Number(lastModified)) || 0;
  }
  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }
  get [Symbol.toStringTag]() { return "File"; }
}

const isBlob = (value) => blobs.has(value);

Object.assign(exports, { Blob, File, bytesOf, isBlob, join });
