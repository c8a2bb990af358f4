const { Buffer } = require("buffer");
const bytesOf = (v) => {
  if (v instanceof Blob) return v.buffer();
  if (v instanceof ArrayBuffer) return Buffer.from(v.slice(0));
  if (ArrayBuffer.isView(v)) return Buffer.from(v.buffer.slice(v.byteOffset, v.byteOffset + v.byteLength));
  return Buffer.from(String(v));
};
const whole = (buffer) => buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);

class Blob {
  #bytes;
  #type;
  constructor(parts = [], options = {}) {
    if (typeof parts === "string" || parts === null || typeof parts[Symbol.iterator] !== "function") throw new TypeError("Blob takes a list of parts");
    this.#bytes = Buffer.concat(Array.from(parts, bytesOf));
    const type = options === null || options.type === undefined ? "" : String(options.type);
    this.#type = /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : "";
  }
  buffer() { return this.#bytes; }
  get size() { return this.#bytes.length; }
  get type() { return this.#type; }
  async text() { return this.#bytes.toString(); }
  async arrayBuffer() { return whole(this.#bytes); }
  async bytes() { return new Uint8Array(whole(this.#bytes)); }
  slice(start = 0, end = this.size, type = "") {
    const at = (n) => { n = Math.trunc(Number(n)) || 0; return n < 0 ? Math.max(this.size + n, 0) : Math.min(n, this.size); };
    return new Blob([this.#bytes.subarray(at(start), Math.max(at(start), at(end)))], { type });
  }
  get [Symbol.toStringTag]() { return "Blob"; }
}

class File extends Blob {
  #name;
  #lastModified;
  constructor(parts, name, options = {}) {
    if (arguments.length < 2) throw new TypeError("The \"fileBits\" and \"fileName\" arguments must be specified");
    super(parts, options);
    this.#name = String(name);
    this.#lastModified = options === null || options.lastModified === undefined ? Date.now() : Math.trunc(Number(options.lastModified)) || 0;
  }
  get name() { return this.#name; }
  get lastModified() { return this.#lastModified; }
  get [Symbol.toStringTag]() { return "File"; }
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
function nameOf(name) {
  name = String(name);
  if (!token.test(name)) throw new TypeError("the name of a header is not valid: " + name.slice(0, 80));
  return name.toLowerCase();
}
function valueOf(value) {
  value = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (/[\0\r\n]|[^\0-\xff]/.test(value)) throw new TypeError("the value of a header is not valid");
  return value;
}

class Headers {
  #values = new Map(); // name → list of values
  constructor(init) {
    if (init === undefined) return;
    if (init === null || typeof init !== "object") throw new TypeError("Headers takes an object or a list of pairs");
    const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.keys(init).map((k) => [k, init[k]]);
    for (const pair of pairs) {
      const [name, value, ...more] = pair;
      if (pair.length < 2 || more.length > 0) throw new TypeError("Headers takes pairs of name and value");
      this.append(name, value);
    }
  }
  append(name, value) {
    name = nameOf(name);
    value = valueOf(value);
    const list = this.#values.get(name);
    if (list === undefined) this.#values.set(name, [value]);
    else list.push(value);
  }
  set(name, value) { this.#values.set(nameOf(name), [valueOf(value)]); }
  get(name) { return this.#values.get(nameOf(name))?.join(", ") ?? null; }
  has(name) { return this.#values.has(nameOf(name)); }
  delete(name) { this.#values.delete(nameOf(name)); }
  getSetCookie() { return [...(this.#values.get("set-cookie") ?? [])]; }
  forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
  *entries() {
    for (const name of [...this.#values.keys()].sort()) {
      if (name === "set-cookie") for (const value of this.#values.get(name)) yield [name, value];
      else yield [name, this.get(name)];
    }
  }
  *keys() { for (const [name] of this) yield name; }
  *values() { for (const [, value] of this) yield value; }
  [Symbol.iterator]() { return this.entries(); }
  get [Symbol.toStringTag]() { return "Headers"; }
}

// partsOf reads a form of type multipart/form-data: [name, text], or [name, File] of parts with a filename.
function partsOf(bytes, boundary) {
  const bad = () => { throw new TypeError("formData(): the body is no multipart form"); };
  const line = Buffer.from("\r\n--" + boundary), parts = [];
  bytes = Buffer.concat([Buffer.from("\r\n"), bytes]);
  let at = bytes.indexOf(line);
  while (at >= 0) {
    at += line.length;
    if (bytes[at] === 45 && bytes[at + 1] === 45) return parts;
    while (bytes[at] === 32 || bytes[at] === 9) at++;
    const begin = at + 2, empty = bytes[begin] === 13 && bytes[begin + 1] === 10;
    const body = empty ? begin - 2 : bytes.indexOf("\r\n\r\n", begin), end = bytes.indexOf(line, body + 2);
    if (bytes[at] !== 13 || bytes[at + 1] !== 10 || body < 0 || end < 0) bad();
    const headers = new Map(empty ? [] : bytes.subarray(begin, body).toString().split("\r\n").map((h) => {
      const colon = h.indexOf(":");
      return [h.slice(0, colon).trim().toLowerCase(), h.slice(colon + 1).trim()];
    }));
    const disposition = headers.get("content-disposition") ?? "";
    const field = (key) => {
      const found = new RegExp(';\\s*' + key + '=(?:"([^"]*)"|([^\\s;"]+))', "i").exec(disposition);
      return found === null ? undefined : (found[1] ?? found[2]).replace(/%0D|%0A|%22/gi, decodeURIComponent);
    };
    const name = field("name"), filename = field("filename");
    if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined) bad();
    const content = bytes.subarray(body + 4, Math.max(body + 4, end));
    parts.push([name, filename === undefined ? content.toString().replace(/^\ufeff/, "") : new File([content], filename, { type: headers.get("content-type") ?? "text/plain" })]);
    at = end;
  }
  return bad();
}

// Body is what requests and responses have in common.
class Body {
  #bytes = null;
  #used = false;
  fill(body, headers) {
    if (body === undefined || body === null) return;
    this.#bytes = bytesOf(body);
    let type = typeof body === "string" ? "text/plain;charset=UTF-8" : body instanceof Blob ? body.type : "";
    if (Object.prototype.toString.call(body) === "[object URLSearchParams]") type = "application/x-www-form-urlencoded;charset=UTF-8";
    if (type !== "" && !headers.has("content-type")) headers.set("content-type", type);
  }
  take() {
    if (this.#used) throw new TypeError("Body is unusable: Body has already been read");
    this.#used = this.#bytes !== null;
    return this.#bytes ?? Buffer.alloc(0);
  }
  copy() {
    if (this.#used) throw new TypeError("the body was read already");
    return this.#bytes;
  }
  get bodyUsed() { return this.#used; }
  async text() { return this.take().toString().replace(/^\ufeff/, ""); }
  async json() { return JSON.parse(this.take().toString().replace(/^\ufeff/, "")); }
  async arrayBuffer() { return whole(this.take()); }
  async bytes() { return new Uint8Array(whole(this.take())); }
  async formData() {
    const type = this.headers.get("content-type") ?? "", form = new FormData();
    switch (type.split(";")[0].trim().toLowerCase()) {
      case "multipart/form-data": {
        const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type);
        if (boundary === null) throw new TypeError("formData(): the type has no boundary: " + type.slice(0, 80));
        for (const part of partsOf(this.take(), boundary[1] ?? boundary[2])) form.append(...part);
        return form;
      }
      case "application/x-www-form-urlencoded":
        for (const [name, value] of new (require("url").URLSearchParams)(this.take().toString())) form.append(name, value);
        return form;
    }
    throw new TypeError("formData() reads multipart/form-data and application/x-www-form-urlencoded, not " + JSON.stringify(type.slice(0, 80)));
  }
  async blob() { return new Blob([this.take()], { type: this.headers.get("content-type") ?? "" }); }
}

// only refuses options that nobody knows; those of browsers that mean nothing here are taken in silence.
const only = (what, init, known, ignored = "") => {
  if (typeof init !== "object" || init === null || init instanceof Body) return;
  for (const name of Object.keys(init)) {
    if (init[name] !== undefined && !(known + " " + ignored).split(/[, ]+/).includes(name)) {
      throw new TypeError(what + ": unknown option " + JSON.stringify(name.slice(0, 40)) + "; the options are " + known);
    }
  }
};

class Response extends Body {
  constructor(body = null, init = {}) {
    super();
    only("new Response", init, "status, statusText, headers");
    const status = init.status === undefined ? 200 : Math.trunc(Number(init.status));
    if (!(status >= 200 && status <= 599)) throw new RangeError("the status must be from 200 to 599");
    if (body !== null && [204, 205, 304].includes(status)) throw new TypeError("a response of status " + status + " has no body");
    Object.assign(this, { status, ok: status < 300, statusText: String(init.statusText ?? ""), headers: new Headers(init.headers), url: "", type: "default", redirected: false });
    this.fill(body, this.headers);
  }
  clone() { return new Response(this.copy(), this); }
  static json(data, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(JSON.stringify(data), { status: init.status, statusText: init.statusText, headers });
  }
  static redirect(url, status = 302) {
    const location = new (require("url").URL)(String(url)).href;
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError("Invalid status code " + status);
    return new Response(null, { status, headers: { location } });
  }
  static error() { return Object.assign(new Response(), { status: 0, ok: false, type: "error" }); }
  get [Symbol.toStringTag]() { return "Response"; }
}

class Request extends Body {
  constructor(input, init = {}) {
    super();
    only("new Request", init, "method, headers, body", "signal mode credentials cache redirect referrer referrerPolicy integrity keepalive duplex priority window");
    const from = input instanceof Request ? input : undefined;
    const url = from === undefined ? new (require("url").URL)(String(input)).href : from.url;
    let method = String(init.method ?? from?.method ?? "GET");
    if (!token.test(method)) throw new TypeError("the method is not valid: " + method.slice(0, 80));
    if (/^(connect|trace|track)$/i.test(method)) throw new TypeError("the method is not allowed: " + method);
    if (/^(get|head|post|put|delete|options)$/i.test(method)) method = method.toUpperCase();
    const body = init.body ?? from?.copy() ?? null;
    if (body !== null && (method === "GET" || method === "HEAD")) throw new TypeError("Request with GET/HEAD method cannot have body.");
    Object.assign(this, { method, url, headers: new Headers(init.headers ?? from?.headers), signal: init.signal ?? from?.signal ?? null });
    this.fill(body, this.headers);
  }
  clone() { return new Request(this); }
  get [Symbol.toStringTag]() { return "Request"; }
}

Object.assign(exports, { Blob, File, Headers, Request, Response });
