"use strict";
const { native, slotOf, keep, canonical, wrong, among, textOption, boolOption, numberOption, coerced, matcher, typeOption, resolved, numberingSystem, define, bound } = module.common;
const { getTime } = Date.prototype, { apply, ownKeys } = Reflect, { now } = Date;

const named = ["narrow", "short", "long"], digits = ["2-digit", "numeric"];
const zones = ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"];
const styles = ["full", "long", "medium", "short"];
const cycles = ["h11", "h12", "h23", "h24"];
const hourCycle = ["hc", value => among(cycles, value) ? value : undefined];
const calendar = ["ca", value => value === "gregory" ? value : undefined];
const fields = [["weekday", named], ["era", named], ["year", digits], ["month", ["2-digit", "numeric", "narrow", "short", "long"]], ["day", digits],
  ["dayPeriod", named], ["hour", digits], ["minute", digits], ["second", digits], ["fractionalSecondDigits", 3], ["timeZoneName", zones]];

// dateOptions reads the options of a formatter. required and defaults are "date", "time", "any" or "all".
function dateOptions(locales, options, required, defaults) {
  const requested = canonical(locales);
  options = coerced(options);
  matcher(options);
  const ca = typeOption(options, "calendar"), nu = typeOption(options, "numberingSystem");
  const hour12 = boolOption(options, "hour12"), given = textOption(options, "hourCycle", cycles);
  const r = resolved(requested, [calendar, hourCycle, numberingSystem], { ca, nu, hc: hour12 === undefined ? given : undefined });
  const o = { locale: r.locale, calendar: "gregory", numberingSystem: r.nu || native.numberingSystem(r.base) };
  let cycle = r.hc;
  if (hour12 !== undefined) {
    o.locale = resolved(requested, [calendar, numberingSystem], { ca, nu }).locale;
    cycle = native.cycle(r.base, hour12);
  }
  if (cycle === undefined) cycle = native.hourCycle(r.base);
  let zone = options.timeZone;
  if (zone === undefined) zone = native.localZone();
  else {
    const known = native.zone(`${zone}`);
    if (known === undefined) throw new RangeError(`Invalid time zone specified: ${zone}`);
    zone = known;
  }
  o.timeZone = zone;
  const wanted = {};
  let explicit = false;
  for (let i = 0; i < fields.length; i++) {
    const [name, values] = fields[i];
    const value = values === 3 ? numberOption(options, name, 1, 3, undefined) : textOption(options, name, values);
    wanted[name] = value;
    if (value !== undefined) explicit = true;
  }
  textOption(options, "formatMatcher", ["basic", "best fit"], "best fit");
  o.dateStyle = textOption(options, "dateStyle", styles);
  o.timeStyle = textOption(options, "timeStyle", styles);
  o.hourCycle = cycle;
  if (o.dateStyle !== undefined || o.timeStyle !== undefined) {
    if (explicit) throw new TypeError("dateStyle and timeStyle cannot be used together with other options of fields");
    if (required === "date" && o.timeStyle !== undefined) throw new TypeError("Invalid option : timeStyle");
    if (required === "time" && o.dateStyle !== undefined) throw new TypeError("Invalid option : dateStyle");
    return o;
  }
  fill(wanted, required, defaults);
  for (let i = 0; i < fields.length; i++) o[fields[i][0]] = wanted[fields[i][0]];
  return o;
}

// fill adds what is shown where the options want nothing.
function fill(o, required, defaults) {
  const date = o.weekday !== undefined || o.year !== undefined || o.month !== undefined || o.day !== undefined;
  const time = o.dayPeriod !== undefined || o.hour !== undefined || o.minute !== undefined || o.second !== undefined || o.fractionalSecondDigits !== undefined;
  if (date && required !== "time" || time && required !== "date") return;
  if (defaults !== "time") o.year = o.month = o.day = "numeric";
  if (defaults !== "date") o.hour = o.minute = o.second = "numeric";
}

function timeOf(value) {
  const ms = value === undefined ? now() : Number(value);
  if (!(Math.abs(ms) <= 8.64e15)) throw new RangeError("Invalid time value");
  return Math.trunc(ms);
}

const first = ["locale", "calendar", "numberingSystem", "timeZone"];
const rest = ["weekday", "era", "year", "month", "day", "dayPeriod", "hour", "minute", "second", "fractionalSecondDigits", "timeZoneName", "dateStyle", "timeStyle"];

function DateTimeFormat(locales, options) {
  if (new.target === undefined) return new DateTimeFormat(locales, options);
  const o = dateOptions(locales, options, "any", "date");
  keep(this, { kind: "DateTimeFormat", options: o, key: native.key(o) });
}

define(DateTimeFormat, "DateTimeFormat", {
  resolvedOptions() {
    const { options: o, key } = slotOf(this, "DateTimeFormat", "resolvedOptions"), out = {};
    const { hasHour, fields } = native.dateResolved(key), styled = o.dateStyle !== undefined || o.timeStyle !== undefined;
    for (let i = 0; i < first.length; i++) out[first[i]] = o[first[i]];
    if (hasHour) {
      out.hourCycle = o.hourCycle;
      out.hour12 = o.hourCycle === "h11" || o.hourCycle === "h12";
    }
    for (let i = 0; i < rest.length; i++) {
      const name = rest[i], value = !styled && fields[name] !== undefined ? fields[name] : o[name];
      if (value !== undefined) out[name] = value;
    }
    return out;
  },
  formatToParts(date) {
    const slot = slotOf(this, "DateTimeFormat", "formatToParts");
    return native.dateParts(slot.key, timeOf(date));
  },
  formatRange(start, end) { return range(slotOf(this, "DateTimeFormat", "formatRange"), start, end, native.dateRange); },
  formatRangeToParts(start, end) { return range(slotOf(this, "DateTimeFormat", "formatRangeToParts"), start, end, native.dateRangeParts); },
}, {
  get format() {
    const slot = slotOf(this, "DateTimeFormat", "format");
    return bound(slot, () => (date => native.date(slot.key, timeOf(date))));
  },
});

function range(slot, start, end, format) {
  if (start === undefined || end === undefined) throw new TypeError("startDate or endDate cannot be undefined");
  const from = timeOf(start), to = timeOf(end);
  return format(slot.key, from, to);
}

module.exports = {
  DateTimeFormat,
  format(ms, locales, options, required, defaults) {
    const o = dateOptions(locales, options, required, defaults);
    return ms !== ms ? "Invalid Date" : native.date(native.key(o), ms);
  },
};
