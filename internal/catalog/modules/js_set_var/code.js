// Puts a fixed value into the payload.
function main() {
  payload[nflow_data.var_name] = nflow_data.var_value
}
