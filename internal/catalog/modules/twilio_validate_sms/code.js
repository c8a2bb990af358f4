// Checks the code in payload[variable] for the number that twilio_send_sms sent it to: output_1 when it is right, else
// output_2. When it is right the proven number is put back into the payload, whatever the visitor sent since.
function main() {
  const number = get_session("twilio-session", "number")
  const code = payload[nflow_data.variable || "code"]
  if (number === "" || typeof code !== "string" || code === "" || !check_otp(number, code)) {
    next = "output_2"
    return
  }
  payload[get_session("twilio-session", "variable")] = number
  delete_session("twilio-session")
  next = "output_1"
}
