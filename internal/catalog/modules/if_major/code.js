// Compares a number of the payload with a limit: output_1 when it is greater, else (also when it is no number) output_2.
function main() {
  const greater = parseFloat(payload[nflow_data.field]) > parseFloat(nflow_data.limit)
  next = greater ? "output_1" : "output_2"
}
