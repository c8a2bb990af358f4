// Makes the tables of internal/intl out of the CLDR's npm packages:
//
//   node internal/intl/cldr/make.mjs
//
// It installs the packages at the version below in a temporary folder and writes data/NAME.z beside this file: root.z holds what
// all languages share, one file for each language what it and its regional forms say. A file is deflated text. Each line is a key,
// a tab and a value; a line that begins with @ names the form whose lines follow, which holds only what differs from its parent.
import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";

const version = "48.0.0";
const languages = ["en", "es", "pt", "fr", "de", "it", "nl", "pl", "cs", "sv", "tr", "el", "ru", "ar", "hi", "ja", "zh", "ko"];
const foreignScripts = ["Latn", "Dsrt", "Shaw", "polyton"]; // forms that nobody means by these languages
const units = `acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram hectare hour inch
kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile mile-scandinavian milliliter millimeter millisecond
minute month nanosecond ounce percent petabyte pound second stone terabit terabyte week yard year`.split(/\s+/);

const symbolNames = ["decimal", "group", "percentSign", "plusSign", "minusSign", "approximatelySign", "exponential", "infinity", "nan", "currencyDecimal", "currencyGroup", "timeSeparator"];

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), "cldr-"));
const zoneVersion = "48.2.0"; // of the package with the aliases of time zones, which has no 48.0.0
const packages = ["core", "numbers-full", "dates-full", "misc-full", "units-full"];
writeFileSync(join(work, "package.json"), "{}");
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...packages.map(p => `cldr-${p}@${version}`), `cldr-bcp47@${zoneVersion}`], { cwd: work, stdio: "inherit" });

const read = path => JSON.parse(readFileSync(join(work, "node_modules", path)));
const supplemental = name => read(`cldr-core/supplemental/${name}.json`).supplemental;
const localeFile = (pkg, tag, name) => read(`cldr-${pkg}-full/main/${tag}/${name}.json`).main[tag];

const currencyData = supplemental("currencyData").currencyData;
const today = Object.values(currencyData.region).flatMap(list => list.flatMap(o => Object.entries(o)))
  .filter(([, used]) => !used._to && used._tender !== "false").map(([code]) => code);
const current = new Set(today);

// counted puts the plural forms of a pattern, each where it differs from "other".
function counted(put, key, object, prefix, rename = "") {
  const other = object[`${prefix}other`];
  if (other === undefined) return;
  put(key + rename + "/other", other);
  for (const count of ["zero", "one", "two", "few", "many", "0", "1"]) {
    const text = object[prefix + count];
    if (text !== undefined && text !== other) put(`${key}${rename}/${count}`, text);
  }
}

function compact(put, key, object) {
  for (let zeros = 3; zeros <= 19; zeros++) {
    const plain = {};
    for (const [name, text] of Object.entries(object)) {
      const m = /^(\d+)-count-(\w+)$/.exec(name);
      if (m && m[1].length === zeros + 1) plain["c" + m[2]] = text;
    }
    counted(put, `${key}/${zeros}`, plain, "c");
  }
}

function numbers(tag, put) {
  const n = localeFile("numbers", tag, "numbers").numbers;
  put("nu", n.defaultNumberingSystem);
  put("nu/native", n.otherNumberingSystems.native);
  put("minGroup", n.minimumGroupingDigits);
  for (const nu of new Set([n.defaultNumberingSystem, n.otherNumberingSystems.native, "latn"])) {
    const symbols = n[`symbols-numberSystem-${nu}`], money = n[`currencyFormats-numberSystem-${nu}`];
    const decimal = n[`decimalFormats-numberSystem-${nu}`];
    if (!symbols || !money) continue;
    for (const name of symbolNames) {
      if (symbols[name] !== undefined) put(`n/${nu}/${name}`, symbols[name]);
    }
    put(`n/${nu}/standard`, decimal.standard);
    put(`n/${nu}/percent`, n[`percentFormats-numberSystem-${nu}`].standard);
    put(`n/${nu}/scientific`, n[`scientificFormats-numberSystem-${nu}`].standard);
    for (const name of ["standard", "accounting"]) {
      put(`n/${nu}/currency/${name}`, money[name]);
    }
    counted(put, `n/${nu}/named`, money, "unitPattern-count-");
    put(`n/${nu}/range`, n[`miscPatterns-numberSystem-${nu}`].range);
    compact(put, `n/${nu}/short`, decimal.short.decimalFormat);
    compact(put, `n/${nu}/long`, decimal.long.decimalFormat);
    if (!money.short) continue; // ICU takes those of latn
    compact(put, `n/${nu}/money`, money.short.standard);
  }
  const currencies = localeFile("numbers", tag, "currencies").numbers.currencies;
  for (const [code, c] of Object.entries(currencies)) {
    if (c.symbol && c.symbol !== code) put(`c/${code}/symbol`, c.symbol);
    if (c["symbol-alt-narrow"]) put(`c/${code}/narrow`, c["symbol-alt-narrow"]);
    if (!current.has(code)) continue;
    if (c.displayName && c.displayName !== code) put(`c/${code}/name`, c.displayName);
    counted(put, `c/${code}`, c, "displayName-count-");
  }
}

