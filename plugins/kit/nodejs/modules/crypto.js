const native = module.native;

const { Buffer } = require("buffer");

const bytesOf = (data, encoding) => (typeof data === "string" ? Buffer.from(data, encoding) : data);

class Hash {
  #native;
  #done = false;
  constructor(state) { this.#native = state; }
  update(data, encoding) {
    if (this.#done) throw new Error("Digest already called");
    if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
      throw new TypeError('The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView.');
    }
    this.#native.update(bytesOf(data, encoding));
    return this;
  }
  digest(encoding) {
    if (this.#done) throw new Error("Digest already called");
    this.#done = true;
    const sum = Buffer.from(this.#native.digest());
    return encoding === undefined || encoding === "buffer" ? sum : sum.toString(encoding);
  }
}

class Hmac extends Hash {}

function timingSafeEqual(a, b) {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) throw new TypeError("The arguments must be instances of Buffer, TypedArray, or DataView");
  if (a.byteLength !== b.byteLength) throw new RangeError("Input buffers must have the same byte length");
  return native.equal(Buffer.from(a.buffer, a.byteOffset, a.byteLength), Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

Object.assign(exports, {
  createHash: (algorithm) => new Hash(native.hash(algorithm)),
  createHmac: (algorithm, key) => {
    if (key === undefined || key === null) throw new TypeError('The "key" argument must be of type string or an instance of Buffer');
    return new Hmac(native.hash(algorithm, bytesOf(key)));
  },
  getHashes: () => ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"],
  randomBytes: (size) => Buffer.from(native.bytes(size)),
  randomUUID: () => native.uuid(),
  timingSafeEqual,
});
