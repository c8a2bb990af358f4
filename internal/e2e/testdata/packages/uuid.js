import { NIL, parse, stringify, v1, v3, v4, v5, v6, v7, validate, version } from "uuid"

function program() {
  const made = [v1(), v4(), v6(), v7()]
  return {
    versions: made.map(version), valid: made.every(validate), different: new Set(made.concat(v4(), v7())).size, ordered: v7() < v7(),
    v3: v3("hello", v3.DNS), v5: v5("www.example.com", v5.DNS), bytes: [...parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b")], back: stringify(parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b")),
    fixed: v4({ random: new Uint8Array(16).fill(0xab) }), timed: v7({ msecs: 0x017f22e279b0, random: new Uint8Array(16).fill(1), seq: 5 }), nil: [NIL, validate(NIL), validate("no")],
  }
}
