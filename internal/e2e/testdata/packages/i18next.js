import i18next from "i18next"

async function program() {
  const t = await i18next.init({
    lng: "es", fallbackLng: "en", interpolation: { escapeValue: false },
    resources: {
      es: { translation: { hi: "Hola {{name}}", item_one: "{{count}} pieza", item_many: "{{count}} de piezas", item_other: "{{count}} piezas", deep: { a: "sí" }, price: "{{v, currency(EUR)}}", when: "{{v, datetime(dateStyle: long; timeZone: UTC)}}", list: "{{v, list}}", n: "{{v, number}}", ago: "{{v, relativetime(day)}}", place_ordinal_other: "{{count}}.º", male_m: "él", ref: "$t(hi, {\"name\": \"x\"})!" } },
      en: { translation: { only: "english" } }, ru: { translation: { item_one: "{{count}} штука", item_few: "{{count}} штуки", item_many: "{{count}} штук" } }, ar: { translation: { item_zero: "صفر", item_two: "اثنان", item_few: "قليل", item_other: "آخر" } },
    },
  })
  const ru = i18next.getFixedT("ru"), ar = i18next.getFixedT("ar")
  return {
    hi: t("hi", { name: "Ana" }), counts: [0, 1, 2, 1000000].map(count => t("item", { count })), deep: t("deep.a"), only: t("only"), missing: t("nothing.here"),
    price: t("price", { v: 12345.5 }), when: t("when", { v: new Date(0) }), list: t("list", { v: ["a", "b", "c"] }), n: t("n", { v: 1234567.891 }), ago: t("ago", { v: -1 }), place: t("place", { count: 3, ordinal: true }),
    male: t("male", { context: "m" }), ref: t("ref"), ru: [1, 3, 5, 21].map(count => ru("item", { count })), ar: [0, 2, 5, 100].map(count => ar("item", { count })),
    exists: i18next.exists("hi"), lng: (await i18next.changeLanguage("en"), i18next.t("only")), dir: i18next.dir("ar"),
  }
}
