"use strict";
const { native, slotOf, keep, canonical, among, textOption, boolOption, coerced, strict, matcher, typeOption, resolved, numberingSystem, define, shown, bound } = module.common;
const { setDigits } = module.numbers;

function needNew(target, name) { if (target === undefined) throw new TypeError(`Constructor Intl.${name} requires 'new'`); }

// ---- plurals

function PluralRules(locales, options) {
  needNew(new.target, "PluralRules");
  const requested = canonical(locales);
  options = coerced(options);
  matcher(options);
  const o = { locale: resolved(requested, [], {}).locale, type: textOption(options, "type", ["cardinal", "ordinal"], "cardinal") };
  setDigits(o, options, 0, 3, "standard");
  const key = native.key(o);
  o.pluralCategories = native.pluralCategories(key);
  keep(this, { kind: "PluralRules", options: o, key });
}

const pluralNames = ["locale", "type", "minimumIntegerDigits", "minimumFractionDigits", "maximumFractionDigits", "minimumSignificantDigits", "maximumSignificantDigits",
  "pluralCategories", "roundingIncrement", "roundingMode", "roundingPriority", "trailingZeroDisplay"];

define(PluralRules, "PluralRules", {
  resolvedOptions() {
    const slot = slotOf(this, "PluralRules", "resolvedOptions"), out = shown(slot, pluralNames);
    out.pluralCategories = native.pluralCategories(slot.key);
    return out;
  },
  select(value) { return native.plural(slotOf(this, "PluralRules", "select").key, Number(value)); },
  selectRange(start, end) {
    const { key } = slotOf(this, "PluralRules", "selectRange");
    if (start === undefined || end === undefined) throw new TypeError("start or end is undefined");
    start = Number(start);
    end = Number(end);
    if (start !== start || end !== end) throw new RangeError("Invalid number value");
    return native.pluralRange(key, start, end);
  },
}, {});

// ---- relative times

const units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

function RelativeTimeFormat(locales, options) {
  needNew(new.target, "RelativeTimeFormat");
  const requested = canonical(locales);
  options = coerced(options);
  matcher(options);
  const r = resolved(requested, [numberingSystem], { nu: typeOption(options, "numberingSystem") });
  const o = { locale: r.locale };
  o.style = textOption(options, "style", ["long", "short", "narrow"], "long");
  o.numeric = textOption(options, "numeric", ["always", "auto"], "always");
  o.numberingSystem = r.nu || native.numberingSystem(r.base);
  keep(this, { kind: "RelativeTimeFormat", options: o, key: native.key(o) });
}

function relative(slot, value, unit, format) {
  value = Number(value);
  unit = `${unit}`;
  const one = unit.length > 1 && unit[unit.length - 1] === "s" ? native.prefix(unit, unit.length - 1) : unit;
  if (!among(units, one)) throw new RangeError(`Invalid unit argument for format() '${unit}'`);
  if (!(Math.abs(value) < Infinity)) throw new RangeError("Value need to be finite number for Intl.RelativeTimeFormat.prototype.format()");
  return format(slot.key, value, one);
}

define(RelativeTimeFormat, "RelativeTimeFormat", {
  resolvedOptions() { return shown(slotOf(this, "RelativeTimeFormat", "resolvedOptions"), ["locale", "style", "numeric", "numberingSystem"]); },
  format(value, unit) { return relative(slotOf(this, "RelativeTimeFormat", "format"), value, unit, native.relative); },
  formatToParts(value, unit) { return relative(slotOf(this, "RelativeTimeFormat", "formatToParts"), value, unit, native.relativeParts); },
}, {});

// ---- lists

function ListFormat(locales, options) {
  needNew(new.target, "ListFormat");
  const requested = canonical(locales);
  options = strict(options);
  matcher(options);
  const o = { locale: resolved(requested, [], {}).locale };
  o.type = textOption(options, "type", ["conjunction", "disjunction", "unit"], "conjunction");
  o.style = textOption(options, "style", ["long", "short", "narrow"], "long");
  keep(this, { kind: "ListFormat", options: o, key: native.key(o) });
}

// texts is StringListFromIterable.
function texts(iterable) {
  const list = [];
  if (iterable === undefined) return list;
  for (const value of iterable) {
    if (typeof value !== "string") throw new TypeError("Iterable yielded a value which is not a string");
    list[list.length] = value;
  }
  return list;
}

define(ListFormat, "ListFormat", {
  resolvedOptions() { return shown(slotOf(this, "ListFormat", "resolvedOptions"), ["locale", "type", "style"]); },
  format(list) { return native.list(slotOf(this, "ListFormat", "format").key, texts(list)); },
  formatToParts(list) { return native.listParts(slotOf(this, "ListFormat", "formatToParts").key, texts(list)); },
}, {});

// ---- comparisons

const numeric = ["kn", value => value === true || value === "true" ? "true" : value === false || value === "false" ? "false" : undefined];
const caseFirst = ["kf", value => among(["upper", "lower", "false"], value) ? value : undefined];

function collatorOptions(locales, options) {
  const requested = canonical(locales);
  options = coerced(options);
  const usage = textOption(options, "usage", ["sort", "search"], "sort");
  matcher(options);
  typeOption(options, "collation");
  const kn = boolOption(options, "numeric"), kf = textOption(options, "caseFirst", ["upper", "lower", "false"]);
  const r = resolved(requested, [caseFirst, numeric], { kn, kf });
  return {
    locale: r.locale, usage,
    sensitivity: textOption(options, "sensitivity", ["base", "accent", "case", "variant"], "variant"),
    ignorePunctuation: boolOption(options, "ignorePunctuation", false),
    collation: "default", numeric: r.kn === "true", caseFirst: r.kf || "false",
  };
}

function Collator(locales, options) {
  if (new.target === undefined) return new Collator(locales, options);
  const o = collatorOptions(locales, options);
  keep(this, { kind: "Collator", options: o, key: native.key(o) });
}

define(Collator, "Collator", {
  resolvedOptions() { return shown(slotOf(this, "Collator", "resolvedOptions"), ["locale", "usage", "sensitivity", "ignorePunctuation", "collation", "numeric", "caseFirst"]); },
}, {
  get compare() {
    const slot = slotOf(this, "Collator", "compare");
    return bound(slot, () => ((a, b) => native.compare(slot.key, a, b)));
  },
});

module.exports = {
  PluralRules, RelativeTimeFormat, ListFormat, Collator,
  compare(a, b, locales, options) { return native.compare(native.key(collatorOptions(locales, options)), a, b); },
  language(locales) {
    const list = canonical(locales);
    return list.length > 0 ? list[0] : "";
  },
};
