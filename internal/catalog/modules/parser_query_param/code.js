// Puts the first value of each query parameter into the payload. A visitor cannot end the run with "break".
function main() {
  for (const name of Object.keys(url_values_to_map(c.QueryParams()))) {
    if (name !== "break") {
      payload[name] = c.QueryParam(name)
    }
  }
}
