// Answers JSON: the part of the payload at nflow_data.field (a dotted path), or all of it for "" and "*".
function main() {
  const status = parseInt(nflow_data.http_code, 10)
  const field = nflow_data.field || "*"
  c.JSON(status >= 200 && status <= 999 ? status : 200, field === "*" ? payload : find_element(field, payload))
}