function unitPatterns(tag, put) {
  const all = localeFile("units", tag, "units").units;
  for (const width of ["long", "short", "narrow"]) {
    for (const [name, unit] of Object.entries(all[width])) {
      const plain = name.replace(/^[a-z0-9]+-/, "");
      if (name === "per") put(`u/${width}/per`, unit.compoundUnitPattern);
      if (!units.includes(plain) && !plain.split("-per-").every(u => units.includes(u))) continue;
      counted(put, `u/${width}/${plain}`, unit, "unitPattern-count-");
      if (unit.perUnitPattern) put(`u/${width}/${plain}/per`, unit.perUnitPattern);
    }
  }
}

function lists(tag, put) {
  const all = localeFile("misc", tag, "listPatterns").listPatterns;
  for (const [name, p] of Object.entries(all)) {
    put(`l/${name.replace("listPattern-type-", "")}`, [p.start, p.middle, p.end, p["2"]].join("|"));
  }
}

function relative(tag, put) {
  const fields = localeFile("dates", tag, "dateFields").dates.fields;
  for (const unit of ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]) {
    for (const style of ["", "-short", "-narrow"]) {
      const field = fields[unit + style], key = `r/${unit}${style}`;
      for (const [name, text] of Object.entries(field)) {
        if (name.startsWith("relative-type-")) put(`${key}/${name.slice(14)}`, text);
      }
      counted(put, `${key}/future`, field["relativeTime-type-future"], "relativeTimePattern-count-");
      counted(put, `${key}/past`, field["relativeTime-type-past"], "relativeTimePattern-count-");
    }
  }
  for (const unit of ["era", "year", "month", "week", "day", "weekday", "dayperiod", "hour", "minute", "second", "zone"]) {
    put(`d/field/${unit}`, fields[unit].displayName);
  }
}

function dates(tag, put) {
  const g = localeFile("dates", tag, "ca-gregorian").dates.calendars.gregorian;
  for (const form of ["format", "stand-alone"]) {
    for (const width of ["abbreviated", "narrow", "short", "wide"]) {
      if (g.months[form][width]) put(`d/months/${form}/${width}`, Object.values(g.months[form][width]).join("|"));
      if (g.days[form][width]) put(`d/days/${form}/${width}`, Object.values(g.days[form][width]).join("|"));
      for (const [name, text] of Object.entries(g.dayPeriods[form][width] || {})) {
        if (name === "midnight" && tag.startsWith("zh-Hant")) continue; // ICU has none there
        if (!name.includes("-alt-")) put(`d/periods/${form}/${width}/${name}`, text);
      }
    }
  }
  for (const [width, of] of [["eraNames", "wide"], ["eraAbbr", "abbreviated"], ["eraNarrow", "narrow"]]) {
    put(`d/eras/${of}`, g.eras[width]["0"] + "|" + g.eras[width]["1"]);
  }
  for (const style of ["full", "long", "medium", "short"]) {
    put(`d/date/${style}`, text(g.dateFormats[style]));
    put(`d/time/${style}`, text(g.timeFormats[style]));
    put(`d/joined/${style}`, g.dateTimeFormats[style]);
    const at = g["dateTimeFormats-atTime"].standard[style]; // ICU takes those of the root in place of "{1}{0}"
    put(`d/at/${style}`, at === "{1}{0}" ? `{1}${style === "short" ? "\u2009" : " "}{0}` : at);
  }
  for (const [name, pattern] of Object.entries(g.dateTimeFormats.availableFormats)) {
    if (!/-alt-|-count-|[QwW]/.test(name)) put(`d/skeleton/${name}`, text(pattern));
  }
  for (const [name, pattern] of Object.entries(g.dateTimeFormats.appendItems)) put(`d/append/${name}`, pattern);
  for (const [name, ranges] of Object.entries(g.dateTimeFormats.intervalFormats)) {
    if (typeof ranges === "string") put("d/between", ranges);
    else for (const [field, pattern] of Object.entries(ranges)) if (!field.includes("-alt-")) put(`d/range/${name}/${field}`, pattern);
  }
}

