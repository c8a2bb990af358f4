const entries = new WeakMap(); // FormData → list of [name, value]

function of(form) {
  const found = entries.get(form);
  if (found === undefined) throw new TypeError('Value of "this" must be of type FormData');
  return found;
}

const text = (v) => require("buffer").Buffer.from(String(v)).toString();
const isBytes = (v) => v instanceof ArrayBuffer || ArrayBuffer.isView(v);

// A value is text, or a file: {filename, type, bytes}.
function valueOf(v, filename) {
  if (v !== null && typeof v === "object" && (v[Symbol.toStringTag] === "Blob" || v[Symbol.toStringTag] === "File")) v = { filename: v.name ?? "blob", type: v.type, bytes: v.buffer() };
  if (isBytes(v)) return { filename: filename === undefined ? "blob" : text(filename), type: "", bytes: v };
  if (v !== null && typeof v === "object" && v.bytes !== undefined) {
    return filename === undefined ? v : { filename: text(filename), type: v.type, bytes: typeof v.bytes === "function" ? v.bytes() : v.bytes };
  }
  if (filename !== undefined) throw new TypeError("FormData: a filename goes with bytes, or with {filename, type, bytes}");
  return text(v);
}

class FormData {
  constructor(form) {
    if (form !== undefined) throw new TypeError("FormData takes no form: append its fields");
    entries.set(this, []);
  }
  append(name, value, filename) { of(this).push([text(name), valueOf(value, filename)]); }
  delete(name) { entries.set(this, of(this).filter((e) => e[0] !== text(name))); }
  get(name) { const found = of(this).find((e) => e[0] === text(name)); return found === undefined ? null : found[1]; }
  getAll(name) { return of(this).filter((e) => e[0] === text(name)).map((e) => e[1]); }
  has(name) { return of(this).some((e) => e[0] === text(name)); }
  set(name, value, filename) {
    const list = of(this), key = text(name), entry = [key, valueOf(value, filename)];
    const at = list.findIndex((e) => e[0] === key);
    entries.set(this, at < 0 ? list.concat([entry]) : list.filter((e, i) => i <= at || e[0] !== key).map((e, i) => (i === at ? entry : e)));
  }
  forEach(fn, self) { for (const [name, value] of of(this)) fn.call(self, value, name, this); }
  keys() { return of(this).map((e) => e[0])[Symbol.iterator](); }
  values() { return of(this).map((e) => e[1])[Symbol.iterator](); }
  entries() { return of(this).map((e) => e.slice())[Symbol.iterator](); }
  [Symbol.iterator]() { return this.entries(); }
  get [Symbol.toStringTag]() { return "FormData"; }
}

exports.FormData = FormData;
