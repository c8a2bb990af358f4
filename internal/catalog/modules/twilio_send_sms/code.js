// Sends a one-time code to the phone number in payload[variable].
//
// The number is remembered in the session, not in the payload: a visitor can send any payload key and could have the
// code of one phone checked for another.
function main() {
  const variable = nflow_data.variable || "phone"
  const number = payload[variable]
  if (typeof number !== "string" || number === "") {
    throw new Error("twilio_send_sms: payload." + variable + " holds no phone number; ask for it in a form before this node")
  }
  send_otp(number)
  set_session("twilio-session", "variable", variable)
  set_session("twilio-session", "number", number)
}
