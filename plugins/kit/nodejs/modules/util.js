const native = module.native;

const tagged = (...names) => (value) => names.includes(Object.prototype.toString.call(value).slice(8, -1));

// branded makes a test of a method that throws for values of other kinds.
const branded = (method, ...args) => (value) => {
  try {
    Reflect.apply(method, value, args);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
};
const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;
const typedTag = getter(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const typed = (name) => (value) => Reflect.apply(typedTag, value, []) === name;
const isMade = branded(getter(RegExp.prototype, "global")), isBuffer = branded(getter(ArrayBuffer.prototype, "byteLength"));
const boxes = { isNumberObject: branded(Number.prototype.valueOf), isStringObject: branded(String.prototype.valueOf), isBooleanObject: branded(Boolean.prototype.valueOf), isSymbolObject: branded(Symbol.prototype.valueOf) };
const views = ["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "Float32Array", "Float64Array"];

function isDeepStrictEqual(a, b) {
  return require("assert").isDeepEqual(a, b, true);
}

const custom = Symbol.for("nodejs.util.promisify.custom");

promisify.custom = custom;

function promisify(fn) {
  if (typeof fn !== "function") throw new TypeError('The "original" argument must be of type function');
  if (typeof fn[custom] === "function") return fn[custom];
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
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
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
  debuglog: () => Object.assign(() => {}, { enabled: false }),
  formatWithOptions: (options, ...values) => native.format(...values),
  toUSVString: (text) => String(text).toWellFormed(),
  isArray: Array.isArray,
  types: {
    ...boxes,
    ...Object.fromEntries(views.map((name) => ["is" + name, typed(name)])),
    isDate: branded(Date.prototype.getTime),
    isRegExp: (v) => isMade(v) && v !== RegExp.prototype,
    isMap: branded(getter(Map.prototype, "size")),
    isSet: branded(getter(Set.prototype, "size")),
    isWeakMap: branded(WeakMap.prototype.has, {}),
    isWeakSet: branded(WeakSet.prototype.has, {}),
    isPromise: (v) => v instanceof Promise,
    isNativeError: (v) => Error.isError(v),
    isTypedArray: (v) => Reflect.apply(typedTag, v, []) !== undefined,
    isArrayBufferView: (v) => ArrayBuffer.isView(v),
    isDataView: (v) => ArrayBuffer.isView(v) && Reflect.apply(typedTag, v, []) === undefined,
    isArrayBuffer: isBuffer,
    isAnyArrayBuffer: isBuffer,
    isSharedArrayBuffer: () => false,
    isBoxedPrimitive: (v) => Object.values(boxes).some((is) => is(v)),
    isAsyncFunction: tagged("AsyncFunction", "AsyncGeneratorFunction"),
    isGeneratorFunction: tagged("GeneratorFunction", "AsyncGeneratorFunction"),
    isGeneratorObject: tagged("Generator", "AsyncGenerator"),
    isMapIterator: tagged("Map Iterator"),
    isSetIterator: tagged("Set Iterator"),
    isArgumentsObject: tagged("Arguments"),
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
      if (this.#decoder === null) throw Object.assign(new RangeError('The "' + label + '" encoding is not supported'), { code: "ERR_ENCODING_NOT_SUPPORTED" });
    }
    get encoding() { return this.#decoder.name; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(bytes = new Uint8Array(0), { stream = false } = {}) {
      if (!(bytes instanceof ArrayBuffer) && !ArrayBuffer.isView(bytes)) throw Object.assign(new TypeError('The "input" argument must be an ArrayBuffer or a view of one'), { code: "ERR_INVALID_ARG_TYPE" });
      const view = bytes instanceof DataView ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
      const text = this.#decoder.decode(view, !!stream);
      if (text === null) throw Object.assign(new TypeError("The encoded data was not valid for encoding " + this.encoding), { code: "ERR_ENCODING_INVALID_ENCODED_DATA" });
      return text;
    }
  },
});
