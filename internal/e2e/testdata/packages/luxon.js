import { DateTime, Duration, IANAZone, Info, Interval, Settings } from "luxon"

function program() {
  const start = DateTime.fromISO("2026-03-29T01:30:00", { zone: "Europe/Madrid" })
  const day = DateTime.fromObject({ year: 2026, month: 12, day: 24, hour: 18 }, { zone: "America/New_York" })
  return {
    iso: day.toISO(), utc: day.toUTC().toISO(), offset: day.offset, zone: day.zoneName, short: day.offsetNameShort,
    gap: start.plus({ hours: 1 }).toISO(), kept: start.plus({ days: 1 }).toISO(), dst: [start.isInDST, day.isInDST],
    local: DateTime.fromISO("2026-07-01T12:00").toISO(), rfc: day.toRFC2822(), http: day.toHTTP(), week: day.toISOWeekDate(),
    format: day.toFormat("yyyy-LL-dd HH:mm:ss ZZZZ EEEE"), es: day.setLocale("es").toLocaleString(DateTime.DATE_FULL),
    de: day.setLocale("de").toFormat("cccc, d. LLLL yyyy"), en: day.toLocaleString(DateTime.DATETIME_MED).replace(/\s/g, " "),
    parsed: DateTime.fromFormat("24 diciembre 2026", "d LLLL yyyy", { locale: "es" }).toISODate(),
    months: Info.months("short", { locale: "fr" }), days: Info.weekdays("long", { locale: "pt" }),
    valid: [IANAZone.isValidZone("Asia/Kolkata"), IANAZone.isValidZone("Mars/Base"), DateTime.fromISO("2026-02-30").invalidReason],
    span: Interval.fromDateTimes(start, day).length("days"), diff: day.diff(start, ["months", "days", "hours"]).toObject(),
    human: Duration.fromObject({ hours: 2, minutes: 30 }).toHuman(), relative: day.toRelative({ base: day.minus({ days: 3 }) }), zoneOfServer: Settings.defaultZone.name,
  }
}
