"use strict";
const { native, slotOf, keep, canonical, wrong, among, textOption, numberOption, inRange, coerced, matcher, typeOption, resolved, numberingSystem, define, shown, bound } = module.common;

const increments = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];
const modes = ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"];

// setDigits is SetNumberFormatDigitOptions.
function setDigits(o, options, leastFraction, mostFraction, notation) {
  o.minimumIntegerDigits = numberOption(options, "minimumIntegerDigits", 1, 21, 1);
  let least = options.minimumFractionDigits, most = options.maximumFractionDigits;
  let few = options.minimumSignificantDigits, many = options.maximumSignificantDigits;
  const increment = numberOption(options, "roundingIncrement", 1, 5000, 1);
  if (!among(increments, increment)) wrong(increment, "roundingIncrement");
  o.roundingIncrement = increment;
  o.roundingMode = textOption(options, "roundingMode", modes, "halfExpand");
  const priority = textOption(options, "roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto");
  o.trailingZeroDisplay = textOption(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto");
  if (increment !== 1) mostFraction = leastFraction;
  const significant = few !== undefined || many !== undefined, fraction = least !== undefined || most !== undefined;
  const needSignificant = priority !== "auto" || significant;
  const needFraction = priority !== "auto" || !(needSignificant || !fraction && notation === "compact");
  if (needSignificant) {
    o.minimumSignificantDigits = significant ? inRange(few, 1, 21, 1, "minimumSignificantDigits") : 1;
    o.maximumSignificantDigits = significant ? inRange(many, o.minimumSignificantDigits, 21, 21, "maximumSignificantDigits") : 21;
  }
  if (needFraction) {
    if (fraction) {
      least = inRange(least, 0, 100, undefined, "minimumFractionDigits");
      most = inRange(most, 0, 100, undefined, "maximumFractionDigits");
      if (least === undefined) least = Math.min(leastFraction, most);
      else if (most === undefined) most = Math.max(mostFraction, least);
      else if (least > most) throw new RangeError("maximumFractionDigits value is out of range.");
    } else {
      least = leastFraction;
      most = mostFraction;
    }
    o.minimumFractionDigits = least;
    o.maximumFractionDigits = most;
  }
  o.roundingPriority = priority;
  o.fractions = needFraction;
  if (!needSignificant && !needFraction) { // compact
    o.minimumFractionDigits = o.maximumFractionDigits = 0;
    o.minimumSignificantDigits = 1;
    o.maximumSignificantDigits = 2;
    o.roundingPriority = "morePrecision";
    o.fractions = true;
  }
  if (increment !== 1) {
    if (needSignificant) throw new TypeError("roundingIncrement value is invalid.");
    if (o.maximumFractionDigits !== o.minimumFractionDigits) throw new RangeError("roundingIncrement value is out of range.");
  }
}

function setUnit(o, options) {
  o.style = textOption(options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
  let currency = textOption(options, "currency");
  if (currency === undefined) {
    if (o.style === "currency") throw new TypeError("Currency code is required with currency style.");
  } else if (!native.isCurrency(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
  const currencyDisplay = textOption(options, "currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol");
  const currencySign = textOption(options, "currencySign", ["standard", "accounting"], "standard");
  const unit = textOption(options, "unit");
  if (unit === undefined) {
    if (o.style === "unit") throw new TypeError("Required option \"unit\" must not be undefined");
  } else if (!native.isUnit(unit)) throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
  const unitDisplay = textOption(options, "unitDisplay", ["short", "narrow", "long"], "short");
  if (o.style === "currency") {
    o.currency = native.upper(currency);
    o.currencyDisplay = currencyDisplay;
    o.currencySign = currencySign;
  } else if (o.style === "unit") {
    o.unit = unit;
    o.unitDisplay = unitDisplay;
  }
}

// numberOptions reads the options of a formatter.
function numberOptions(locales, options) {
  const requested = canonical(locales);
  options = coerced(options);
  matcher(options);
  const r = resolved(requested, [numberingSystem], { nu: typeOption(options, "numberingSystem") });
  const o = { locale: r.locale, base: r.base, numberingSystem: r.nu || native.numberingSystem(r.base) };
  setUnit(o, options);
  o.notation = textOption(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
  let least = 0, most = o.style === "percent" ? 0 : 3;
  if (o.style === "currency" && o.notation === "standard") least = most = native.currencyDigits(o.currency);
  setDigits(o, options, least, most, o.notation);
  const compact = textOption(options, "compactDisplay", ["short", "long"], "short");
  if (o.notation === "compact") o.compactDisplay = compact;
  o.useGrouping = grouping(options, o.notation === "compact" ? "min2" : "auto");
  o.signDisplay = textOption(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto");
  return o;
}

function grouping(options, fallback) {
  const value = options.useGrouping;
  if (value === undefined) return fallback;
  if (value === true) return "always";
  if (!value) return false;
  const text = `${value}`;
  if (text === "true" || text === "false") return fallback;
  if (!among(["min2", "auto", "always"], text)) wrong(text, "useGrouping");
  return text;
}

const names = ["locale", "numberingSystem", "style", "currency", "currencyDisplay", "currencySign", "unit", "unitDisplay", "minimumIntegerDigits",
  "minimumFractionDigits", "maximumFractionDigits", "minimumSignificantDigits", "maximumSignificantDigits", "useGrouping", "notation",
  "compactDisplay", "signDisplay", "roundingIncrement", "roundingMode", "roundingPriority", "trailingZeroDisplay"];

function NumberFormat(locales, options) {
  if (new.target === undefined) return new NumberFormat(locales, options);
  const o = numberOptions(locales, options);
  keep(this, { kind: "NumberFormat", options: o, key: native.key(o) });
}

define(NumberFormat, "NumberFormat", {
  resolvedOptions() { return shown(slotOf(this, "NumberFormat", "resolvedOptions"), names); },
  formatToParts(value) { return native.numberParts(slotOf(this, "NumberFormat", "formatToParts").key, value); },
  formatRange(start, end) { return range(slotOf(this, "NumberFormat", "formatRange"), start, end, native.numberRange); },
  formatRangeToParts(start, end) { return range(slotOf(this, "NumberFormat", "formatRangeToParts"), start, end, native.numberRangeParts); },
}, {
  get format() {
    const slot = slotOf(this, "NumberFormat", "format");
    return bound(slot, () => (value => native.number(slot.key, value)));
  },
});

function range(slot, start, end, format) {
  if (start === undefined || end === undefined) throw new TypeError("start or end is undefined");
  return format(slot.key, start, end);
}

module.exports = {
  NumberFormat, setDigits,
  format(value, locales, options) { return native.number(native.key(numberOptions(locales, options)), value); },
};
