// Compares a value of the payload with a fixed one: output_1 when they are equal, else output_2. The designer knows
// only text, so the comparison is the loose one: 5 equals "5".
function main() {
  next = payload[nflow_data.field] == nflow_data.value ? "output_1" : "output_2"
}
