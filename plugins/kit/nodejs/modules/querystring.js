function escape(text) {
  return encodeURIComponent(typeof text === "string" ? text : String(text));
}

// unescape never throws: what is no UTF-8 becomes U+FFFD.
function unescape(text) {
  text = String(text);
  try {
    return decodeURIComponent(text);
  } catch {
    const { Buffer } = require("buffer");
    const latin = text.replace(/%[0-9a-fA-F]{2}/g, (hex) => String.fromCharCode(parseInt(hex.slice(1), 16)));
    return Buffer.from(latin, "latin1").toString();
  }
}

function plain(value) {
  switch (typeof value) {
    case "string": return value;
    case "number": return isFinite(value) ? String(value) : "";
    case "bigint": return String(value);
    case "boolean": return value ? "true" : "false";
  }
  return "";
}

function stringify(object, separator, equals, options) {
  if (object === null || typeof object !== "object") return "";
  separator = separator || "&";
  equals = equals || "=";
  const encode = (options && options.encodeURIComponent) || exports.escape;
  const parts = [];
  for (const key of Object.keys(object)) {
    const name = encode(plain(key)) + equals;
    const value = object[key];
    if (Array.isArray(value)) {
      for (const item of value) parts.push(name + encode(plain(item)));
    } else {
      parts.push(name + encode(plain(value)));
    }
  }
  return parts.join(separator);
}

function parse(text, separator, equals, options) {
  const out = Object.create(null);
  if (typeof text !== "string" || text === "") return out;
  separator = separator || "&";
  equals = equals || "=";
  const decode = (options && options.decodeURIComponent) || exports.unescape;
  let parts = text.split(separator);
  const most = options && typeof options.maxKeys === "number" ? options.maxKeys : 1000;
  if (most > 0 && parts.length > most) parts = parts.slice(0, most);
  for (const part of parts) {
    if (part === "") continue;
    const at = part.indexOf(equals);
    const name = at < 0 ? part : part.slice(0, at);
    const value = at < 0 ? "" : part.slice(at + equals.length);
    const key = decode(name.replace(/\+/g, " "));
    const item = decode(value.replace(/\+/g, " "));
    const known = out[key];
    if (known === undefined) out[key] = item;
    else if (Array.isArray(known)) known.push(item);
    else out[key] = [known, item];
  }
  return out;
}

Object.assign(exports, { parse, decode: parse, stringify, encode: stringify, escape, unescape });