const text = pattern => typeof pattern === "string" ? pattern : pattern._value;

function zones(tag, put) {
  const z = localeFile("dates", tag, "timeZoneNames").dates.timeZoneNames;
  for (const name of ["hourFormat", "gmtFormat", "regionFormat"]) put(`z/${name}`, z[name]);
  for (const [name, widths] of Object.entries(z.metazone || {})) {
    for (const [width, kinds] of Object.entries(widths)) {
      for (const [kind, label] of Object.entries(kinds)) if (label !== "∅∅∅") put(`z/${name}/${width}/${kind}`, label);
    }
  }
  const walk = (path, node) => {
    for (const [name, child] of Object.entries(node)) {
      if (typeof child !== "object") continue;
      for (const width of ["long", "short"]) {
        for (const [kind, label] of Object.entries(child[width] || {})) put(`z/${path}${name}/${width}/${kind}`, label);
      }
      if (!("_type" in child) || child._type !== "zone") if (name !== "long" && name !== "short") walk(`${path}${name}/`, child);
    }
  };
  walk("", z.zone || {});
}

function everything(tag) {
  const lines = new Map();
  const put = (key, value) => {
    if (value === undefined) return;
    value = String(value);
    if (/[\t\n]/.test(key + value)) throw new Error(`${tag} ${key}: a tab or a line end`);
    lines.set(key, value);
  };
  for (const part of [numbers, unitPatterns, lists, relative, dates, zones]) part(tag, put);
  return lines;
}

const sorted = lines => [...lines].sort(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => `${k}\t${v}\n`).join("");

function write(name, content) {
  const packed = deflateRawSync(content, { level: 9 });
  writeFileSync(join(here, "data", `${name}.z`), packed);
  return packed.length;
}

rmSync(join(here, "data"), { recursive: true, force: true });
mkdirSync(join(here, "data"));
const parents = supplemental("parentLocales").parentLocales.parentLocale;
const available = read("cldr-core/availableLocales.json").availableLocales.full;
const defaultContent = read("cldr-core/defaultContent.json").defaultContent;
const root = new Map();
let total = 0;

for (const language of languages) {
  const packs = language === "zh" ? ["zh", "zh-Hant"] : [language];
  const tags = available.filter(tag => tag.split("-")[0] === language && !tag.split("-").some(p => foreignScripts.includes(p)));
  const parentOf = tag => parents[tag] || (tag.includes("-") ? tag.slice(0, tag.lastIndexOf("-")) : "");
  const chainOf = tag => packs.includes(tag) ? [tag] : [tag, ...chainOf(parentOf(tag))];
  for (const pack of packs) {
    const all = new Map();
    let content = sorted(everything(pack));
    all.set(pack, everything(pack));
    for (const tag of tags.filter(t => t !== pack && chainOf(t).at(-1) === pack).sort((a, b) => chainOf(a).length - chainOf(b).length)) {
      const whole = everything(tag), parent = all.get(parentOf(tag)) || all.get(pack), own = new Map();
      for (const [k, v] of whole) if (parent.get(k) !== v) own.set(k, v);
      for (const k of parent.keys()) if (!whole.has(k)) own.set(k, "");
      all.set(tag, whole);
      content += `@${tag}\n` + sorted(own);
      root.set(`has/${tag}`, chainOf(tag).join(" "));
    }
    root.set(`has/${pack}`, pack);
    total += write(pack, content);
  }
}
for (const tag of defaultContent) { // es-ES is es, zh-Hant-TW is zh-Hant
  const parent = tag.slice(0, tag.lastIndexOf("-"));
  if (root.has(`has/${parent}`) && !root.has(`has/${tag}`)) root.set(`has/${tag}`, root.get(`has/${parent}`));
}
const likely = supplemental("likelySubtags").likelySubtags;
for (const [tag, chain] of [...root]) { // zh-TW is zh-Hant-TW
  const m = /^has\/([a-z]+)-(Hans|Hant)-([A-Z]+)$/.exec(tag);
  if (m && likely[`${m[1]}-${m[3]}`] === tag.slice(4)) root.set(`has/${m[1]}-${m[3]}`, chain);
}

