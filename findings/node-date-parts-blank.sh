#!/bin/sh
# Node 20.20.2 (ICU 78.2): Intl.DateTimeFormat's format() and its formatToParts() differ in the blank before AM and PM.
#
# ECMA-402 (11.5.8, FormatDateTime) has format() return the values of the parts, one behind the other. Seen: format() has U+0020,
# where the part of type literal has U+202F, as CLDR says; so has formatRange(). Texts put together of parts equal no formatted text.
set -eu
node -e '
const f = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", timeZone: "UTC" });
const text = f.format(0), joined = f.formatToParts(0).map(p => p.value).join("");
console.log(`Node ${process.versions.node}, ICU ${process.versions.icu}: format ${escape(text)}, parts ${escape(joined)}`);
if (text !== "12:00 AM" || joined !== "12:00\u202fAM") {
  console.log("changed");
  process.exit(1);
}'
