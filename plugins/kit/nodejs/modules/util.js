const native = module.native;

const kinds = (name) => (value) => Object.prototype.toString.call(value) === "[object " + name + "]";

function isDeepStrictEqual(a, b) {
  return require("assert").isDeepEqual(a, b, true);
}

function promisify(fn) {
  if (typeof fn !== "function") throw new TypeError('The "original" argument must be of type function');
  return function (...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(fn, this, args.concat([(err, value) => (err ? reject(err) : resolve(value))]));
    });
  };
}

function callbackify(fn) {
  if (typeof fn !== "function") throw new TypeError('The "original" argument must be of type function');
  return function (...args) {
    const callback = args.pop();
    if (typeof callback !== "function") throw new TypeError("The last argument must be of type function");
    Promise.resolve(Reflect.apply(fn, this, args)).then((value) => callback(null, value), (err) => callback(err || new Error("rejected")));
  };
}

function inherits(constructor, parent) {
  if (typeof constructor !== "function" || typeof parent !== "function") throw new TypeError("inherits takes two constructors");
  constructor.super_ = parent;
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

Object.assign(exports, {
  format: native.format,
  inspect: native.inspect,
  isDeepStrictEqual,
  promisify,
  callbackify,
  inherits,
  deprecate: (fn) => fn,
  isArray: Array.isArray,
  types: {
    isDate: kinds("Date"),
    isRegExp: kinds("RegExp"),
    isMap: (v) => v instanceof Map,
    isSet: (v) => v instanceof Set,
    isPromise: (v) => v instanceof Promise,
    isNativeError: kinds("Error"),
    isUint8Array: (v) => v instanceof Uint8Array,
    isTypedArray: (v) => ArrayBuffer.isView(v) && !(v instanceof DataView),
    isArrayBuffer: (v) => v instanceof ArrayBuffer,
  },
  TextEncoder: class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return new Uint8Array(require("buffer").Buffer.from(String(text))); }
    encodeInto(text, into) {
      if (!(into instanceof Uint8Array)) throw new TypeError("encodeInto takes a text and a Uint8Array");
      const bytes = this.encode(text);
      let written = Math.min(bytes.length, into.length);
      while (written > 0 && written < bytes.length && (bytes[written] & 0xc0) === 0x80) written--;
      into.set(bytes.subarray(0, written));
      return { read: require("buffer").Buffer.from(bytes.subarray(0, written)).toString().length, written };
    }
  },
  TextDecoder: class TextDecoder {
    #decoder; #fatal; #ignoreBOM;
    constructor(label = "utf-8", options = {}) {
      const { fatal, ignoreBOM } = options === null ? {} : Object(options);
      this.#fatal = !!fatal;
      this.#ignoreBOM = !!ignoreBOM;
      this.#decoder = native.decoder(String(label), this.#fatal, this.#ignoreBOM);
      if (this.#decoder === null) throw new RangeError('The "' + label + '" encoding is not supported');
    }
    get encoding() { return this.#decoder.name; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(bytes = new Uint8Array(0), { stream = false } = {}) {
      if (!(bytes instanceof ArrayBuffer) && !ArrayBuffer.isView(bytes)) throw new TypeError('The "input" argument must be an ArrayBuffer or a view of one');
      const view = bytes instanceof DataView ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
      return this.#decoder.decode(view, !!stream);
    }
  },
});
