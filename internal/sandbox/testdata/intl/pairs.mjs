// Writes what Node answers to many calls of Intl, for TestIntlAsNode:
//
//   node internal/sandbox/testdata/intl/pairs.mjs
//
// Node must have been built with the ICU named below: what languages say changes with each version of the CLDR. A line of
// NAME.jsonl.gz is {make, locale, options, values, want}, where want has an answer for each value.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const wanted = { icu: "78", cldr: "48" };
for (const [name, version] of Object.entries(wanted)) {
  if (process.versions[name].split(".")[0] !== version) throw new Error(`this Node has ${name} ${process.versions[name]}, not ${version}`);
}
if (process.env.TZ !== "UTC") throw new Error("set TZ=UTC");

const locales = `en-US en en-GB en-IN en-CA en-AU en-IE en-ZA es es-ES es-MX es-AR es-CL es-CO es-PE es-US pt pt-BR pt-PT fr fr-FR fr-CA fr-CH fr-BE
de de-DE de-AT de-CH it it-IT it-CH nl nl-BE pl cs sv sv-FI tr el ru ar ar-EG ar-AE ar-MA ar-SA hi ja zh zh-TW zh-HK zh-Hant ko`.split(/\s+/);

// A generator with a seed: the same pairs each time.
let state = 2463534242;
function random(n) {
  state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
  return (state >>> 0) % n;
}
const pick = list => list[random(list.length)];
const some = (list, n) => Array.from({ length: n }, () => pick(list));
const decode = v => Array.isArray(v) ? v.map(decode) : v && v.number ? Number(v.number) : v && v.bigint ? BigInt(v.bigint) : v && v.date !== undefined ? new Date(v.date) : v;
const encode = v => Array.isArray(v) ? v.map(encode) : typeof v === "bigint" ? { bigint: String(v) } : typeof v === "number" && (!Number.isFinite(v) || Object.is(v, -0)) ? { number: Object.is(v, -0) ? "-0" : String(v) } : v;

export const calls = {
  NumberFormat: (f, v) => f.format(v),
  NumberParts: (f, v) => f.formatToParts(v).map(p => p.type + "=" + p.value).join("|"),
  NumberRange: (f, v) => f.formatRange(v[0], v[1]),
  DateTimeFormat: (f, v) => f.format(v),
  DateTimeParts: (f, v) => f.formatToParts(v).map(p => p.type + "=" + p.value).join("|"),
  DateTimeRange: (f, v) => f.formatRange(v[0], v[1]),
  PluralRules: (f, v) => f.select(v),
  RelativeTimeFormat: (f, v) => f.format(v[0], v[1]),
  RelativeTimeParts: (f, v) => f.formatToParts(v[0], v[1]).map(p => p.type + "=" + p.value + (p.unit || "")).join("|"),
  ListFormat: (f, v) => f.format(v),
  ListParts: (f, v) => f.formatToParts(v).map(p => p.type + "=" + p.value).join("|"),
  Collator: (f, v) => String(f.compare(v[0], v[1])),
};

function write(name, sets) {
  let count = 0;
  const lines = sets.map(({ make, locale, options, values }) => {
    const f = new Intl[make.replace("Parts", "Format").replace("Range", "Format")](locale, options);
    if (options.hour12 !== undefined && ["h11", "h24"].includes(f.resolvedOptions().hourCycle)) return ""; // as ECMA-402 said once
    values = values.map(encode);
    const want = values.map(v => calls[make](f, decode(v)));
    count += want.length;
    return JSON.stringify({ make, locale, options, values, want });
  });
  writeFileSync(join(dirname(fileURLToPath(import.meta.url)), `${name}.jsonl.gz`), gzipSync(lines.filter(line => line).join("\n") + "\n", { level: 9 }));
  console.log(`${name}: ${count} pairs`);
}

