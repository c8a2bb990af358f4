const native = module.native;

const params = new WeakMap(); // URLSearchParams → { list of [name, value], changed() }
const partsOf = new WeakMap(); // URL → the parts that native.parse gives

const well = (text) => require("buffer").Buffer.from(String(text)).toString();
const decode = (text) => require("querystring").unescape(text.replace(/\+/g, " "));
const encode = (text) => encodeURIComponent(text).replace(/[!'()~]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase()).replace(/%20/g, "+");

function stateOf(object, map, name) {
  const found = map.get(object);
  if (found === undefined) throw new TypeError('Value of "this" must be of type ' + name);
  return found;
}
const of = (object) => stateOf(object, params, "URLSearchParams");
const parts = (object) => stateOf(object, partsOf, "URL");

function parsePairs(text) {
  const list = [];
  for (const part of (text[0] === "?" ? text.slice(1) : text).split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    list.push(at < 0 ? [decode(part), ""] : [decode(part.slice(0, at)), decode(part.slice(at + 1))]);
  }
  return list;
}

function pairsOf(init) {
  if (init === undefined || init === null) return [];
  if (typeof init !== "object") return parsePairs(String(init));
  if (typeof init[Symbol.iterator] !== "function") return Object.keys(init).map((k) => [well(k), well(init[k])]);
  return Array.from(init, (pair) => {
    const two = Array.from(pair);
    if (two.length !== 2) throw Object.assign(new TypeError("Each query pair must be an iterable [name, value] tuple"), { code: "ERR_INVALID_TUPLE" });
    return [well(two[0]), well(two[1])];
  });
}

class URLSearchParams {
  constructor(init) { params.set(this, { list: pairsOf(init), changed() {} }); }
  append(name, value) { change(this, (list) => list.concat([[well(name), well(value)]])); }
  delete(name, value) { change(this, (list) => list.filter((p) => !is(p, name, value))); }
  get(name) { const found = of(this).list.find((p) => is(p, name)); return found === undefined ? null : found[1]; }
  getAll(name) { return of(this).list.filter((p) => is(p, name)).map((p) => p[1]); }
  has(name, value) { return of(this).list.some((p) => is(p, name, value)); }
  set(name, value) {
    change(this, (list) => {
      const at = list.findIndex((p) => is(p, name));
      if (at < 0) return list.concat([[well(name), well(value)]]);
      return list.filter((p, i) => i <= at || !is(p, name)).map((p, i) => (i === at ? [p[0], well(value)] : p));
    });
  }
  sort() { change(this, (list) => list.slice().sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))); }
  get size() { return of(this).list.length; }
  toString() { return of(this).list.map((p) => encode(p[0]) + "=" + encode(p[1])).join("&"); }
  forEach(fn, self) { for (const [name, value] of of(this).list) fn.call(self, value, name, this); }
  keys() { return of(this).list.map((p) => p[0])[Symbol.iterator](); }
  values() { return of(this).list.map((p) => p[1])[Symbol.iterator](); }
  entries() { return of(this).list.map((p) => p.slice())[Symbol.iterator](); }
  [Symbol.iterator]() { return this.entries(); }
  get [Symbol.toStringTag]() { return "URLSearchParams"; }
}

const is = (pair, name, value) => pair[0] === well(name) && (value === undefined || pair[1] === well(value));

function change(object, f) {
  const state = of(object);
  state.list = f(state.list);
  state.changed();
}

function write(p) {
  const user = p.username + (p.password ? ":" + p.password : "");
  const authority = p.authority ? "//" + (user ? user + "@" : "") + p.hostname + (p.port ? ":" + p.port : "") : !p.opaque && p.pathname.startsWith("//") ? "/." : "";
  return p.protocol + authority + p.pathname + p.search + p.hash;
}

// set changes a part of a URL; what makes none of it is passed over, as browsers do.
function set(object, name, value) {
  const next = native.set(write(parts(object)), name, well(value));
  if (next !== null) partsOf.set(object, next);
}

