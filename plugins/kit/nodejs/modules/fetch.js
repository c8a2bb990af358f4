const native = module.native;

function nameOf(name) {
  return native.name(String(name)) ?? bad("the name of a header is not valid: " + String(name).slice(0, 80));
}
function valueOf(value) {
  return native.value(String(value)) ?? bad("the value of a header is not valid");
}
function bad(text) {
  throw new TypeError(text);
}
function need(given, n, what) {
  if (given < n) throw new TypeError(what + ": " + n + " argument" + (n === 1 ? "" : "s") + " required, but only " + given + " found");
}

const fixed = new WeakSet(); // Headers that cannot be changed: those of a response that came
let receive; // makes Headers of the names and values that a server sent, whatever is in them

class Headers {
  #values = new Map(); // name → list of values
  constructor(init) {
    if (init === undefined) return;
    if (init === null || typeof init !== "object") throw new TypeError("Headers takes an object or a list of pairs");
    const pairs = typeof init[Symbol.iterator] === "function" ? init : Reflect.ownKeys(init).filter((k) => Object.prototype.propertyIsEnumerable.call(init, k)).map((k) => [k, init[k]]);
    for (const pair of pairs) {
      if (pair === null || typeof pair !== "object") throw new TypeError("Headers takes pairs of name and value");
      const [name, value, ...more] = pair;
      if (pair.length < 2 || more.length > 0) throw new TypeError("Headers takes pairs of name and value");
      this.append(name, value);
    }
  }
  #change(given, n, method) {
    if (fixed.has(this)) throw new TypeError("immutable: the headers of a response that came cannot be changed; new Headers(headers) can");
    need(given, n, "Headers." + method);
  }
  append(name, value) {
    this.#change(arguments.length, 2, "append");
    name = nameOf(name);
    value = valueOf(value);
    const list = this.#values.get(name);
    if (list === undefined) this.#values.set(name, [value]);
    else list.push(value);
  }
  set(name, value) {
    this.#change(arguments.length, 2, "set");
    this.#values.set(nameOf(name), [valueOf(value)]);
  }
  delete(name) {
    this.#change(arguments.length, 1, "delete");
    this.#values.delete(nameOf(name));
  }
  get(name) {
    need(arguments.length, 1, "Headers.get");
    return this.#values.get(nameOf(name))?.join(", ") ?? null;
  }
  has(name) {
    need(arguments.length, 1, "Headers.has");
    return this.#values.has(nameOf(name));
  }
  getSetCookie() { return [...(this.#values.get("set-cookie") ?? [])]; }
  forEach(callback, self) {
    if (typeof callback !== "function") throw new TypeError("Headers.forEach takes a function");
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  *entries() {
    for (const name of [...this.#values.keys()].sort()) {
      if (name === "set-cookie") for (const value of this.#values.get(name)) yield [name, value];
      else if (this.#values.has(name)) yield [name, this.get(name)];
    }
  }
  *keys() { for (const [name] of this) yield name; }
  *values() { for (const [, value] of this) yield value; }
  get [Symbol.toStringTag]() { return "Headers"; }
  static {
    receive = (pairs) => {
      const made = new Headers();
      for (const [name, values] of pairs) made.#values.set(name, values);
      fixed.add(made);
      return made;
    };
  }
}
Object.defineProperty(Headers.prototype, Symbol.iterator, { value: Headers.prototype.entries, writable: true, configurable: true });

// What stands behind a Request or a Response: bytes, null where it has no body; used; text, which reads the bytes by the charset that
// a server named; shared, of bytes that another has, too; cut, the signal that ends a response; and what its getters return;
// kind is the name of its class.
const states = new WeakMap();
function of(message, kind) {
  const found = states.get(message);
  if (found === undefined || kind !== undefined && found.kind !== kind) throw new TypeError('Value of "this" must be of type Request or Response');
  return found;
}

// extract returns the body that a value makes, and its type.
function extract(body) {
  if (body === undefined || body === null) return { bytes: null, type: "" };
  if (typeof body === "string") return { bytes: new Uint8Array(native.encode(body, "utf8")), type: "text/plain;charset=UTF-8" };
  const { Blob, bytesOf } = native.load("web:blob");
  switch (typeof body === "object" ? body[Symbol.toStringTag] : "") {
    case "URLSearchParams": return { bytes: bytesOf(String(body)), type: "application/x-www-form-urlencoded;charset=UTF-8" };
    case "FormData": return native.load("web:form").encoded(body);
    case "ReadableStream": {
      const bytes = native.load("web:stream").drained(body);
      if (bytes !== undefined) return { bytes, type: "" };
      break;
    }
    case "Blob": case "File":
      if (body instanceof Blob) return { bytes: bytesOf(body), type: body.type, shared: true };
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return { bytes: bytesOf(body), type: "" };
  const text = String(body);
  if (text === "[object Object]") throw new TypeError("a body must be text, bytes, a Blob, a FormData or a URLSearchParams: JSON.stringify makes text of an object");
  return { bytes: bytesOf(text), type: "text/plain;charset=UTF-8" };
}

// unused throws where a body was read.
function unused(state) {
  if (state.used || state.locked) throw new TypeError("Body is unusable: Body has already been read");
  return state;
}

const nothing = { bytes: new Uint8Array(0), shared: false };

// take reads a body, once.
function take(message) {
  const state = unused(of(message));
  if (state.bytes === null) return nothing;
  state.locked = true;
  return spent(state);
}

// spent returns what is left of a body, and empties it.
function spent(state) {
  const { bytes, text, shared, cut } = state;
  state.used = true;
  if (cut?.aborted) throw cut.reason;
  state.bytes = nothing.bytes;
  state.text = undefined;
  return { bytes, text, shared };
}

// streamed returns the body of a message as a stream, null where it has none.
function streamed(message, kind) {
  const state = of(message, kind);
  if (state.bytes === null) return null;
  state.stream ??= native.load("web:stream").stream({
    get locked() { return state.locked; },
    set locked(value) { state.locked = value; },
    next() {
      const { bytes, shared } = spent(state);
      return shared ? bytes.slice() : bytes;
    },
    cancel() {
      Object.assign(state, { used: true, bytes: nothing.bytes, text: undefined });
    },
  });
  return state.stream;
}

function textOf({ bytes, text }) {
  const all = text === undefined ? native.decode(bytes, "utf8") : text();
  return all[0] === "\ufeff" ? all.slice(1) : all;
}

const bufferOf = ({ bytes, shared }) => (shared ? bytes.slice() : bytes).buffer;

// Message is what a Request and a Response have in common.
class Message {
  async text() { return textOf(take(this)); }
  async json() { return JSON.parse(textOf(take(this))); }
  async arrayBuffer() { return bufferOf(take(this)); }
  async bytes() { return new Uint8Array(bufferOf(take(this))); }
  async blob() { return new (native.load("web:blob").Blob)([take(this).bytes], { type: (this.headers.get("content-type") ?? "").replaceAll("; ", ";") }); }
  async formData() {
    const type = this.headers.get("content-type") ?? "";
    switch (type.split(";")[0].trim().toLowerCase()) {
      case "multipart/form-data":
        return native.load("web:form").decoded(() => take(this).bytes, type);
      case "application/x-www-form-urlencoded": {
        const form = new (native.load("web:form").FormData)(), { bytes } = take(this);
        for (const [name, value] of new (require("url").URLSearchParams)(native.decode(bytes, "utf8"))) form.append(name, value);
        return form;
      }
    }
    throw new TypeError("formData() reads multipart/form-data and application/x-www-form-urlencoded, not " + JSON.stringify(type.slice(0, 80)));
  }
}

// cloned returns the state of a message for a clone, which shares its bytes.
function cloned(state) {
  unused(state).shared = true;
  return { ...state, stream: undefined };
}

// only refuses options that nobody knows; those of browsers that mean nothing here are taken in silence.
function only(what, init, known, ignored) {
  if (typeof init !== "object" && typeof init !== "function") throw new TypeError(what + " takes an object of options second");
  if (states.has(init)) return;
  for (const name of Object.keys(init)) {
    if (init[name] !== undefined && !(known + ", " + ignored).split(", ").includes(name)) {
      throw new TypeError(what + ": unknown option " + JSON.stringify(name.slice(0, 40)) + "; the options are " + known);
    }
  }
}

// fill sets the body of a message and its type.
function fill(message, state, body) {
  const { bytes, type, shared = false } = extract(body);
  if (type !== "" && !state.headers.has("content-type")) state.headers.set("content-type", type);
  states.set(message, { bytes, shared, used: false, locked: false, stream: undefined, text: undefined, cut: undefined, ...state });
}

const isURL = (text) => native.href(String(text)) ?? refuse(text);
function refuse(text) {
  throw new TypeError("the URL must begin with http:// or https:// and name a host; it begins with " + JSON.stringify(String(text).slice(0, 20)));
}

class Response extends Message {
  constructor(body = null, init = {}) {
    super();
    init ??= {};
    only("new Response", init, "status, statusText, headers", "");
    const status = init.status === undefined ? 200 : Math.trunc(Number(init.status)), statusText = init.statusText === undefined ? "" : String(init.statusText);
    if (!(status >= 200 && status <= 599)) throw new RangeError("the status must be from 200 to 599");
    if (statusText !== "" && !/^[\t\x20-\x7e\x80-\xff]*$/.test(statusText)) throw new TypeError("Invalid statusText: line breaks and control characters are refused");
    if (body !== null && body !== undefined && [204, 205, 304].includes(status)) throw new TypeError("a response of status " + status + " has no body");
    fill(this, { kind: "Response", status, statusText, headers: new Headers(init.headers), url: "", type: "default", redirected: false }, body);
  }
  get type() { return of(this, "Response").type; }
  get url() { return of(this, "Response").url; }
  get redirected() { return of(this, "Response").redirected; }
  get status() { return of(this, "Response").status; }
  get ok() { const { status } = of(this, "Response"); return status >= 200 && status < 300; }
  get statusText() { return of(this, "Response").statusText; }
  get headers() { return of(this, "Response").headers; }
  get body() { return streamed(this, "Response"); }
  get bodyUsed() { return of(this, "Response").used; }
  clone() {
    const state = of(this, "Response"), other = Object.create(Response.prototype), headers = new Headers(state.headers);
    if (fixed.has(state.headers)) fixed.add(headers);
    states.set(other, { ...cloned(state), headers });
    return other;
  }
  static json(data, init = {}) {
    need(arguments.length, 1, "Response.json");
    const text = JSON.stringify(data), headers = new Headers(init?.headers);
    if (text === undefined) throw new TypeError("the value is not JSON serializable");
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(text, { status: init?.status, statusText: init?.statusText, headers });
  }
  static redirect(url, status = 302) {
    const location = isURL(url);
    if (![301, 302, 303, 307, 308].includes(Number(status))) throw new RangeError("Invalid status code " + status);
    const made = new Response(null, { status, headers: { location } });
    fixed.add(of(made).headers);
    return made;
  }
  static error() {
    const made = new Response();
    Object.assign(of(made), { status: 0, type: "error" });
    fixed.add(of(made).headers);
    return made;
  }
  get [Symbol.toStringTag]() { return "Response"; }
}

// What a Request says of itself: what it is without the option, and what it may be.
const choices = {
  referrer: ["about:client"], referrerPolicy: ["", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"],
  mode: ["cors", "same-origin", "no-cors"], credentials: ["same-origin", "omit", "include"],
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"], redirect: ["follow", "error", "manual"],
  integrity: [""], duplex: ["half"], keepalive: [false],
};
const free = ["referrer", "integrity", "keepalive"];
const ofBrowsers = "signal, mode, credentials, cache, redirect, referrer, referrerPolicy, integrity, keepalive, duplex, priority, window";

function chosen(init, from) {
  const state = {};
  for (const name of Object.keys(choices)) {
    const value = init[name];
    state[name] = value === undefined ? from?.[name] ?? choices[name][0] : name === "keepalive" ? Boolean(value) : String(value);
    if (value !== undefined && !free.includes(name) && !choices[name].includes(state[name])) {
      throw new TypeError("Request: " + name + " must be one of " + choices[name].map((c) => JSON.stringify(c)).join(", "));
    }
  }
  return state;
}

const plainMethods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];

function methodOf(value) {
  const method = String(value), upper = method.toUpperCase();
  if (native.name(method) === null) throw new TypeError("the method is not valid: " + method.slice(0, 80));
  if (["CONNECT", "TRACE", "TRACK"].includes(upper)) throw new TypeError("the method is not allowed: " + method);
  return plainMethods.includes(upper) ? upper : method;
}

function signalOf(value) {
  if (value === null) return undefined;
  native.load("web:web").checkSignal(value);
  return value;
}

// request makes a Request of what its constructor and fetch take.
function request(message, input, init) {
  const from = states.get(input)?.kind === "Request" ? of(input) : undefined;
  const url = from === undefined ? isURL(input) : from.url, state = chosen(init, from);
  if (init.window !== undefined && init.window !== null) throw new TypeError("Request: window must be null");
  const method = init.method === undefined ? from?.method ?? "GET" : methodOf(init.method);
  const signal = init.signal === undefined ? from?.signal : signalOf(init.signal), headers = new Headers(init.headers ?? from?.headers);
  const given = init.body ?? null, inherits = given === null && from !== undefined && from.bytes !== null;
  if ((given !== null || inherits) && (method === "GET" || method === "HEAD")) throw new TypeError("Request with GET/HEAD method cannot have body.");
  fill(message, { kind: "Request", ...state, method, url, headers, signal, follower: undefined }, given);
  if (inherits) {
    const { bytes, shared } = take(input);
    Object.assign(of(message), { bytes, shared });
  }
  return message;
}

// arrived makes the response of what a server answered.
function arrived(raw, cut) {
  const made = Object.create(Response.prototype), { status, statusText, url, redirected, text } = raw, bytes = raw.empty ? null : new Uint8Array(raw.body);
  states.set(made, { kind: "Response", status, statusText, url, redirected, headers: receive(raw.headers), type: "basic", bytes, text, shared: false, used: false, locked: false, stream: undefined, cut });
  return made;
}

const ours = ["query", "params", "json", "form", "multipart", "data", "timeout", "retries"];
const taken = "method, headers, query, params, body, json, form, multipart, data, timeout, retries, redirect, signal";

async function answer(input, init, send) {
  init ??= {};
  only("fetch", init, taken, ofBrowsers);
  const made = request({}, input, init), { url, method, headers, redirect, signal } = of(made);
  if (signal?.aborted) throw signal.reason;
  const { bytes } = take(made), more = {};
  for (const name of ours) more[name] = init[name];
  const { promise, abort } = send(url, { ...more, method, headers: [...headers], redirect, body: bytes === nothing.bytes ? undefined : bytes });
  if (signal === undefined) return arrived(await promise, signal);
  return new Promise((resolve, reject) => {
    const done = native.load("web:web").whenAborted(signal, () => {
      abort();
      reject(signal.reason);
    });
    promise.then((raw) => raw === undefined || resolve(arrived(raw, signal)), reject).finally(done); // undefined comes after abort
  });
}

// fetching makes fetch of the function that sends a request, and one that throws where a run may not.
const fetching = (send, check) => function fetch(input, init = undefined, ...more) {
  check();
  const at = more.findIndex((value) => typeof value === "object" && value !== null);
  if (at >= 0) return Promise.reject(new TypeError(`fetch takes options as argument 2, not ${at + 3}`));
  return arguments.length === 0 ? Promise.reject(new TypeError("fetch: 1 argument required, but only 0 found")) : answer(input, init, send);
};

Object.assign(exports, { Headers, Response, fetching, Message, of, states, streamed, cloned, request, only, need, ofBrowsers });
