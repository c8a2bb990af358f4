// Paths as POSIX writes them; there is no current directory but "/".
function check(path, name) {
  if (typeof path !== "string") throw Object.assign(new TypeError('The "' + name + '" argument must be of type string. Received ' + typeof path), { code: "ERR_INVALID_ARG_TYPE" });
}

// resolveDots takes "." and ".." away, and above the root what leads there.
function resolveDots(path, absolute) {
  const out = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") out.push(part);
    else if (out.length > 0 && out[out.length - 1] !== "..") out.pop();
    else if (!absolute) out.push("..");
  }
  return out.join("/");
}

function normalize(path) {
  check(path, "path");
  if (path === "") return ".";
  const absolute = path[0] === "/";
  const slash = path[path.length - 1] === "/";
  let out = resolveDots(path, absolute);
  if (out === "") {
    if (absolute) return "/";
    return slash ? "./" : ".";
  }
  if (slash) out += "/";
  return absolute ? "/" + out : out;
}

function join(...parts) {
  const given = parts.filter((p) => { check(p, "path"); return p !== ""; });
  return given.length === 0 ? "." : normalize(given.join("/"));
}

function resolve(...parts) {
  let path = "";
  for (let i = parts.length - 1; i >= 0 && path[0] !== "/"; i--) {
    check(parts[i], "paths[" + i + "]");
    if (parts[i] !== "") path = path === "" ? parts[i] : parts[i] + "/" + path;
  }
  return "/" + resolveDots("/" + path, true);
}

function trimSlashes(path) {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

function dirname(path) {
  check(path, "path");
  if (path === "") return ".";
  path = trimSlashes(path);
  const at = path.lastIndexOf("/");
  if (at < 0) return ".";
  if (at === 0) return "/";
  if (at === 1 && path[0] === "/") return "//";
  return trimSlashes(path.slice(0, at));
}

function basename(path, suffix) {
  check(path, "path");
  if (suffix !== undefined) check(suffix, "suffix");
  path = trimSlashes(path);
  const base = path.slice(path.lastIndexOf("/") + 1);
  if (suffix === path) return "";
  if (suffix !== undefined && suffix !== "" && base !== suffix && base.endsWith(suffix)) return base.slice(0, -suffix.length);
  return base;
}

function extname(path) {
  const base = basename(path);
  const at = base.lastIndexOf(".");
  if (at <= 0 || base === "..") return "";
  return base.slice(at);
}

function relative(from, to) {
  check(from, "from");
  check(to, "to");
  const a = resolve(from).split("/").filter(Boolean);
  const b = resolve(to).split("/").filter(Boolean);
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  return a.slice(same).map(() => "..").concat(b.slice(same)).join("/");
}

function parse(path) {
  check(path, "path");
  const root = path[0] === "/" ? "/" : "";
  const base = basename(path);
  const ext = extname(path);
  let dir = dirname(path);
  if (dir === "." && !trimSlashes(path).includes("/")) dir = "";
  return { root, dir, base, ext, name: ext === "" ? base : base.slice(0, -ext.length) };
}

function format(parts) {
  if (parts === null || typeof parts !== "object") throw new TypeError('The "pathObject" argument must be of type object');
  const ext = parts.ext ? (parts.ext[0] === "." ? parts.ext : "." + parts.ext) : "";
  const base = parts.base || (parts.name || "") + ext;
  const dir = parts.dir || parts.root;
  if (!dir) return base;
  return dir === parts.root ? dir + base : dir + "/" + base;
}

function isAbsolute(path) {
  check(path, "path");
  return path[0] === "/";
}

Object.assign(exports, { normalize, join, resolve, dirname, basename, extname, relative, parse, format, isAbsolute, sep: "/", delimiter: ":" });
exports.posix = exports;