const numbers = [0, -0, 1, -1, 2, 3, 5, 7, 11, 21, 22, 100, 1.5, -1.5, 0.256, 0.5, 2.5, 1.005, 12.3456, 999, 999.5, 1000, 1234.5, -1234.5, 12345.678, 99999.5,
  100000, 123456, 987654.321, 999999, 1000000, 1500000, -1234567.891, 12345678, 123456789, 1e9, 1.5e9, 1e12, 1.2345e13, 1e15, 1.5e16, 1e21, 1.2e-5, 5e-324, NaN, Infinity, -Infinity,
  12345678901234567890n, -5n];
const currencies = ["USD", "EUR", "GBP", "JPY", "INR", "BRL", "ARS", "MXN", "CLP", "COP", "PEN", "CHF", "CNY", "KRW", "RUB", "TRY", "PLN", "CZK", "SEK", "EGP", "KWD", "CAD", "AUD", "UYU", "XAF"];
const units = ["kilometer", "kilometer-per-hour", "liter", "celsius", "percent", "byte", "gigabyte", "day", "hour", "minute", "second", "meter", "kilogram", "mile", "mile-per-hour",
  "liter-per-kilometer", "foot", "year", "month", "week", "kilobyte-per-second", "meter-per-second", "degree", "mile-per-gallon", "millisecond"];
const roundings = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];

// ICU's plural rules see numbers beyond 2^63 cut off.
const counted = numbers.filter(n => typeof n === "number" ? !(Math.abs(n) > 1e18 && Number.isFinite(n)) : n < 2n ** 63n);

function numberSets() {
  const fixed = [
    {}, { maximumFractionDigits: 0 }, { minimumFractionDigits: 2 }, { minimumIntegerDigits: 4 }, { maximumSignificantDigits: 3 }, { minimumSignificantDigits: 5 },
    { useGrouping: false }, { useGrouping: "always" }, { useGrouping: "min2" }, { signDisplay: "always" }, { signDisplay: "exceptZero" }, { signDisplay: "never" }, { signDisplay: "negative" },
    { style: "percent" }, { style: "percent", maximumFractionDigits: 2, signDisplay: "always" },
    { notation: "compact" }, { notation: "compact", compactDisplay: "long" }, { notation: "compact", maximumFractionDigits: 2 }, { notation: "compact", compactDisplay: "long", signDisplay: "always" },
    { notation: "scientific" }, { notation: "engineering" }, { notation: "scientific", maximumFractionDigits: 1 },
    { minimumFractionDigits: 2, maximumFractionDigits: 2, roundingIncrement: 5 }, { trailingZeroDisplay: "stripIfInteger", minimumFractionDigits: 2 },
    { roundingPriority: "lessPrecision", maximumFractionDigits: 1, maximumSignificantDigits: 2 }, { roundingPriority: "morePrecision", maximumFractionDigits: 1, maximumSignificantDigits: 3 },
  ];
  const sets = [];
  for (const locale of locales) {
    for (const options of fixed) sets.push({ make: "NumberFormat", locale, options, values: some(numbers, 3) });
    for (let i = 0; i < 12; i++) {
      const options = { style: "currency", currency: pick(currencies), currencyDisplay: pick(["symbol", "symbol", "narrowSymbol", "code", "name"]) };
      if (random(3) === 0) options.currencySign = "accounting";
      if (random(4) === 0) options.notation = "compact";
      if (random(6) === 0) options.signDisplay = pick(["always", "exceptZero", "never"]);
      sets.push({ make: random(3) === 0 ? "NumberParts" : "NumberFormat", locale, options, values: some(counted, 3) });
    }
    for (let i = 0; i < 8; i++) {
      const options = { style: "unit", unit: pick(units), unitDisplay: pick(["short", "long", "narrow"]) };
      sets.push({ make: random(4) === 0 ? "NumberParts" : "NumberFormat", locale, options, values: some(counted, 3) });
    }
    sets.push({ make: "NumberFormat", locale, options: { roundingMode: pick(roundings), maximumFractionDigits: random(3) }, values: some(numbers, 4) });
    sets.push({ make: "NumberFormat", locale, options: { numberingSystem: pick(["arab", "deva", "latn", "hanidec", "fullwide"]) }, values: some(numbers, 2) });
    sets.push({ make: "NumberParts", locale, options: { notation: "compact", compactDisplay: pick(["short", "long"]) }, values: some(numbers, 3) });
    if (random(2) === 0) sets.push({ make: "NumberRange", locale, options: pick([{}, { style: "currency", currency: "EUR" }, { style: "currency", currency: "USD" }, { style: "percent" }, { style: "unit", unit: "kilometer" }, { notation: "compact" }]), values: [[1, 2], [1000, 2500], [3, 3]] });
  }
  return sets;
}

