const native = module.native;

const entries = new WeakMap(); // FormData → list of [name, value]

function of(form) {
  const found = entries.get(form);
  if (found === undefined) throw new TypeError('Value of "this" must be of type FormData');
  return found;
}

const text = (v) => native.decode(new Uint8Array(native.encode(String(v), "utf8")), "utf8");
const isBytes = (v) => v instanceof ArrayBuffer || ArrayBuffer.isView(v);

function need(given, n, method) {
  if (given < n) throw new TypeError("FormData." + method + ": " + n + " arguments required, but only " + given + " found.");
}

// valueOf returns the value of an entry: text, or a File of a Blob, of bytes, or of a file of a request, {filename, type, bytes}.
function valueOf(value, filename, given) {
  const named = given > 2 && filename !== undefined;
  if (value !== null && typeof value === "object") {
    const { Blob, File } = native.load("web:blob");
    const init = { type: value.type, lastModified: value.lastModified };
    if (value instanceof File && !named) return value;
    if (value instanceof Blob) return new File([value], named ? text(filename) : "blob", init);
    if (isBytes(value)) return new File([value], named ? text(filename) : "blob");
    if (value.bytes !== undefined) return new File([typeof value.bytes === "function" ? value.bytes() : value.bytes], named ? text(filename) : value.filename || "blob", init);
  }
  if (named) throw new TypeError("FormData: a file name goes with a Blob, with bytes, or with {filename, type, bytes}");
  return text(value);
}

class FormData {
  constructor(form) {
    if (form !== undefined) throw new TypeError("FormData takes no form: append its fields");
    entries.set(this, []);
  }
  append(name, value, filename) {
    need(arguments.length, 2, "append");
    of(this).push([text(name), valueOf(value, filename, arguments.length)]);
  }
  delete(name) {
    need(arguments.length, 1, "delete");
    entries.set(this, of(this).filter((e) => e[0] !== text(name)));
  }
  get(name) {
    need(arguments.length, 1, "get");
    const found = of(this).find((e) => e[0] === text(name));
    return found === undefined ? null : found[1];
  }
  getAll(name) {
    need(arguments.length, 1, "getAll");
    return of(this).filter((e) => e[0] === text(name)).map((e) => e[1]);
  }
  has(name) {
    need(arguments.length, 1, "has");
    return of(this).some((e) => e[0] === text(name));
  }
  set(name, value, filename) {
    need(arguments.length, 2, "set");
    const list = of(this), key = text(name), entry = [key, valueOf(value, filename, arguments.length)];
    const at = list.findIndex((e) => e[0] === key);
    entries.set(this, at < 0 ? list.concat([entry]) : list.filter((e, i) => i <= at || e[0] !== key).map((e, i) => (i === at ? entry : e)));
  }
  forEach(fn, self) {
    if (typeof fn !== "function") throw new TypeError("FormData.forEach takes a function");
    for (const [name, value] of this) fn.call(self, value, name, this);
  }
  *keys() { for (const [name] of this) yield name; }
  *values() { for (const [, value] of this) yield value; }
  *entries() { for (let i = 0; i < of(this).length; i++) yield of(this)[i].slice(); }
  get [Symbol.toStringTag]() { return "FormData"; }
}
Object.defineProperty(FormData.prototype, Symbol.iterator, { value: FormData.prototype.entries, writable: true, configurable: true });

const lines = (s) => s.replace(/\r\n?|\n/g, "\r\n");
const quoted = (s) => s.replace(/[\r\n"]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0"));

// encoded writes a form as multipart/form-data. Its boundary is made of its content, so that a run that is replayed sends the same.
function encoded(form) {
  const { bytesOf, join } = native.load("web:blob");
  if (!entries.has(form)) { // a FormData of a package
    const own = new FormData();
    for (const [name, value] of form) own.append(name, value);
    form = own;
  }
  const parts = of(form).map(([name, value]) => {
    const head = '\r\nContent-Disposition: form-data; name="' + quoted(lines(name)) + '"';
    if (typeof value === "string") return [head + "\r\n\r\n", bytesOf(lines(value))];
    return [head + '; filename="' + quoted(value.name) + '"\r\nContent-Type: ' + (value.type || "application/octet-stream") + "\r\n\r\n", bytesOf(value)];
  });
  const hash = native.hash("sha256");
  for (const [head, content] of parts) {
    hash.update(head);
    hash.update(content);
  }
  const boundary = "nflow-" + Array.from(new Uint8Array(hash.digest()).subarray(0, 20), (b) => b.toString(16).padStart(2, "0")).join("");
  const all = parts.flatMap(([head, content]) => [bytesOf("--" + boundary + head), content, bytesOf("\r\n")]);
  return { bytes: join([...all, bytesOf("--" + boundary + "--\r\n")]), type: "multipart/form-data; boundary=" + boundary };
}

// headersOf reads the headers of a part.
function headersOf(bytes) {
  return new Map(bytes.toString().split("\r\n").map((h) => {
    const colon = h.indexOf(":");
    return [h.slice(0, colon).trim().toLowerCase(), h.slice(colon + 1).trim()];
  }));
}

// decoded reads a form of a type multipart/form-data, whose body read returns.
function decoded(read, type) {
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type);
  if (found === null) throw new TypeError("formData(): the type has no boundary: " + type.slice(0, 80));
  const body = read(), boundary = found[1] ?? found[2];
  const { Buffer } = require("buffer"), { File } = native.load("web:blob"), form = new FormData();
  const bad = () => { throw new TypeError("formData(): the body is no multipart form"); };
  const line = Buffer.from("\r\n--" + boundary), bytes = Buffer.concat([Buffer.from("\r\n"), body]);
  let at = bytes.indexOf(line);
  while (at >= 0) {
    at += line.length;
    if (bytes[at] === 45 && bytes[at + 1] === 45) return form;
    while (bytes[at] === 32 || bytes[at] === 9) at++;
    const begin = at + 2, empty = bytes[begin] === 13 && bytes[begin + 1] === 10;
    const head = empty ? begin - 2 : bytes.indexOf("\r\n\r\n", begin), end = bytes.indexOf(line, head + 2);
    if (bytes[at] !== 13 || bytes[at + 1] !== 10 || head < 0 || end < 0) bad();
    const headers = empty ? new Map() : headersOf(bytes.subarray(begin, head));
    const disposition = headers.get("content-disposition") ?? "";
    const field = (key) => {
      const found = new RegExp(';\\s*' + key + '=(?:"([^"]*)"|([^\\s;"]+))', "i").exec(disposition);
      return found === null ? undefined : (found[1] ?? found[2]).replace(/%0D|%0A|%22/gi, decodeURIComponent);
    };
    const name = field("name"), filename = field("filename");
    if (!/^form-data\s*(;|$)/i.test(disposition) || name === undefined) bad();
    const content = bytes.subarray(head + 4, Math.max(head + 4, end));
    form.append(name, filename === undefined ? content.toString().replace(/^\ufeff/, "") : new File([content], filename, { type: headers.get("content-type") ?? "text/plain" }));
    at = end;
  }
  return bad();
}

Object.assign(exports, { FormData, encoded, decoded });