class URL {
  #params;
  constructor(input, base) {
    if (arguments.length === 0) throw Object.assign(new TypeError('The "url" argument must be specified'), { code: "ERR_MISSING_ARGS" });
    const found = native.parse(String(input), base === undefined ? undefined : String(base));
    if (found === null) throw Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL", input: String(input) });
    partsOf.set(this, found);
  }
  get href() { return write(parts(this)); }
  set href(value) {
    partsOf.set(this, parts(new URL(value)));
    this.#refresh();
  }
  get origin() {
    const p = parts(this);
    if (p.protocol === "blob:") {
      const inner = native.parse(p.pathname);
      return inner !== null && /^https?:$/.test(inner.protocol) ? new URL(p.pathname).origin : "null";
    }
    return slashed.includes(p.protocol) && p.protocol !== "file:" ? p.protocol + "//" + this.host : "null";
  }
  get protocol() { return parts(this).protocol; }
  set protocol(value) { set(this, "protocol", value); }
  get username() { return parts(this).username; }
  set username(value) { set(this, "username", value); }
  get password() { return parts(this).password; }
  set password(value) { set(this, "password", value); }
  get host() { const p = parts(this); return p.hostname + (p.port ? ":" + p.port : ""); }
  set host(value) { set(this, "host", value); }
  get hostname() { return parts(this).hostname; }
  set hostname(value) { set(this, "hostname", value); }
  get port() { return parts(this).port; }
  set port(value) { set(this, "port", value); }
  get pathname() { return parts(this).pathname; }
  set pathname(value) { set(this, "pathname", value); }
  get search() { const { search } = parts(this); return search === "?" ? "" : search; }
  set search(value) {
    set(this, "search", value);
    this.#refresh();
  }
  get hash() { const { hash } = parts(this); return hash === "#" ? "" : hash; }
  set hash(value) { set(this, "hash", value); }
  get searchParams() {
    if (this.#params === undefined) {
      this.#params = new URLSearchParams(this.search);
      of(this.#params).changed = () => {
        const text = this.#params.toString();
        set(this, "search", text === "" ? "" : "?" + text);
      };
    }
    return this.#params;
  }
  #refresh() { if (this.#params !== undefined) of(this.#params).list = parsePairs(this.search); }
  toString() { return write(parts(this)); }
  toJSON() { return this.toString(); }
  get [Symbol.toStringTag]() { return "URL"; }
  static canParse(input, base) { return native.parse(String(input), base === undefined ? undefined : String(base)) !== null; }
  static parse(input, base) { return URL.canParse(input, base) ? new URL(input, base) : null; }
}

const slashed = ["http:", "https:", "ftp:", "file:", "ws:", "wss:"];

// parse takes an address apart as Node's older interface does.
function parse(text, withQuery) {
  if (typeof text !== "string") throw new TypeError('The "url" argument must be of type string. Received ' + typeof text);
  const out = { protocol: null, slashes: null, auth: null, host: null, port: null, hostname: null, hash: null, search: null, query: null, pathname: null, path: null, href: "" };
  let rest = text.trim();
  const hash = rest.indexOf("#");
  if (hash >= 0) { out.hash = rest.slice(hash); rest = rest.slice(0, hash); }
  const query = rest.indexOf("?");
  if (query >= 0) { out.search = rest.slice(query); out.query = rest.slice(query + 1); rest = rest.slice(0, query); }
  const protocol = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(rest);
  if (protocol) { out.protocol = protocol[0].toLowerCase(); rest = rest.slice(protocol[0].length); }
  if (rest.startsWith("//") && (out.protocol !== null)) {
    out.slashes = true;
    const end = rest.indexOf("/", 2);
    let host = end < 0 ? rest.slice(2) : rest.slice(2, end);
    rest = end < 0 ? "" : rest.slice(end);
    const at = host.lastIndexOf("@");
    if (at >= 0) { out.auth = decodeURIComponent(host.slice(0, at)); host = host.slice(at + 1); }
    const port = /:([0-9]*)$/.exec(host);
    if (port) { if (port[1] !== "") out.port = port[1]; host = host.slice(0, port.index); }
    out.hostname = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
    out.host = host.toLowerCase() + (out.port === null ? "" : ":" + out.port);
    if (rest === "" && slashed.includes(out.protocol)) rest = "/";
  }
  if (rest !== "") out.pathname = rest;
  if (out.pathname !== null || out.search !== null) out.path = (out.pathname || "") + (out.search || "");
  out.href = format(out);
  if (withQuery) {
    out.query = require("querystring").parse(out.query || "");
    out.search = out.search || "";
  }
  return out;
}

function format(parts) {
  if (typeof parts === "string") return format(parse(parts));
  if (parts instanceof URL) return parts.href;
  let protocol = parts.protocol || "";
  if (protocol !== "" && !protocol.endsWith(":")) protocol += ":";
  const auth = parts.auth ? encodeURIComponent(parts.auth).replace(/%3A/gi, ":") + "@" : "";
  let host = null;
  if (parts.host) host = auth + parts.host;
  else if (parts.hostname) host = auth + (parts.hostname.includes(":") ? "[" + parts.hostname + "]" : parts.hostname) + (parts.port ? ":" + parts.port : "");
  let pathname = (parts.pathname || "").replace(/[?#]/g, encodeURIComponent);
  if (parts.slashes || ((protocol === "" || slashed.includes(protocol)) && host !== null)) {
    host = "//" + (host || "");
    if (pathname !== "" && pathname[0] !== "/") pathname = "/" + pathname;
  }
  let search = parts.search || (parts.query && typeof parts.query === "object" && require("querystring").stringify(parts.query)) || "";
  if (search !== "" && search[0] !== "?") search = "?" + search;
  let hash = parts.hash || "";
  if (hash !== "" && hash[0] !== "#") hash = "#" + hash;
  return protocol + (host || "") + pathname + search.replace(/#/g, "%23") + hash;
}

function resolve(from, to) {
  const base = new URL(from, "resolve://");
  const resolved = new URL(to, base.href);
  if (resolved.protocol !== "resolve:") return resolved.href;
  return resolved.pathname + resolved.search + resolved.hash;
}

Object.assign(exports, {
  URL, URLSearchParams, parse, format, resolve,
  domainToASCII: (domain) => native.toASCII(String(domain)),
  domainToUnicode: (domain) => native.toUnicode(String(domain)),
});
