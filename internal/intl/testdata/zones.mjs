// Writes what Date.prototype.toString says behind the offset in each time zone, on 1 January and 1 July 2026.
const out = {}
for (const zone of [...Intl.supportedValuesOf("timeZone"), "UTC", "Etc/GMT+5", "Etc/GMT-14"]) {
  process.env.TZ = zone
  out[zone] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 6, 1)].map((ms) => /\((.*)\)$/.exec(String(new Date(ms)))[1])
}
console.log(JSON.stringify(out, null, 0).replaceAll("],", "],\n"))