for (const [nu, system] of Object.entries(supplemental("numberingSystems").numberingSystems)) {
  if (system._type === "numeric") root.set(`digits/${nu}`, system._digits);
}
const arabic = localeFile("numbers", "ar", "numbers").numbers["symbols-numberSystem-arab"];
for (const name of symbolNames.slice(0, 7)) root.set(`n/arab/${name}`, arabic[name]); // all languages take them with Arabic digits
for (const [code, f] of Object.entries(currencyData.fractions)) if (f._digits !== "2") root.set(`fraction/${code}`, f._digits);
root.set("currencies", [...current].sort().join(" "));
for (const [key, name] of [["plural", "plurals"], ["ordinal", "ordinals"]]) {
  const all = supplemental(name)[`plurals-type-${key === "plural" ? "cardinal" : "ordinal"}`];
  for (const language of [...languages, "pt-PT"]) {
    if (!all[language]) continue;
    const rules = Object.entries(all[language]).map(([k, v]) => [k.slice("pluralRule-count-".length), v.split("@")[0].trim()]);
    root.set(`${key}/${language}`, rules.filter(([k]) => k !== "other").map(([k, v]) => `${k}:${v}`).join(";"));
  }
}
for (const [language, ranges] of Object.entries(supplemental("pluralRanges").plurals)) {
  if (!languages.includes(language)) continue;
  for (const [name, category] of Object.entries(ranges)) root.set(`between/${language}/${name.replace("pluralRange-start-", "").replace("-end-", "/")}`, category);
}
for (const [region, hours] of Object.entries(supplemental("timeData").timeData)) {
  root.set(`hours/${region.replace("_", "-")}`, `${hours._preferred} ${hours._allowed}`);
}
for (const [language, rules] of Object.entries(supplemental("dayPeriods").dayPeriodRuleSet)) {
  if (!languages.includes(language)) continue;
  root.set(`periods/${language}`, Object.entries(rules).map(([name, r]) => `${name} ${r._at || r._from} ${r._at || r._before}`).join(";"));
}
for (const [tag, full] of Object.entries(likely)) {
  if (languages.includes(tag.split("-")[0]) && tag.split("-").length <= 2) root.set(`likely/${tag}`, full);
}
const alias = supplemental("aliases").metadata.alias;
for (const [from, to] of Object.entries(alias.languageAlias)) {
  if (/^[a-z]{2,3}$/.test(from)) root.set(`alias/${from}`, to._replacement);
}
for (const [from, to] of Object.entries(alias.territoryAlias)) {
  if (/^([A-Z]{2}|\d{3})$/.test(from)) root.set(`alias/${from}`, to._replacement.split(" ")[0]);
}
const zoneName = name => root.set(`zone/${name.toLowerCase()}`, name);
for (const [from, to] of Object.entries(alias.zoneAlias)) {
  zoneName(from);
  root.set(`zonealias/${from}`, to._replacement);
}
for (const zone of Object.values(read("cldr-bcp47/bcp47/timezone.json").keyword.u.tz)) {
  if (!zone._alias) continue;
  const [canonical, ...others] = zone._alias.split(" ");
  zoneName(canonical);
  for (const name of others) {
    zoneName(name);
    root.set(`zonealias/${name}`, canonical);
  }
}
const metaZones = supplemental("metaZones").metaZones;
const walkZones = (path, node) => {
  for (const [name, child] of Object.entries(node)) {
    if (!Array.isArray(child)) { walkZones(`${path}${name}/`, child); continue; }
    zoneName(path + name);
    root.set(`meta/${path}${name}`, child.map(({ usesMetazone: u }) => `${u._mzone} ${(u._to || "").replace(" ", "T")}`.trim()).join(";"));
  }
};
walkZones("", metaZones.metazoneInfo.timezone);
for (const { mapZone: m } of metaZones.metazones) if (m._territory === "001") root.set(`golden/${m._other}`, m._type);
root.set("version", version);
total += write("root", sorted(root));
console.log(`${total} bytes`);
rmSync(work, { recursive: true });
