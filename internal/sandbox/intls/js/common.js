"use strict";
// What the constructors of Intl share, as ECMA-402 names it.
const native = module.native;
const slots = new WeakMap();
const { get, set, has } = WeakMap.prototype;
const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;

// slotOf returns what a formatter keeps.
function slotOf(o, kind, method) {
  const slot = typeof o === "object" && o !== null ? apply(get, slots, [o]) : undefined;
  if (slot === undefined || slot.kind !== kind) throw new TypeError(`Method Intl.${kind}.prototype.${method} called on incompatible receiver`);
  return slot;
}

function keep(o, slot) { apply(set, slots, [o, slot]); }

function tagOf(value) {
  const tag = native.tag(`${value}`);
  if (tag === undefined) throw new RangeError(`Incorrect locale information provided`);
  return tag;
}

// canonical is CanonicalizeLocaleList.
function canonical(locales) {
  const list = [];
  if (locales === undefined) return list;
  if (typeof locales === "string") return [tagOf(locales)];
  if (locales === null) throw new TypeError("Cannot convert null to object");
  const known = apply(get, slots, [Object(locales)]);
  if (known !== undefined && known.kind === "Locale") return [known.tag];
  const o = Object(locales), length = Math.min(Math.max(Math.trunc(Number(o.length)) || 0, 0), Number.MAX_SAFE_INTEGER);
  for (let i = 0; i < length; i++) {
    if (!(i in o)) continue;
    const value = o[i];
    if (typeof value !== "string" && (typeof value !== "object" || value === null)) throw new TypeError("Language ID should be string or object.");
    const locale = apply(get, slots, [Object(value)]), tag = locale !== undefined && locale.kind === "Locale" ? locale.tag : tagOf(value);
    let twice = false;
    for (let j = 0; j < list.length; j++) twice = twice || list[j] === tag;
    if (!twice) defineProperty(list, list.length, { value: tag, writable: true, enumerable: true, configurable: true });
  }
  return list;
}

function wrong(value, name) { throw new RangeError(`Value ${value} out of range for Intl options property ${name}`); }

function among(values, value) {
  for (let i = 0; i < values.length; i++) if (values[i] === value) return true;
  return false;
}

// textOption is GetOption for texts.
function textOption(options, name, values, fallback) {
  let value = options[name];
  if (value === undefined) return fallback;
  value = `${value}`;
  if (values !== undefined && !among(values, value)) wrong(value, name);
  return value;
}

function boolOption(options, name, fallback) {
  const value = options[name];
  return value === undefined ? fallback : Boolean(value);
}

function inRange(value, least, most, fallback, name) {
  if (value === undefined) return fallback;
  value = Number(value);
  if (!(value >= least && value <= most)) throw new RangeError(`${name} value is out of range.`);
  return Math.floor(value);
}

function numberOption(options, name, least, most, fallback) { return inRange(options[name], least, most, fallback, name); }

function coerced(options) {
  if (options === undefined) return Object.create(null);
  if (options === null) throw new TypeError("Cannot convert undefined or null to object");
  return Object(options);
}

function strict(options) {
  if (options === undefined) return Object.create(null);
  if (typeof options !== "object" && typeof options !== "function" || options === null) throw new TypeError("Incorrect options information provided");
  return options;
}

function matcher(options) { textOption(options, "localeMatcher", ["lookup", "best fit"], "best fit"); }

// typeOption reads an option whose values are types of an extension, such as a numbering system.
function typeOption(options, name) {
  const value = textOption(options, name);
  if (value !== undefined && !native.isType(value)) wrong(value, name);
  return value === undefined ? undefined : native.lower(value);
}

// resolved is ResolveLocale: keys are pairs of a key of the extension and a function that says whether a value is supported and
// returns it; given are the values of options. It returns locale and the values by key.
function resolved(requested, keys, given) {
  const found = native.resolve(requested), out = { base: found.locale, locale: found.locale };
  let extension = "";
  for (let i = 0; i < keys.length; i++) {
    const [key, supported] = keys[i];
    let value, said = found.keywords[key];
    if (said !== undefined) {
      value = supported(said === "" ? "true" : said, found.locale);
      if (value !== undefined) said = said === "" ? `-${key}` : `-${key}-${said}`;
    }
    let option = given[key];
    if (option !== undefined) option = supported(option, found.locale);
    if (option !== undefined && option !== value) {
      value = option;
      said = "";
    }
    if (value === undefined) said = "";
    extension += said || "";
    out[key] = value;
  }
  if (extension !== "") out.locale += "-u" + extension;
  return out;
}

const numberingSystem = ["nu", value => native.hasDigits(value) ? value : undefined];

// define puts functions into place as those of a built-in prototype are.
function define(constructor, name, methods, getters, length) {
  const { prototype } = constructor;
  defineProperty(constructor, "prototype", { writable: false });
  defineProperty(constructor, "length", { value: length || 0 });
  for (const source of [methods, getters]) {
    const keys = Reflect.ownKeys(source);
    for (let i = 0; i < keys.length; i++) {
      const d = getOwnPropertyDescriptor(source, keys[i]);
      d.enumerable = false;
      defineProperty(prototype, keys[i], d);
    }
  }
  defineProperty(prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  defineProperty(constructor, "supportedLocalesOf", {
    value: ({ supportedLocalesOf(locales) {
      const list = canonical(locales), options = arguments[1];
      if (options !== undefined) matcher(coerced(options));
      return native.known(list);
    } }).supportedLocalesOf, writable: true, configurable: true,
  });
}

// shown returns what resolvedOptions() shows, in this order.
function shown(slot, names) {
  const out = {};
  for (let i = 0; i < names.length; i++) {
    const value = slot.options[names[i]];
    if (value !== undefined) out[names[i]] = value;
  }
  return out;
}

// bound returns the function that a getter hands out, the same each time.
function bound(slot, make) {
  if (slot.bound === undefined) {
    slot.bound = make();
    defineProperty(slot.bound, "name", { value: "" });
  }
  return slot.bound;
}

module.exports = { native, slotOf, keep, canonical, wrong, among, textOption, boolOption, numberOption, inRange, coerced, strict, matcher, typeOption, resolved, numberingSystem, define, shown, bound };

module.exports.getCanonicalLocales = ({ getCanonicalLocales(locales) { return canonical(locales); } }).getCanonicalLocales;
module.exports.supportedValuesOf = ({ supportedValuesOf(key) {
  key = `${key}`;
  const list = key === "unit" ? native.units() : native.supported(key);
  if (list === undefined) throw new RangeError(`Invalid key : ${key}`);
  return list;
} }).supportedValuesOf;