const times = [0, 1704459845123, 1709942400000, 1719792000000, 1704067500000, 1735689599999, 1710061200000, 951825600000, 1729994400000, 253402300800000, -62135596800000, -2208988800000, 1704110400000, 1704067200000, 1720123456789]
  .map(date => ({ date }));
const zones = ["UTC", "America/New_York", "Europe/Madrid", "Asia/Tokyo", "Asia/Kolkata", "America/Sao_Paulo", "Europe/London", "Australia/Sydney", "America/Argentina/Buenos_Aires", "Africa/Cairo", "America/Los_Angeles", "Asia/Shanghai", "Europe/Moscow", "Asia/Kathmandu", "America/Mexico_City"];

// dateLocales leaves out ar-SA, whose calendar is another.
const dateLocales = locales.filter(l => l !== "ar-SA");

function dateSets() {
  const styles = ["full", "long", "medium", "short"];
  const fixed = [
    {}, ...styles.map(dateStyle => ({ dateStyle })), ...styles.slice(2).map(timeStyle => ({ timeStyle })), { dateStyle: "long", timeStyle: "short" }, { dateStyle: "short", timeStyle: "medium" },
    { weekday: "long", year: "numeric", month: "long", day: "numeric" }, { month: "long" }, { month: "short", day: "numeric" }, { year: "numeric", month: "2-digit", day: "2-digit" },
    { year: "numeric", month: "long" }, { weekday: "short" }, { weekday: "long" }, { year: "2-digit", month: "numeric", day: "numeric" }, { hour: "numeric" }, { hour: "2-digit", minute: "2-digit" },
    { hour: "numeric", minute: "2-digit", hour12: true }, { hour: "numeric", minute: "2-digit", second: "2-digit", hourCycle: "h23" }, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" },
    { year: "numeric", month: "short", day: "2-digit", weekday: "short", hour: "numeric" }, { era: "short", year: "numeric" }, { era: "long", year: "numeric", month: "long", day: "numeric" },
    { minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 }, { hour: "numeric", dayPeriod: "long" }, { timeZoneName: "short" }, { hour: "numeric", timeZoneName: "long" },
    { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", timeZoneName: "short" }, { day: "numeric" }, { year: "numeric" }, { month: "numeric" }, { month: "narrow" },
  ];
  const sets = [];
  for (const locale of dateLocales) {
    for (const options of fixed) {
      const make = random(4) === 0 ? "DateTimeParts" : "DateTimeFormat";
      sets.push({ make, locale, options: { timeZone: pick(zones), ...options }, values: some(times, 2) });
    }
    for (let i = 0; i < 25; i++) {
      const options = { timeZone: pick(zones) };
      const maybe = (name, values, n) => { if (random(n) === 0) options[name] = pick(values); };
      maybe("weekday", ["long", "short", "narrow"], 3);
      maybe("era", ["long", "short", "narrow"], 9);
      maybe("year", ["numeric", "2-digit"], 2);
      maybe("month", ["numeric", "2-digit", "long", "short", "narrow"], 2);
      maybe("day", ["numeric", "2-digit"], 2);
      maybe("hour", ["numeric", "2-digit"], 3);
      if (options.hour) {
        maybe("minute", ["numeric", "2-digit"], 2);
        if (options.minute) maybe("second", ["numeric", "2-digit"], 2);
        maybe("hour12", [true, false], 4);
        maybe("hourCycle", ["h11", "h12", "h23", "h24"], 5);
      }
      maybe("timeZoneName", ["short", "long", "shortOffset", "longOffset"], 7);
      sets.push({ make: "DateTimeFormat", locale, options, values: some(times, 2) });
    }
    for (let i = 0; i < 3; i++) {
      const options = pick([{}, { dateStyle: "medium" }, { month: "short", day: "numeric" }, { year: "numeric", month: "long", day: "numeric" }, { hour: "numeric", minute: "2-digit" }, { month: "long" }]);
      const a = pick(times.slice(0, 9)).date;
      sets.push({ make: "DateTimeRange", locale, options: { timeZone: "UTC", ...options }, values: [a, a, a].map((d, i) => [{ date: d }, { date: d + [3.6e6, 864e5 * 3, 864e5 * 45][i] }]) });
    }
  }
  return sets;
}

const listed = [[], ["a"], ["a", "b"], ["a", "b", "c"], ["x", "y", "z", "w"], ["Ana", "Inés"], ["hielo", "hijo"], ["uno", "ocho"], ["1", "8"]];

function textSets() {
  const sets = [];
  for (const locale of locales) {
    sets.push({ make: "PluralRules", locale, options: {}, values: [0, 1, 2, 3, 5, 11, 21, 100, 101, 1.5, 0.5, 1000000, 1e9, NaN, Infinity, -1] });
    sets.push({ make: "PluralRules", locale, options: { type: "ordinal" }, values: [0, 1, 2, 3, 4, 8, 11, 12, 21, 22, 23, 80, 100, 111] });
    sets.push({ make: "PluralRules", locale, options: { minimumFractionDigits: 1 }, values: [0, 1, 2] });
    for (const style of ["long", "short", "narrow"]) {
      for (const numeric of ["always", "auto"]) {
        const values = Array.from({ length: 8 }, () => [pick([0, -0, 1, -1, 2, -2, 3, -3, 5, -10, 1.5, 1234]), pick(["second", "minutes", "hour", "day", "days", "week", "month", "quarter", "years"])]);
        sets.push({ make: pick(["RelativeTimeFormat", "RelativeTimeFormat", "RelativeTimeParts"]), locale, options: { style, numeric }, values });
      }
      for (const type of ["conjunction", "disjunction", "unit"]) sets.push({ make: pick(["ListFormat", "ListParts"]), locale, options: { style, type }, values: listed });
    }
  }
  return sets;
}

const words = ["a", "A", "á", "Á", "ä", "b", "z", "Z", "ñ", "n", "ö", "o", "ø", "å", "ch", "c", "č", "ll", "ß", "ss", "é", "E", "resume", "résumé", "Résumé", "co-op", "coop", "a1", "a10", "a2", "10", "9", "ı", "i", "İ", "ł", "l", "ž", "", " a", "-", "ab", "aB"];
const own = { ru: ["я", "а", "Ж", "ё", "е", "z"], el: ["α", "ά", "Ω", "z"], ja: ["あ", "ア", "z", "漢"], ko: ["가", "나", "z"], zh: ["中", "文", "z", "啊"], ar: ["ا", "ب", "z"], hi: ["क", "ख", "z"] };

function collatorSets() {
  const sets = [];
  for (const locale of locales) {
    const list = [...words, ...(own[locale.slice(0, 2)] || [])];
    for (const options of [{}, {}, {}, { sensitivity: "base" }, { sensitivity: "accent" }, { sensitivity: "case" }, { numeric: true }, { caseFirst: "upper" }, { ignorePunctuation: true }]) {
      sets.push({ make: "Collator", locale, options, values: Array.from({ length: 6 }, () => [pick(list), pick(list)]) });
    }
  }
  return sets;
}

const all = { numbers: numberSets, dates: dateSets, texts: textSets, collation: collatorSets };
for (const name of Object.keys(all)) write(name, all[name]());
